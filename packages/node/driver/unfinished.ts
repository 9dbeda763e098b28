import { isAsleep } from "@vermilion/consensus";
import type { ReadingContext } from "../context.ts";

/**
 * What is left to do on the chain by a node's stores alone, in words for its log; empty where it may rest. Found there by whoever looks from time to
 * time, so that nothing is lost with the process that was about to do it.
 */
export async function unfinishedWork(context: Pick<ReadingContext, "ledger" | "raftStore">): Promise<readonly string[]> {
  const { ledger, raftStore } = context;
  const [{ state }, waiting, published, finalSize] = await Promise.all([
    raftStore.load(),
    raftStore.proposalCount(),
    ledger.published(),
    ledger.finalSize(),
  ]);
  const reasons: string[] = [];
  if (waiting > 0) reasons.push(`${waiting} proposals wait`);
  if (state !== undefined && !isAsleep({ ...state, waiting: 0 })) reasons.push("a block is not settled");
  if (state !== undefined && (published?.height ?? -1) < state.committed.height) reasons.push("a committed block is not published");
  if (published !== undefined && published.height > 0 && finalSize < published.size) reasons.push("the head is not final");
  return reasons;
}
