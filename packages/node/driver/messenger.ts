import { type AppendIntent, type CommitCertificate, fillAppend, type Outgoing, type Position, type RaftState } from "@vermilion/consensus";
import { acknowledge } from "../chain/acknowledge.ts";
import { cosignedAt } from "../chain/finality.ts";
import type { NodeContext } from "../context.ts";
import { bodyOf, type Cosigned, parseCertificate, type RaftCall, type RaftMessage } from "../peers/wire.ts";
import type { ExecutedBlock } from "../ports/index.ts";

/** Blocks of one catch-up message: as many as fit, at least one. */
const catchUpBytes = 2_000_000;

/** A message with all that the member layer attaches to it. Undefined where there is nothing to say any more. */
export async function attach(context: NodeContext, state: RaftState, outgoing: Outgoing): Promise<RaftMessage | undefined> {
  return outgoing.kind === "append-intent" ? attachBlocks(context, state, outgoing) : attachProof(context, outgoing);
}

/** An answer that acknowledges a block goes with the signed acknowledgement. */
export async function attachProof(context: NodeContext, message: Exclude<Outgoing, AppendIntent>): Promise<RaftMessage | undefined> {
  if (message.kind !== "append-answer" || !message.ok || message.acknowledges === null) return { message };
  const proof = await acknowledge(context, message.acknowledges);
  return proof === undefined ? undefined : { message, proof };
}

async function attachBlocks(context: NodeContext, state: RaftState, intent: AppendIntent): Promise<RaftMessage | undefined> {
  const next = Math.max(state.peers[intent.to]?.next ?? 1, 1);
  const held = await blocksFrom(context, state, next);
  // Committed here and not published yet, or dropped meanwhile: the next turn says it again.
  if (held.length === 0 && next <= lastHeight(state)) return undefined;
  const positions = new Map(held.map((block) => [block.after.height, positionOf(block)]));
  const previous = await previousPosition(context, state, next);
  if (previous !== undefined) positions.set(next - 1, previous);
  const certificates = await certificatesOf(context, held);
  const ledger = { positionAt: (height: number) => positions.get(height), certificateAt: (height: number) => certificates.get(height) };
  const message = fillAppend(state, intent, ledger, Math.max(held.length, 1));
  if (message === null) return undefined;
  const byHash = new Map(held.map((block) => [block.after.hash, block]));
  const blocks = message.positions.map((position) => {
    const block = byHash.get(position.hash);
    if (block === undefined) throw new Error("bug: an append names a block that was not loaded");
    return bodyOf(block);
  });
  return { message, blocks };
}

/** What stands in the log from height `first` on, committed or not, as far as it fits one message. */
async function blocksFrom(context: NodeContext, state: RaftState, first: number): Promise<readonly ExecutedBlock[]> {
  const committed = first <= state.committed.height ? await context.ledger.hashesFrom(first, context.pace.catchUpBlocksMax) : [];
  // The tail follows without a gap only where all committed blocks from `first` on are among these.
  const reached = first + committed.length;
  const tail = reached > state.committed.height ? state.tail.filter(({ height }) => height >= reached).map(({ hash }) => hash) : [];
  const blocks: ExecutedBlock[] = [];
  let bytes = 0;
  for (const hash of [...committed, ...tail]) {
    const block = await context.ledger.readBlock(hash);
    if (block === undefined) break;
    bytes += sizeOf(block);
    if (blocks.length > 0 && bytes > catchUpBytes) break;
    blocks.push(block);
  }
  return blocks;
}

function lastHeight(state: RaftState): number {
  return state.tail.at(-1)?.height ?? state.committed.height;
}

async function previousPosition(context: NodeContext, state: RaftState, next: number): Promise<Position | undefined> {
  if (next - 1 >= state.committed.height) return undefined;
  const [hash] = await context.ledger.hashesFrom(next - 1, 1);
  const block = hash === undefined ? undefined : await context.ledger.readBlock(hash);
  return block === undefined ? undefined : positionOf(block);
}

async function certificatesOf(context: NodeContext, blocks: readonly ExecutedBlock[]): Promise<ReadonlyMap<number, CommitCertificate>> {
  const certificates = new Map<number, CommitCertificate>();
  // Only the highest one of a message is used.
  for (const block of blocks.toReversed()) {
    const bytes = await context.ledger.certificate(block.after.height);
    if (bytes === undefined) continue;
    certificates.set(block.after.height, parseCertificate(bytes));
    break;
  }
  return certificates;
}

function positionOf(block: ExecutedBlock): Position {
  return { term: block.term, height: block.after.height, hash: block.after.hash };
}

function sizeOf(block: ExecutedBlock): number {
  const parts = [...block.entries, ...block.attachments.map(({ bytes }) => bytes)];
  return parts.reduce((sum, bytes) => sum + bytes.length, block.header.length);
}

/** A call in the name of this member, with the cosignatures it holds of its head. */
export async function callOf(context: NodeContext, messages: readonly RaftMessage[]): Promise<RaftCall> {
  const published = await context.ledger.published();
  // Also those of the final size: under load the quorum for a head comes together when the head has moved on.
  const sizes = new Set([await context.ledger.finalSize(), published?.size ?? 0]);
  sizes.delete(0);
  return { messages, cosigned: await Promise.all([...sizes].map((size) => cosignedAt(context, size))) };
}

/** A committed head of this leader that not everybody was given with its quorum of cosignatures. */
export function isToBeHandedRound(state: RaftState): boolean {
  return state.role === "leader" && state.tail.length === 0 && state.settled < state.committed.height;
}

/** What is to be handed round; undefined where nothing is, or the quorum has not come together yet. */
export async function quorumToHandRound(context: NodeContext, state: RaftState): Promise<Cosigned | undefined> {
  const published = isToBeHandedRound(state) ? await context.ledger.published() : undefined;
  if (published === undefined || published.height !== state.committed.height) return undefined;
  const { quorum } = await context.memberships.at(published.height);
  const cosigned = await cosignedAt(context, published.size);
  return Object.keys(cosigned.lines).length < quorum ? undefined : cosigned;
}
