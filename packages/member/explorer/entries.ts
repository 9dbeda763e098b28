import { subjectsOf } from "@vermilion/contracts";
import { formatOutcome, type ParsedEntry, parseEntry, parseHeader, text } from "@vermilion/ledger";
import { outcomeAt } from "@vermilion/node/chain/block";
import type { ExecutedBlock } from "@vermilion/node/ports/index";
import type { ReadingContext } from "../context.ts";
import type { BlockView, EntryView, Page, Refused, Submitted } from "../services.ts";

/** An entry by transaction hash, from its block or still waiting here. */
export async function findEntry(context: ReadingContext, transactionHash: string): Promise<ParsedEntry | undefined> {
  const place = await context.ledger.entryPlace(transactionHash);
  const bytes =
    place === undefined
      ? (await context.node.read.proposal(transactionHash))?.entry
      : (await blockAt(context, place.height))?.entries[place.position];
  if (bytes === undefined) return undefined;
  const entry = parseEntry(bytes, context.crypto);
  if ("refused" in entry) throw new Error(`bug: a stored entry is ${entry.refused}`);
  return entry;
}

export async function blockAt(context: ReadingContext, height: number): Promise<ExecutedBlock | undefined> {
  const published = await context.ledger.published();
  if (published === undefined || height > published.height) return undefined;
  const [hash] = await context.ledger.hashesFrom(height, 1);
  return hash === undefined ? undefined : context.ledger.readBlock(hash);
}

export async function block(context: ReadingContext, height: number): Promise<BlockView | Refused> {
  const found = await blockAt(context, height);
  return found === undefined ? unknownBlock(height) : viewOf(context, found);
}

function unknownBlock(height: number): Refused {
  return { refused: "unknown-block", detail: `no block at height ${height}` };
}

function viewOf(context: ReadingContext, found: ExecutedBlock): BlockView {
  const header = parseHeader(found.header, context.crypto);
  if ("refused" in header) throw new Error(`bug: a stored header is ${header.refused}`);
  const { height, previous, time, term, proposer, first, count, root, state } = header.payload;
  return { height, hash: header.headerHash, previous, time, term, proposer, first, count, root, state };
}

/** Newest first; the cursor is the height below which to go on. */
export async function blocks(context: ReadingContext, cursor: string | undefined, limit: number): Promise<Page<BlockView> | Refused> {
  if (cursor !== undefined && !/^[0-9]{1,15}$/.test(cursor)) return { refused: "invalid-cursor", detail: "the cursor is not of this list" };
  const before = cursor === undefined ? undefined : Number(cursor);
  const published = await context.ledger.published();
  const top = Math.min(before ?? Number.MAX_SAFE_INTEGER, (published?.height ?? -1) + 1);
  const lowest = Math.max(0, top - limit);
  const hashes = await context.ledger.hashesFrom(lowest, top - lowest);
  const items: BlockView[] = [];
  for (const hash of hashes.toReversed()) {
    const found = await context.ledger.readBlock(hash);
    if (found !== undefined) items.push(viewOf(context, found));
  }
  return lowest === 0 ? { items } : { items, next: String(lowest) };
}

/** The stored bytes, a JSON text. */
export async function header(context: ReadingContext, height: number): Promise<string | Refused> {
  const found = await blockAt(context, height);
  return found === undefined ? unknownBlock(height) : text(found.header);
}

export async function entriesOfBlock(context: ReadingContext, height: number): Promise<{ readonly items: readonly EntryView[] } | Refused> {
  const found = await blockAt(context, height);
  if (found === undefined) return unknownBlock(height);
  return { items: found.entries.map((_bytes, position) => entryView(context, found, position)) };
}

/** The committed block with this header hash. */
export async function blockByHash(context: ReadingContext, hash: string): Promise<BlockView | Refused> {
  const found = await context.ledger.readBlock(hash);
  // A block that was proposed and never committed is stored too, and is no part of the chain.
  const committedThere = found === undefined ? undefined : await blockAt(context, found.after.height);
  return found !== undefined && committedThere?.after.hash === hash
    ? viewOf(context, found)
    : { refused: "unknown-block", detail: "no committed block has this hash" };
}

/** An entry of a block, with what it changed. `parsed` spares whoever has read it already a second reading. */
export function entryView(
  context: ReadingContext,
  found: ExecutedBlock,
  position: number,
  parsed: ParsedEntry = parsedAt(context, found, position),
): EntryView {
  const outcome = outcomeAt(found.outcomes, position);
  return {
    transactionHash: parsed.transactionHash,
    entryHash: parsed.entryHash,
    outcome: formatOutcome(outcome),
    blockNumber: found.after.height,
    position,
    leafIndex: found.after.size - 1 - found.entries.length + position,
    time: found.after.time,
    changed: outcome.kind === "applied" ? subjectsOf(parsed.transactionHash, parsed.payload.operations, context.crypto) : [],
    entry: text(parsed.bytes),
    payload: JSON.parse(text(parsed.payloadBytes)),
  };
}

export function parsedAt(context: ReadingContext, found: ExecutedBlock, position: number): ParsedEntry {
  const parsed = parseEntry(found.entries[position] ?? new Uint8Array(), context.crypto);
  if ("refused" in parsed) throw new Error(`bug: a stored entry is ${parsed.refused}`);
  return parsed;
}

export async function entry(context: ReadingContext, transactionHash: string): Promise<EntryView | Refused> {
  const place = await context.ledger.entryPlace(transactionHash);
  const found = place === undefined ? undefined : await blockAt(context, place.height);
  const bytes = place === undefined ? undefined : found?.entries[place.position];
  if (place === undefined || found === undefined || bytes === undefined) return { refused: "unknown-transaction", detail: transactionHash };
  return entryView(context, found, place.position);
}

/** State of a submitted entry, also before its commit. */
export async function submission(context: ReadingContext, transactionHash: string): Promise<Submitted | Refused> {
  const place = await context.ledger.entryPlace(transactionHash);
  if (place !== undefined) return context.node.read.submitted(place);
  if ((await context.node.read.proposal(transactionHash)) !== undefined) return { status: "pending", transactionHash };
  return {
    refused: "unknown-transaction",
    detail: "neither committed nor waiting here; an entry that expired before a block took it is gone",
  };
}

export async function attachment(context: ReadingContext, sha256: string): Promise<Uint8Array | Refused> {
  return (await context.ledger.attachment(sha256)) ?? { refused: "unknown-attachment", detail: sha256 };
}
