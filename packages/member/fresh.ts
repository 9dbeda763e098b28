import type { Context } from "./context.ts";
import type { Driver } from "./driver.ts";
import { probe } from "./peer-input.ts";
import { waitUntil } from "./wait.ts";

/** Longest wait for the blocks that the leader has and this member has not. */
const catchUpMs = 1_000;

/**
 * A "no" may only mean that this member is a block behind the one where the caller has just written. Before it is said, the leader is
 * asked how far it is, and the question is put again on what it has (design, section 6: reads that decide ask the leader).
 */
export async function freshly<T>(context: Context, driver: Driver, look: () => Promise<T>): Promise<T> {
  const first = await look();
  if (!isRefused(first)) return first;
  return (await reachLeader(context, driver)) ? look() : first;
}

function isRefused(value: unknown): boolean {
  return typeof value === "object" && value !== null && "refused" in value;
}

/** True when this member has published something new while it caught up with the leader. */
async function reachLeader(context: Context, driver: Driver): Promise<boolean> {
  const { leader, role } = await driver.turns.state();
  if (role === "leader" || leader === null) return false;
  const answer = await probe(context, leader);
  const before = (await context.ledger.published())?.height ?? 0;
  if (answer === undefined || answer.committedHeight <= before) return false;
  const reached = await waitUntil(context, driver, catchUpMs, async () => {
    const height = (await context.ledger.published())?.height ?? 0;
    return height >= answer.committedHeight ? height : undefined;
  });
  return reached !== undefined;
}
