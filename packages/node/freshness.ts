import type { NodeContext } from "./context.ts";
import type { Driver } from "./driver/driver.ts";
import { probe } from "./driver/peer-input.ts";
import { waitUntil } from "./driver/wait.ts";

/** Longest wait for the blocks that the leader has and this member has not. */
const catchUpMs = 1_000;

/**
 * A "no" may only mean that this member is a block behind the one where the caller has just written. Before it is said, the leader is
 * asked how far it is, and the question is put again on what it has (design, section 6: reads that decide ask the leader).
 */
export async function freshly<T>(context: NodeContext, driver: Driver, look: () => Promise<T>): Promise<T> {
  // Read before the look: a block that is published meanwhile is a reason to look again, too.
  const before = await publishedHeight(context);
  const first = await look();
  if (!isRefused(first)) return first;
  await reachLeader(context, driver);
  return (await publishedHeight(context)) > before ? look() : first;
}

/** For a "yes" that somebody will act on: looks at what the leader has committed, so far as it answers in time; the answer says as of when. */
export async function decisively<T>(context: NodeContext, driver: Driver, look: () => Promise<T>): Promise<T> {
  await reachLeader(context, driver);
  return look();
}

function isRefused(value: unknown): boolean {
  return typeof value === "object" && value !== null && "refused" in value;
}

async function publishedHeight(context: NodeContext): Promise<number> {
  return (await context.ledger.published())?.height ?? 0;
}

/** Waits for what the leader has committed and this member has not, where there is a leader that answers. */
async function reachLeader(context: NodeContext, driver: Driver): Promise<void> {
  const { leader, role } = await driver.turns.state();
  if (role === "leader" || leader === null) return;
  const answer = await probe(context, leader);
  if (answer === undefined) return;
  await waitUntil(driver, catchUpMs, async () => ((await publishedHeight(context)) >= answer.committedHeight ? true : undefined));
}
