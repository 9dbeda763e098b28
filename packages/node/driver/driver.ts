import type { Input, MemberId, Outgoing } from "@vermilion/consensus";
import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import type { RaftCall } from "../peers/wire.ts";
import { type Condition, ConditionKeeper } from "../turns/condition.ts";
import type { Bodies } from "../turns/receive.ts";
import { type Turn, Turns } from "../turns/turns.ts";
import { AfterCommit } from "./after-commit.ts";
import { Background } from "./background.ts";
import { Coalesced } from "./coalesced.ts";
import { Dialogue } from "./dialogue.ts";
import { noticeSetBack } from "./forgotten.ts";
import { Loop } from "./loop.ts";
import { isToBeHandedRound } from "./messenger.ts";
import type { Notifier } from "./notifier.ts";

/**
 * What keeps a node going: it takes turns, and does what follows each. The loop says when, the dialogue what goes to the peers and comes
 * from them, the third part what follows a commit. All of it may stop at any await and be taken up again by a fresh driver: what counts is
 * in the ports.
 *
 * A process that runs all the time calls `start` once. One that lives only while it is called drives the loop for as long as it may.
 */
export class Driver {
  readonly turns: Turns;
  readonly loop: Loop;
  readonly background: Background;
  private readonly context: NodeContext;
  private readonly keeper = new ConditionKeeper();
  private readonly closing = new AbortController();
  private readonly afterCommit: AfterCommit;
  private readonly dialogue: Dialogue;
  private readonly looks = new Coalesced();
  private readying: Promise<void> | undefined;
  private running: Promise<void> | undefined;

  constructor(context: NodeContext) {
    const closing = this.closing.signal;
    this.context = context;
    this.turns = new Turns(context, this.keeper, closing);
    this.loop = new Loop(context, () => this.background.guard("tick", this.tick()), closing);
    this.background = new Background(context, this.keeper, closing, () => this.loop.nudge());
    this.afterCommit = new AfterCommit(context, this.turns, this.keeper);
    this.dialogue = new Dialogue({
      context,
      turns: this.turns,
      afterCommit: this.afterCommit,
      background: this.background,
      closing,
      whenReady: () => this.whenReady(),
      feed: (input, bodies, caller) => this.feed(input, bodies, caller),
    });
  }

  get clock(): NodeContext["clock"] {
    return this.context.clock;
  }

  /** Notifies when the head or finality has moved, and when the node closes. */
  get moved(): Notifier {
    return this.afterCommit.moved;
  }

  get isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  /** Why this node does not do all that it should. */
  get condition(): Condition {
    return this.keeper.condition;
  }

  /** Whether the others may take this member for one that leads. */
  get mayLead(): boolean {
    return this.keeper.mayLead;
  }

  /** No work is running, nor is anything left to do that a tick would further. */
  get isQuiet(): boolean {
    return this.loop.isAsleep && this.background.isIdle;
  }

  onCommit(listener: () => void): void {
    this.afterCommit.onCommit(listener);
  }

  noteFault(cause: unknown): void {
    this.keeper.noteFault(cause);
  }

  start(): void {
    this.takeAll();
    this.running = this.sayHello().then(() => this.loop.run(() => this.sayHello()));
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.loop.nudge();
    this.moved.notify();
    await this.running;
  }

  /** The process is about to be frozen, perhaps for long. */
  pause(): void {
    this.loop.pause();
    this.dialogue.pause();
    this.afterCommit.pause();
    this.looks.forget();
    // The store may have been replaced by an older copy when it wakes.
    this.readying = undefined;
  }

  /** Says hello, or as leader what is committed: whoever missed something hears of it, and so does this member. */
  async sayHello(): Promise<void> {
    await this.background.guard("hello", this.feed({ kind: "started" }));
  }

  /** This process sees to all that waits, whoever has added it. */
  takeAll(): void {
    this.dialogue.forwarding.takeAll();
  }

  /** Tells that proposals wait, and which of them this process has added. */
  async wake(added: readonly string[] = []): Promise<void> {
    this.loop.noteBegun();
    for (const transactionHash of added) this.dialogue.forwarding.added(transactionHash);
    try {
      await this.looks.run((onBegin) => this.look(onBegin));
    } catch (cause) {
      if (!(cause instanceof Fault && cause.code === "stale-turn")) throw cause;
      // Others take turns so fast that this one found no room: they see what waits as well, and a tick looks again.
      this.loop.awaken();
    }
  }

  /** Answers a peer's Raft call: the messages for the caller go back in the answer, all others are sent from here. */
  answer(from: MemberId, call: RaftCall): Promise<RaftCall> {
    return this.dialogue.answer(from, call);
  }

  /** One turn for all who wake this node before it begins: it sees what each of them has added. */
  private async look(onBegin: () => void): Promise<void> {
    await this.whenReady();
    await this.after(await this.turns.look(onBegin));
  }

  /** Takes one turn and does what follows it; answers the messages for `caller`. */
  private async feed(input: Input, bodies?: Bodies, caller?: MemberId): Promise<readonly Outgoing[]> {
    await this.whenReady();
    return this.after(await this.turns.take(input, bodies), caller);
  }

  /** No turn is taken before it is clear whether this member has forgotten something; a question that could not be put is put again. */
  private whenReady(): Promise<void> {
    this.readying ??= noticeSetBack(this.context, this.turns).catch((cause: unknown) => {
      this.readying = undefined;
      throw cause;
    });
    return this.readying;
  }

  /** What follows a turn. Its state is saved; all that is done here can be done again by the next turn. */
  private async after(turn: Turn, caller?: MemberId): Promise<readonly Outgoing[]> {
    this.loop.noteTurn(turn);
    await this.background.guard("cosign", this.afterCommit.follow(turn.state));
    // CRASH: the size is reserved, perhaps signed for and not kept: the same tree is signed for again.
    const forCaller = this.dialogue.send(turn, caller);
    this.loop.nudge();
    this.background.run("forward", this.dialogue.forwardWaiting(turn.state));
    if (turn.state.amnesic) this.background.run("rejoin", this.rejoin());
    if (isToBeHandedRound(turn.state)) this.background.run("hand round", this.dialogue.handRound());
    // CRASH: what was not sent is made anew by the next tick, and what was not handed round keeps the leader awake.
    return forCaller;
  }

  private async rejoin(): Promise<void> {
    const done = await this.afterCommit.rejoin();
    if (done === undefined) return;
    if ("proposed" in done) await this.wake([done.proposed]);
    else await this.after(done.rejoined);
  }

  private async tick(): Promise<void> {
    await this.dialogue.forwarding.dropExpired();
    const bytes = this.context.random.bytes(4);
    const random = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) >>> 1;
    await this.feed({ kind: "tick", random });
  }
}
