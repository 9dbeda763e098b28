import type { Clock } from "../ports/index.ts";
import type { Notifier } from "./notifier.ts";

/** How often a wait looks again when nothing told it to. */
const lookAgainMs = 100;

/** What a wait hangs on: `moved` tells that the head or finality has moved, or that the node closes. */
export interface Waiting {
  readonly clock: Clock;
  readonly moved: Notifier;
  readonly isClosed: boolean;
}

/** Looks, and looks again whenever the head or finality has moved, until there is an answer, the time is over or the node closes. */
export async function waitUntil<T>(waiting: Waiting, waitMs: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const { clock, moved } = waiting;
  const deadline = clock.now() + waitMs;
  for (;;) {
    // Before the look: what moves meanwhile is a reason to look again.
    const waiter = moved.waiter();
    try {
      const found = await look();
      const leftMs = deadline - clock.now();
      if (found !== undefined || leftMs <= 0 || waiting.isClosed) return found;
      await waiter.within(clock, Math.min(leftMs, lookAgainMs));
    } finally {
      waiter.cancel();
    }
  }
}
