import { envelope } from "./envelope.ts";
import type { Append, AppendIntent } from "./messages.ts";
import { type CommitCertificate, lastPosition, type Position, positionInLog, type RaftState, rowOf } from "./state.ts";

/** What the ledger knows about committed blocks. */
export interface CommittedBlocks {
  positionAt(height: number): Position | undefined;
  /** The certificate *of* the block at this height; undefined for one that was committed by a later one's. */
  certificateAt(height: number): CommitCertificate | undefined;
}

/**
 * Makes the append that an intent asks for, out of the state that was saved and the ledger.
 *
 * @param blocksMax the most positions in one message, at least 1.
 * @returns null when the member no longer leads, so that there is nothing to say.
 */
export function fillAppend(state: RaftState, intent: AppendIntent, ledger: CommittedBlocks, blocksMax: number): Append | null {
  const peer = rowOf(state.peers, intent.to);
  if (state.role !== "leader" || peer === undefined) return null;

  const last = lastPosition(state);
  const first = Math.min(Math.max(peer.next, 1), last.height + 1);
  const end = Math.min(last.height, first + blocksMax - 1);
  const at = (height: number): Position => positionIn(state, ledger, height);
  const positions: Position[] = [];
  for (let height = first; height <= end; height += 1) positions.push(at(height));

  return {
    ...envelope(state, intent.to),
    kind: "append",
    previous: at(first - 1),
    positions,
    last,
    certificate: certificateUpTo(state, ledger, first, end),
  };
}

function positionIn(state: RaftState, ledger: CommittedBlocks, height: number): Position {
  const position = positionInLog(state, height) ?? ledger.positionAt(height);
  if (position === undefined) throw new Error(`bug: the ledger has no committed block at height ${height}`);
  return position;
}

/** A receiver can only use a certificate of a position that it holds after this message, so none above `end` is sent. */
function certificateUpTo(state: RaftState, ledger: CommittedBlocks, first: number, end: number): CommitCertificate | null {
  if (end >= state.committed.height) return state.certificate;
  for (let height = end; height >= first; height -= 1) {
    const certificate = ledger.certificateAt(height);
    if (certificate !== undefined) return certificate;
  }
  return null;
}
