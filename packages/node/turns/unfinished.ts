import { isAsleep } from "@vermilion/consensus";
import { statePrefixes } from "@vermilion/contracts";
import type { NodeContext } from "../context.ts";
import { readRange } from "../entries/state-reader.ts";

/**
 * What is left to do by a member's stores alone, in words for its log; empty where it may rest. Found there by whoever looks from time to
 * time, so that nothing is lost with the process that was about to do it.
 */
export async function unfinishedWork(context: Pick<NodeContext, "ledger" | "raftStore" | "member">): Promise<readonly string[]> {
  const { ledger, raftStore, member } = context;
  const [{ state }, waiting, published, finalSize, duties] = await Promise.all([
    raftStore.load(),
    raftStore.proposalCount(),
    ledger.published(),
    ledger.finalSize(),
    // Rows of grants that were given stay behind, empty, and may be many.
    readRange({ ledger }, statePrefixes.due(member), { limit: 1 }),
  ]);
  const reasons: string[] = [];
  if (waiting > 0) reasons.push(`${waiting} proposals wait`);
  if (state !== undefined && !isAsleep({ ...state, waiting: 0 })) reasons.push("a block is not settled");
  if (state !== undefined && (published?.height ?? -1) < state.committed.height) reasons.push("a committed block is not published");
  if (published !== undefined && published.height > 0 && finalSize < published.size) reasons.push("the head is not final");
  if (duties.rows.length > 0) reasons.push("grants are due");
  return reasons;
}
