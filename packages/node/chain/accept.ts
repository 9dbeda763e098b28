import type { Position } from "@vermilion/consensus";
import { checkHeader, type ParsedEntry, type ParsedHeader, parseHeader, toHex } from "@vermilion/ledger";
import type { NodeContext } from "../context.ts";
import type { BlockBody } from "../peers/wire.ts";
import type { ExecutedBlock } from "../ports/index.ts";
import type { Membership } from "../rules.ts";
import type { Base } from "../state/loaded-state.ts";
import { checkAttachments } from "./attachments.ts";
import { baseOn, topOf } from "./base.ts";
import { blockBytesMax, chainTransactions, committedAmong, treeAfter } from "./block.ts";
import { executeEntries, registeredKeys } from "./execution.ts";

/** A block that this member does not agree to. `state-mismatch`: valid in form, but execution here gives another state or tree. */
export interface BlockRefusal {
  readonly refused: "invalid-block" | "state-mismatch";
  readonly why: string;
}

/** A live block's time may be ahead of this member's clock by so much (design, section 6). */
export const aheadMaxMs = 10 * 60 * 1000;

/** A leader whose clock has run ahead and was put right may go on from its last block by so much a block, or the chain would stand still. */
const stepAheadMs = 1_000;

/** Where a received block is to stand. `live`: not covered by a commit certificate, so its time is held against the clock. */
export interface ReceivedPlace {
  readonly position: Position;
  /** Header hash of the log position below, hex. */
  readonly previous: string;
  readonly live: boolean;
}

/**
 * Checks a received block against the block it stands on, executes it, compares, and answers what is to be saved. Catch-up and replay never
 * look at a clock.
 */
export async function executeReceived(context: NodeContext, place: ReceivedPlace, body: BlockBody): Promise<ExecutedBlock | BlockRefusal> {
  const header = parseHeader(body.header, context.crypto);
  if ("refused" in header) return invalid(`header: ${header.refused}`);
  if (header.payload.previous !== place.previous) return invalid("its predecessor is not the position below");
  const base = await baseOn(context, place.previous);
  if (base === undefined) return invalid("its predecessor is not held here");
  const membership = await context.memberships.on(base, place.position.height);
  const wrong =
    wrongHeader(context, membership, header, place.position, base) ?? (place.live ? aheadOfClock(context, header, base) : undefined);
  if (wrong !== undefined) return invalid(wrong);
  const entries = await checkedEntries(context, base, body);
  if ("refused" in entries) return entries;
  return compare(context, base, header, entries, body);
}

function wrongHeader(
  context: NodeContext,
  { members }: Membership,
  header: ParsedHeader,
  position: Position,
  base: Base,
): string | undefined {
  const { payload } = header;
  const before = topOf(base);
  if (header.headerHash !== position.hash || payload.height !== position.height || payload.term !== position.term)
    return "header is not of its position";
  if (payload.chain !== context.chain) return "header of another chain";
  if (payload.height !== before.height + 1 || payload.first !== before.size) return "header does not continue its predecessor";
  if (payload.time <= before.time) return "header time does not increase";
  const refusal = checkHeader(header, members.get(payload.proposer)?.keys.sign, context.crypto);
  return refusal === undefined ? undefined : `header signature: ${refusal.refused}`;
}

function aheadOfClock(context: NodeContext, header: ParsedHeader, base: Base): string | undefined {
  const latest = Math.max(context.clock.now() + aheadMaxMs, topOf(base).time + stepAheadMs);
  return header.payload.time > latest ? "header time is more than 10 minutes ahead of this member's clock" : undefined;
}

/** Each entry whole, signed by keys registered before the block, its attachments there, and none of them twice in the chain. */
async function checkedEntries(context: NodeContext, base: Base, body: BlockBody): Promise<readonly ParsedEntry[] | BlockRefusal> {
  const size = [...body.entries, ...body.attachments.map(({ bytes }) => bytes)].reduce((sum, bytes) => sum + bytes.length, 0);
  if (size > blockBytesMax) return invalid(`${size} bytes of entries and attachments, at most ${blockBytesMax}`);
  const entries: ParsedEntry[] = [];
  for (const bytes of body.entries) {
    const entry = context.entries.parse(bytes);
    if ("refused" in entry) return invalid(`entry ${entries.length}: ${entry.refused}`);
    entries.push(entry);
  }
  const keys = await registeredKeys(
    context,
    base,
    entries.flatMap((entry) => entry.payload.signers),
  );
  const refusals = await context.entries.check(entries, { chain: context.chain, keyOf: (thumbprint) => keys.get(thumbprint) });
  const committed = await committedAmong(context.ledger, entries);
  const seen = new Set(chainTransactions(base, context.entries));
  const named = new Set<string>();
  for (const [place, entry] of entries.entries()) {
    const refusal = refusals[place];
    if (refusal !== undefined) return invalid(`entry ${place}: ${refusal.refused}`);
    if (seen.has(entry.transactionHash) || committed.has(entry.transactionHash)) return invalid(`entry ${place}: repeated`);
    seen.add(entry.transactionHash);
    const attachment = checkAttachments(context, entry, body.attachments);
    if (attachment !== undefined) return invalid(`entry ${place}: ${attachment}`);
    for (const reference of entry.payload.attachments) if (reference.audience === undefined) named.add(reference.sha256);
  }
  return wrongAttachments(context, body, named) ?? entries;
}

/** Attachments are kept under their hashes for good, so each must be named, be there once and be what its name says. */
function wrongAttachments(context: NodeContext, body: BlockBody, named: ReadonlySet<string>): BlockRefusal | undefined {
  const names = new Set(body.attachments.map(({ sha256 }) => sha256));
  if (names.size !== body.attachments.length) return invalid("an attachment that is there twice");
  for (const { sha256, bytes } of body.attachments) {
    if (!named.has(sha256)) return invalid("an attachment that no entry names");
    if (toHex(context.crypto.sha256(bytes)) !== sha256) return invalid("an attachment that is not what its name says");
  }
  return undefined;
}

async function compare(
  context: NodeContext,
  base: Base,
  header: ParsedHeader,
  entries: readonly ParsedEntry[],
  body: BlockBody,
): Promise<ExecutedBlock | BlockRefusal> {
  const { payload } = header;
  const before = topOf(base);
  if (payload.count !== entries.length) return invalid("header counts other entries");
  const block = { chain: context.chain, height: payload.height, time: payload.time, proposer: payload.proposer };
  const executed = await executeEntries(context, base, block, entries);
  const outcomes = executed.results.map(({ outcome }) => outcome);
  const tree = treeAfter(before, entries, outcomes, context.crypto);
  const state = tree.stateAfter(before.state, executed.writes);
  const root = toHex(tree.root);
  if (state !== payload.state) return { refused: "state-mismatch", why: `state: ours ${state}, theirs ${payload.state}` };
  if (root !== payload.root) return { refused: "state-mismatch", why: `root: ours ${root}, theirs ${payload.root}` };
  return {
    term: payload.term,
    previous: payload.previous,
    header: header.bytes,
    entries: body.entries,
    outcomes,
    attachments: body.attachments,
    writes: executed.writes,
    after: tree.standing(header.bytes, payload),
  };
}

function invalid(why: string): BlockRefusal {
  return { refused: "invalid-block", why };
}
