import { statePrefixes } from "@vermilion/contracts";
import { unfinishedWork as unfinishedOnChain } from "@vermilion/node/driver/unfinished";
import type { LedgerReads, RaftReads } from "@vermilion/node/ports/index";
import { readRange } from "./state/reader.ts";

/**
 * What is left to do by a member's stores alone, in words for its log; empty where it may rest. Found there by whoever looks from time to
 * time, so that nothing is lost with the process that was about to do it.
 */
export async function unfinishedWork(context: {
  readonly ledger: LedgerReads;
  readonly raftStore: RaftReads;
  readonly member: string;
}): Promise<readonly string[]> {
  const [onChain, duties] = await Promise.all([
    unfinishedOnChain(context),
    // Rows of grants that were given stay behind, empty, and may be many.
    readRange(context, statePrefixes.due(context.member), { limit: 1 }),
  ]);
  return duties.rows.length > 0 ? [...onChain, "grants are due"] : onChain;
}
