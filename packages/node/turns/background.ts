import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import type { Turns } from "./turns.ts";

/** Pieces of work that go on beside the calls of a member, and what becomes of those that fail. */
export class Background {
  private readonly context: NodeContext;
  private readonly turns: Turns;
  private readonly onIdle: () => void;
  private underWay = 0;
  private errands = 0;
  private closed = false;
  private lastFault: string | undefined;

  constructor(context: NodeContext, turns: Turns, onIdle: () => void) {
    this.context = context;
    this.turns = turns;
    this.onIdle = onIdle;
  }

  get isIdle(): boolean {
    return this.underWay === 0;
  }

  /** Whether something of the member's own business is under way, not only of the chain's. */
  get hasErrands(): boolean {
    return this.errands > 0;
  }

  /** Why the last piece of work failed; undefined once a tick or a hello has gone well. */
  get fault(): string | undefined {
    return this.lastFault;
  }

  /** What fails from now on was cut off by the member's own end. */
  close(): void {
    this.closed = true;
  }

  run(what: string, work: Promise<unknown>): void {
    this.underWay += 1;
    void this.guard(what, work).finally(() => {
      this.underWay -= 1;
      if (this.underWay === 0) this.onIdle();
    });
  }

  runErrand(what: string, work: Promise<unknown>): void {
    this.errands += 1;
    this.run(
      what,
      work.finally(() => {
        this.errands -= 1;
      }),
    );
  }

  /** A fault ends the piece of work it hits and nothing more: the next tick or call takes it up again from what is saved. */
  async guard(what: string, work: Promise<unknown>): Promise<void> {
    try {
      await work;
      if (what === "tick" || what === "hello") this.lastFault = undefined;
    } catch (cause) {
      if (this.closed) return;
      if (!(cause instanceof Fault)) {
        // What a peer sends may lead here. One piece of work ends, loudly; the member goes on from what is saved.
        this.context.log.error("bug", { what, error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
        return;
      }
      this.context.log.warn("fault", { what, code: cause.code, detail: cause.detail });
      if (cause.code === "upgrade-needed") this.turns.upgradeNeeded = cause.detail;
      else this.lastFault = `${cause.code}: ${cause.detail}`;
    }
  }
}
