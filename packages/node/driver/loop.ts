import type { RaftState } from "@vermilion/consensus";
import type { NodeContext } from "../context.ts";
import type { Turn } from "../turns/turns.ts";
import { Notifier } from "./notifier.ts";

/**
 * Keeps time for a node: ticks while it is awake, and wakes whoever drives it after each turn and piece of work. Nothing here counts: a
 * fresh loop over the same stores goes on.
 */
export class Loop {
  private readonly context: NodeContext;
  private readonly tick: () => Promise<void>;
  private readonly closing: AbortSignal;
  private readonly woken = new Notifier();
  private asleep = true;
  /** As the last turn of this process saved it. */
  private last: RaftState | undefined;
  /** A turn was taken in this invocation, or proposals were said to wait. */
  private begun = false;

  constructor(context: NodeContext, tick: () => Promise<void>, closing: AbortSignal) {
    this.context = context;
    this.tick = tick;
    this.closing = closing;
  }

  get isAsleep(): boolean {
    return this.asleep;
  }

  /** The state that the last turn of this process saved; undefined before the first one. Others may have taken turns since. */
  get lastState(): RaftState | undefined {
    return this.last;
  }

  /** Something was begun since the process last paused; otherwise there is nothing that it would have to see to. */
  get hasBegun(): boolean {
    return this.begun;
  }

  noteTurn({ state, asleep }: Turn): void {
    this.asleep = asleep;
    this.last = state;
    this.begun = true;
  }

  noteBegun(): void {
    this.begun = true;
  }

  /** From now on it ticks, whatever the last turn said. */
  awaken(): void {
    this.asleep = false;
    this.nudge();
  }

  /** Whoever drives looks again whether it is over. */
  nudge(): void {
    this.woken.notify();
  }

  /** The process is about to be frozen, perhaps for long. */
  pause(): void {
    this.begun = false;
  }

  /** Ticks until `isOver` (looked at after each turn and piece of work) or for `budgetMs`; answers whether it is over. */
  async drive(isOver: () => boolean, budgetMs: number): Promise<boolean> {
    const { clock, pace } = this.context;
    let leftMs = budgetMs;
    // Who was asleep ticks when he wakes, and from then on in the rhythm of ticks, however often something happens meanwhile.
    let untilTickMs = this.asleep ? 0 : pace.tickMs;
    for (let before = clock.now(); !this.closing.aborted && !isOver(); ) {
      if (leftMs <= 0) return false;
      const waitMs = this.asleep ? leftMs : Math.max(0, Math.min(leftMs, untilTickMs));
      await this.woken.waiter().within(clock, waitMs);
      const now = clock.now();
      // A clock that was put back meanwhile must not stop the ticks.
      const passedMs = now < before ? waitMs : now - before;
      before = now;
      leftMs -= passedMs;
      untilTickMs -= passedMs;
      if (this.asleep || untilTickMs > 0 || isOver()) continue;
      untilTickMs = pace.tickMs;
      await this.tick();
    }
    return true;
  }

  /** For a process that runs all the time: drives until the node closes, and says hello whenever it has rested for long. */
  async run(sayHello: () => Promise<void>): Promise<void> {
    while (!this.closing.aborted) {
      if (await this.drive(() => false, this.context.pace.restMs)) return;
      if (this.asleep) await sayHello();
    }
  }
}
