import { type Crypto, emptyState, type ParsedEntry, type ParsedHeader, parseEntry, parseHeader } from "@vermilion/ledger";
import { emptyStanding, treeAfter } from "../chain/block.ts";
import { publicationOf } from "../chain/commit.ts";
import type { ExecutedBlock, Ledger } from "../ports/index.ts";
import type { FsckNeeds } from "./fsck.ts";
import { replayBlock } from "./replay.ts";

export interface RebuildReport {
  readonly height: number;
  /** State hash after the last block, as replayed. */
  readonly state: string;
  /** Empty when every block gave what its header says. The first difference ends the rebuild at the block before. */
  readonly differences: readonly string[];
}

/**
 * Drops everything derived, executes every committed block again and publishes it, comparing with the headers on the way. Nothing that was
 * derived when the block was saved is believed. Signatures are `fsck`'s to check.
 */
export async function rebuild(
  { ledger, crypto, rules }: FsckNeeds,
  onProgress: (height: number, of: number) => void = () => undefined,
): Promise<RebuildReport> {
  await ledger.unpublish();
  const head = await ledger.head();
  for (let height = 0; height <= (head?.height ?? -1); height++) {
    const before = (await ledger.published()) ?? emptyStanding(emptyState(crypto));
    const stopped = (why: string): RebuildReport => ({
      height: before.height,
      state: before.state,
      differences: [`block ${height}: ${why}`],
    });
    const stored = await storedBlock(ledger, height, before.hash, crypto);
    if (typeof stored === "string") return stopped(stored);
    const { block, header, entries } = stored;
    const replayed = await replayBlock({ ledger, crypto, rules }, before, header.payload, entries);
    if (replayed.differences.length > 0) return stopped(replayed.differences.join("; "));
    const { outcomes, writes } = replayed;
    const after = treeAfter(before, entries, outcomes, crypto).standing(header.bytes, header.payload);
    await ledger.publish(await publicationOf({ ledger, crypto, rules }, { ...block, outcomes, writes, after }, entries));
    onProgress(height, head?.height ?? height);
  }
  const published = await ledger.published();
  return { height: published?.height ?? -1, state: published?.state ?? "", differences: [] };
}

interface StoredBlock {
  readonly block: ExecutedBlock;
  readonly header: ParsedHeader;
  readonly entries: readonly ParsedEntry[];
}

/** The block at `height` read back from its bytes, or why it is not the one that was committed there. */
async function storedBlock(ledger: Ledger, height: number, previous: string, crypto: Crypto): Promise<StoredBlock | string> {
  const [hash = ""] = await ledger.hashesFrom(height, 1);
  let block: ExecutedBlock | undefined;
  try {
    block = await ledger.readBlock(hash);
  } catch (cause) {
    return `cannot be read: ${cause instanceof Error ? cause.message : "unknown"}`;
  }
  if (block === undefined) return `${hash} is not held`;
  const header = parseHeader(block.header, crypto);
  if ("refused" in header) return `its header is ${header.refused}`;
  if (header.headerHash !== hash) return `its header hashes to ${header.headerHash}, it is stored as ${hash}`;
  if (header.payload.height !== height || header.payload.previous !== previous) return "its header does not continue the block before";
  const entries: ParsedEntry[] = [];
  for (const bytes of block.entries) {
    const entry = parseEntry(bytes, crypto);
    if ("refused" in entry) return `entry ${entries.length} is ${entry.refused}`;
    entries.push(entry);
  }
  return { block, header, entries };
}
