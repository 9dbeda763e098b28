import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import type { ConditionKeeper } from "../turns/condition.ts";

/** Background work of a node, and what becomes of pieces that fail. */
export class Background {
  private readonly context: NodeContext;
  private readonly condition: ConditionKeeper;
  private readonly closing: AbortSignal;
  private readonly onIdle: () => void;
  private running = 0;
  private errands = 0;

  constructor(context: NodeContext, condition: ConditionKeeper, closing: AbortSignal, onIdle: () => void) {
    this.context = context;
    this.condition = condition;
    this.closing = closing;
    this.onIdle = onIdle;
  }

  get isIdle(): boolean {
    return this.running === 0;
  }

  /** Whether work of the member's own business is running, not only the chain's. */
  get hasErrands(): boolean {
    return this.errands > 0;
  }

  run(what: string, work: Promise<unknown>): void {
    this.running += 1;
    void this.guard(what, work).finally(() => {
      this.running -= 1;
      if (this.running === 0) this.onIdle();
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
      if (what === "tick" || what === "hello") this.condition.isOver("background-fault");
    } catch (cause) {
      // What fails now was cut off by the node's own end.
      if (this.closing.aborted) return;
      if (!(cause instanceof Fault)) {
        // What a peer sends may lead here. One piece of work ends, loudly; the node goes on from what is saved.
        this.context.log.error("bug", { what, error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
        return;
      }
      const { code, detail } = cause;
      this.context.log.warn("fault", { what, code, detail });
      if (code === "upgrade-needed") this.condition.note({ kind: "upgrade-needed", detail });
      else this.condition.note({ kind: "background-fault", code, detail });
    }
  }
}
