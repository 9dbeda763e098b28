import { type Crypto, emptyState, parseHeader } from "@vermilion/ledger";
import { emptyStanding, parsedEntries } from "./block.ts";
import { publicationOf } from "./commit.ts";
import type { Ledger } from "./ports/index.ts";
import { replayBlock } from "./replay.ts";

export interface RebuildReport {
  readonly height: number;
  /** State hash after the last block, as replayed. */
  readonly state: string;
  /** Empty when every block gave what its header says. The first difference ends the rebuild at the block before. */
  readonly differences: readonly string[];
}

/** Drops everything derived, executes every committed block again and publishes it, comparing with the headers on the way. */
export async function rebuild(ledger: Ledger, crypto: Crypto, onProgress: (height: number, of: number) => void): Promise<RebuildReport> {
  await ledger.unpublish();
  const head = await ledger.head();
  for (let height = 0; height <= (head?.height ?? -1); height++) {
    const before = (await ledger.published()) ?? emptyStanding(emptyState(crypto));
    const [hash = ""] = await ledger.hashesFrom(height, 1);
    const block = await ledger.readBlock(hash);
    if (block === undefined) return stopped(before.height, before.state, `block ${height}: ${hash} is not held`);
    const header = parseHeader(block.header, crypto);
    if ("refused" in header) return stopped(before.height, before.state, `block ${height}: its header is ${header.refused}`);
    const replayed = await replayBlock({ ledger, crypto }, before, header.payload, parsedEntries(block, crypto));
    if (replayed.differences.length > 0) return stopped(before.height, before.state, `block ${height}: ${replayed.differences.join("; ")}`);
    await ledger.publish(await publicationOf({ ledger, crypto }, { ...block, outcomes: replayed.outcomes, writes: replayed.writes }));
    onProgress(height, head?.height ?? height);
  }
  const published = await ledger.published();
  return { height: published?.height ?? -1, state: published?.state ?? "", differences: [] };
}

function stopped(height: number, state: string, difference: string): RebuildReport {
  return { height, state, differences: [difference] };
}
