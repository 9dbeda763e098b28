import type { Clock } from "../ports/index.ts";

/** Tells all that wait that something happened; who comes later waits for the next time. */
export class Signal {
  private readonly waiting = new Set<() => void>();

  fire(): void {
    const told = [...this.waiting];
    this.waiting.clear();
    for (const tell of told) tell();
  }

  /** Waits for the next time; `forget` ends the wait of who no longer cares, so that nothing is kept for him. */
  next(): { readonly fired: Promise<void>; readonly forget: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.add(resolve);
    return { fired: promise, forget: () => this.waiting.delete(resolve) };
  }

  /** Waits for the next time, at most `ms`. */
  async within(clock: Clock, ms: number): Promise<void> {
    const { fired, forget } = this.next();
    await Promise.race([fired, clock.sleep(ms)]);
    forget();
  }
}
