import type { NodeContext } from "../context.ts";
import type { Driver } from "./driver.ts";

/** How often a wait looks again when nothing told it to. */
const lookAgainMs = 100;

/** Looks, and looks again whenever the head or finality has moved, until there is an answer or the time is over. */
export async function waitUntil<T>(
  context: NodeContext,
  driver: Driver,
  waitMs: number,
  look: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = context.clock.now() + waitMs;
  for (;;) {
    const moved = driver.moved.next();
    try {
      const found = await look();
      if (found !== undefined) return found;
      const left = deadline - context.clock.now();
      if (left <= 0) return undefined;
      await Promise.race([moved.fired, context.clock.sleep(Math.min(left, lookAgainMs))]);
    } finally {
      moved.forget();
    }
  }
}
