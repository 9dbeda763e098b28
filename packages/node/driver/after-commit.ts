import type { RaftState } from "@vermilion/consensus";
import { cosignHead, takeCosignatures } from "../chain/finality.ts";
import type { NodeContext } from "../context.ts";
import type { RaftCall } from "../peers/wire.ts";
import type { ConditionKeeper } from "../turns/condition.ts";
import type { Turns } from "../turns/turns.ts";
import { Notifier } from "./notifier.ts";
import { type Rejoined, rejoinStep } from "./rejoining.ts";

/** What follows a commit: the head is cosigned, finality rises, those who wait are told; a member that has forgotten rejoins. */
export class AfterCommit {
  /** Notifies after each turn that moved the head, and when finality rose. */
  readonly moved = new Notifier();
  private readonly context: NodeContext;
  private readonly turns: Turns;
  private readonly condition: ConditionKeeper;
  private readonly listeners: (() => void)[] = [];
  /** The head for which all that follows a commit was done by this process. */
  private followedHead = "";
  private isRejoining = false;

  constructor(context: NodeContext, turns: Turns, condition: ConditionKeeper) {
    this.context = context;
    this.turns = turns;
    this.condition = condition;
  }

  onCommit(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Once a head and process, and again after a fault: a process may have ended between the commit and its cosignature. */
  async follow(state: RaftState): Promise<void> {
    const { height, hash } = state.committed;
    if (height === 0 || hash === this.followedHead) return;
    this.followedHead = hash;
    try {
      const mayCosign = !state.amnesic && this.condition.condition.kind !== "diverged";
      const size = mayCosign ? await cosignHead(this.context) : undefined;
      if (size !== undefined) this.turns.noteCosigned(size);
    } catch (cause) {
      this.followedHead = "";
      throw cause;
    }
    this.moved.notify();
    for (const listener of this.listeners) listener();
  }

  /** Keeps the cosignatures that came with a call. */
  async takeCosigned(cosigned: RaftCall["cosigned"]): Promise<void> {
    const before = await this.context.ledger.finalSize();
    for (const one of cosigned) await takeCosignatures(this.context, one);
    if ((await this.context.ledger.finalSize()) !== before) this.moved.notify();
  }

  /** Does the step of rejoining that is due; undefined where it has to wait, or another call is at it. */
  async rejoin(): Promise<Rejoined | undefined> {
    if (this.isRejoining) return undefined;
    this.isRejoining = true;
    try {
      const done = await rejoinStep(this.context, this.turns);
      // The head was not cosigned while it came.
      if (done !== undefined && "rejoined" in done) this.followedHead = "";
      return done;
    } finally {
      this.isRejoining = false;
    }
  }

  /** What is running may never come back. */
  pause(): void {
    this.isRejoining = false;
  }
}
