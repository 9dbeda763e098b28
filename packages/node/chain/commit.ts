import type { CommitCertificate } from "@vermilion/consensus";
import { appendToTiles, leafHash, type ParsedEntry, parseHeader, tileKey, tilesTouchedBy } from "@vermilion/ledger";
import type { NodeContext } from "../context.ts";
import { encodeCertificate } from "../peers/wire.ts";
import type { EntryPlace, ExecutedBlock, Publication } from "../ports/index.ts";
import { entryRecord, headerRecord, outcomeAt, parsedEntries } from "./block.ts";
import { namesIn } from "./names.ts";

/** Steps of one compare-and-set of the head. */
const stepsMax = 50;

/**
 * Moves the head to what a certificate has committed and publishes every block that the head has passed. Repeatable: a turn that died
 * half-way is finished by the next one.
 */
export async function followCommit(context: NodeContext, certificate: CommitCertificate): Promise<void> {
  // Another turn that was faster may have ended half-way, so its steps are not this one's.
  while (!(await moveHeadTo(context, certificate)));
  await publishUpToHead(context);
}

/** False where another turn has moved the head meanwhile, perhaps not as far. */
async function moveHeadTo(context: NodeContext, certificate: CommitCertificate): Promise<boolean> {
  const { ledger } = context;
  const head = await ledger.head();
  if (head === undefined) throw new Error("bug: a commit before genesis");
  if (certificate.position.height <= head.height) return true;
  await ledger.saveCertificate(certificate.position.height, encodeCertificate(certificate));
  const steps = await stepsBetween(context, head.hash, certificate.position.hash);
  for (let start = 0, from = head.hash; start < steps.length; start += stepsMax) {
    const some = steps.slice(start, start + stepsMax);
    if ((await ledger.moveHead(from, some)) === "stale") return false;
    from = some.at(-1)?.hash ?? from;
  }
  return true;
}

/** The blocks from above `from` up to `to`, found backwards over their predecessors. */
async function stepsBetween(context: NodeContext, from: string, to: string): Promise<{ height: number; hash: string }[]> {
  const steps: { height: number; hash: string }[] = [];
  for (let hash = to; hash !== from; ) {
    const block = await context.ledger.readBlock(hash);
    if (block === undefined || block.after.height === 0)
      throw new Error("bug: a committed block is not held or does not continue the head");
    steps.unshift({ height: block.after.height, hash });
    hash = block.previous;
  }
  return steps;
}

/** Publishes block after block until the published standing is the head. */
export async function publishUpToHead(context: NodeContext): Promise<void> {
  for (;;) {
    // In this order: the other way round, other turns might in between publish beyond the head that was read.
    const published = await context.ledger.published();
    const head = await context.ledger.head();
    if (head === undefined || published?.hash === head.hash) return;
    const [hash] = await context.ledger.hashesFrom((published?.height ?? -1) + 1, 1);
    const block = hash === undefined ? undefined : await context.ledger.readBlock(hash);
    if (block === undefined) throw new Error("bug: a committed block is not held");
    const entries = parsedEntries(block, context.entries);
    await context.ledger.publish(await publicationOf(context, block, entries));
    const transactionHashes = entries.map((entry) => entry.transactionHash);
    await context.raftStore.dropProposals(transactionHashes);
    for (const transactionHash of transactionHashes) context.entries.forget(transactionHash);
  }
}

/** All that is derived from one block and its entries: pure but for loading the tiles at the right edge of the tree. */
export async function publicationOf(
  context: Pick<NodeContext, "ledger" | "crypto" | "rules">,
  block: ExecutedBlock,
  entries: readonly ParsedEntry[],
): Promise<Publication> {
  const { crypto, ledger } = context;
  const header = parseHeader(block.header, crypto);
  if ("refused" in header) throw new Error(`bug: a saved header is ${header.refused}`);
  const { first, count } = header.payload;
  const places: EntryPlace[] = entries.map((entry, position) => ({
    transactionHash: entry.transactionHash,
    entryHash: entry.entryHash,
    height: block.after.height,
    position,
    index: first + position,
    outcome: outcomeAt(block.outcomes, position),
  }));
  const leafRecords = [...places.map((place) => entryRecord(place.entryHash, place.outcome)), headerRecord(header.headerHash)];
  const touched = tilesTouchedBy(first, count + 1);
  const loaded = await ledger.tiles(touched);
  const tiles = new Map(touched.flatMap((tile, place) => (loaded[place] === undefined ? [] : [[tileKey(tile), loaded[place]] as const])));
  const hashes = leafRecords.map((record) => leafHash(record, crypto));
  return {
    standing: block.after,
    writes: block.writes,
    tiles: appendToTiles(first, hashes, tiles, crypto).map(({ level, index, bytes }) => ({ level, index, hashes: bytes })),
    first,
    leafRecords,
    entries: places,
    names: namesIn(context.rules, block, entries),
  };
}
