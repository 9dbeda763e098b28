import type { Clock } from "../ports/index.ts";

/** Tells all waiters that something happened; who comes later waits for the next time. */
export class Notifier {
  private readonly waiters = new Set<() => void>();

  notify(): void {
    const told = [...this.waiters];
    this.waiters.clear();
    for (const tell of told) tell();
  }

  /** Waits from this moment on; to be waited for or cancelled, so that nothing is kept for it. */
  waiter(): Waiter {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiters.add(resolve);
    const cancel = () => void this.waiters.delete(resolve);
    return {
      async within(clock, ms) {
        const sleep = new AbortController();
        try {
          await Promise.race([promise, clock.sleep(ms, sleep.signal)]);
        } finally {
          sleep.abort();
          cancel();
        }
      },
      cancel,
    };
  }
}

interface Waiter {
  /** Until notified, at most `ms`; leaves no timer behind. */
  within(clock: Clock, ms: number): Promise<void>;
  cancel(): void;
}
