import type { Input, MemberId, Outgoing, RaftState } from "@vermilion/consensus";
import { cosignHead, takeCosignatures } from "../chain/finality.ts";
import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import { encodeRaftCall, parseRaftCall, type RaftCall } from "../peers/wire.ts";
import { Background } from "./background.ts";
import { noticeForgotten, noticeSetBack } from "./forgotten.ts";
import { Forwarding } from "./forwarding.ts";
import { attach, callOf, isToBeHandedRound, quorumToHandRound } from "./messenger.ts";
import { checkedInput } from "./peer-input.ts";
import { Rejoining } from "./rejoining.ts";
import { Shared } from "./shared.ts";
import { Signal } from "./signal.ts";
import { type Turn, Turns } from "./turns.ts";

/**
 * What keeps a member going: takes turns, carries their messages, feeds the answers back, ticks while awake. All of it may stop at any
 * await and be taken up again by a fresh driver: what counts is in the ports.
 *
 * A process that runs all the time calls `start` once. One that lives only while it is called calls `drive` for as long as it may.
 */
export class Driver {
  readonly turns: Turns;
  /** Fires after each turn that moved the head, and when finality rose. */
  readonly moved = new Signal();
  /** The head for which all that follows a commit was done by this process. */
  private followedHead = "";
  private readonly context: NodeContext;
  private readonly woken = new Signal();
  private readonly sending = new Map<MemberId, { again: boolean }>();
  private readonly forwarding: Forwarding;
  private readonly rejoining: Rejoining;
  private readonly afterCommit: (() => void)[] = [];
  private readying: Promise<void> | undefined;
  private readonly looks = new Shared();
  private asleep = true;
  /** As the last turn of this process saved it. */
  private last: RaftState | undefined;
  private closed = false;
  /** Work that goes on beside the calls. */
  readonly beside: Background;
  /** Counts the stretches of time in which this process ran; what a call of an earlier stretch did not bring says nothing about its peer. */
  private stretch = 0;
  /** The stretch in which this process last took a turn, or was told that proposals wait. */
  private begunIn = -1;
  private handing = false;
  private loop: Promise<void> | undefined;

  constructor(context: NodeContext) {
    this.context = context;
    this.turns = new Turns(context);
    this.forwarding = new Forwarding(context);
    this.rejoining = new Rejoining(context, this.turns);
    this.beside = new Background(context, this.turns, () => this.woken.fire());
  }

  /** Why this member does not do all that it should, in one sentence. */
  get lastFault(): string | undefined {
    return this.turns.storageFault ?? this.beside.fault;
  }

  onCommit(listener: () => void): void {
    this.afterCommit.push(listener);
  }

  start(): void {
    this.forwarding.takeAll();
    this.loop = this.run();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.beside.close();
    this.woken.fire();
    await this.loop;
  }

  /** Ticks and carries messages until `isOver` (looked at after each turn and piece of work) or for `budgetMs`; answers whether it is over. */
  async drive(isOver: () => boolean, budgetMs: number): Promise<boolean> {
    const { clock, pace } = this.context;
    let leftMs = budgetMs;
    // Who was asleep ticks when he wakes, and from then on in the rhythm of ticks, however often something happens meanwhile.
    let untilTickMs = this.asleep ? 0 : pace.tickMs;
    for (let before = clock.now(); !this.closed && !isOver(); ) {
      if (leftMs <= 0) return false;
      const waitMs = this.asleep ? leftMs : Math.max(0, Math.min(leftMs, untilTickMs));
      await this.woken.within(clock, waitMs);
      const now = clock.now();
      // A clock that was put back meanwhile must not stop the ticks.
      const passedMs = now < before ? waitMs : now - before;
      before = now;
      leftMs -= passedMs;
      untilTickMs -= passedMs;
      if (this.asleep || untilTickMs > 0 || isOver()) continue;
      untilTickMs = pace.tickMs;
      await this.beside.guard("tick", this.tick());
    }
    return true;
  }

  /** The state that the last turn of this process saved; undefined before the first one. Others may have taken turns since. */
  get lastState(): RaftState | undefined {
    return this.last;
  }

  /** No work goes on, nor is anything left to do that a tick would further. */
  get isQuiet(): boolean {
    return this.asleep && this.beside.isIdle;
  }

  /** Something was begun since the process last paused; otherwise there is nothing that it would have to see to. */
  get hasBegun(): boolean {
    return this.begunIn === this.stretch;
  }

  /** The process is about to be frozen, perhaps for long. */
  pause(): void {
    this.stretch += 1;
    // What is under way may never be answered; nothing of the next stretch is to wait for it.
    this.sending.clear();
    this.handing = false;
    this.rejoining.forget();
    this.looks.forget();
    // The store may have been replaced by an older copy when it wakes.
    this.readying = undefined;
  }

  /** Ends the rest of `drive` early, so that it looks again whether it is over. */
  nudge(): void {
    this.woken.fire();
  }

  /** Says hello, or as leader what is committed: whoever missed something hears of it, and so does this member. */
  async sayHello(): Promise<void> {
    await this.beside.guard("started", this.feed({ kind: "started" }));
  }

  /** This process sees to all that waits, whoever has added it. */
  takeAll(): void {
    this.forwarding.takeAll();
  }

  /** Tells that proposals wait, and which of them this process has added. */
  async wake(added: readonly string[] = []): Promise<void> {
    this.begunIn = this.stretch;
    for (const transactionHash of added) this.forwarding.added(transactionHash);
    try {
      await this.looks.run((onBegin) => this.look(onBegin));
    } catch (cause) {
      if (!(cause instanceof Fault && cause.code === "stale-turn")) throw cause;
      // Others take turns so fast that this one found no room: they see what waits as well, and a tick looks again.
      this.asleep = false;
      this.woken.fire();
    }
  }

  /** One turn for all who wake this member before it begins: it sees what each of them has added. */
  private async look(onBegin: () => void): Promise<void> {
    await this.whenReady();
    await this.after(await this.turns.look(onBegin), undefined);
  }

  /** No turn is taken before it is clear whether this member has forgotten something; a question that could not be put is put again. */
  private whenReady(): Promise<void> {
    this.readying ??= noticeSetBack(this.context, this.turns).catch((cause: unknown) => {
      this.readying = undefined;
      throw cause;
    });
    return this.readying;
  }

  /** Takes one turn and carries what it says; without an input it only looks at what waits. */
  async feed(input: Input | undefined): Promise<Turn> {
    await this.whenReady();
    const turn = await this.turns.take(input);
    await this.after(turn, undefined);
    return turn;
  }

  /** Answers a peer's raft call: the messages for the caller go back in the answer, all others are carried from here. */
  async answer(from: MemberId, call: RaftCall): Promise<RaftCall> {
    await noticeForgotten(this.context, this.turns, call.cosigned);
    if (call.messages.length > 0) await this.whenReady();
    const replies: Outgoing[] = [];
    let state: RaftState | undefined;
    for (const message of call.messages) {
      const { input, bodies } = await checkedInput(this.context, this.turns, from, message);
      const turn = await this.turns.take(input, bodies);
      state = turn.state;
      replies.push(...(await this.after(turn, from)));
    }
    await this.takeCosigned(call.cosigned);
    const messages = [];
    for (const reply of replies) {
      const attached = state === undefined ? undefined : await attach(this.context, state, reply);
      if (attached !== undefined) messages.push(attached);
    }
    return callOf(this.context, messages);
  }

  /** What follows a turn: cosign a moved head, send, forward, settle. Answers the messages for `caller`. */
  private async after(turn: Turn, caller: MemberId | undefined): Promise<readonly Outgoing[]> {
    this.asleep = turn.asleep;
    this.last = turn.state;
    this.begunIn = this.stretch;
    await this.beside.guard("cosign", this.followHead(turn.state));
    const forCaller = turn.send.filter((outgoing) => outgoing.kind !== "append-intent" && outgoing.to === caller);
    for (const outgoing of turn.send) if (!forCaller.includes(outgoing)) this.carry(turn.state, outgoing);
    this.woken.fire();
    this.beside.run("forward", this.forwardWaiting(turn.state));
    if (turn.state.amnesic) this.beside.run("rejoin", this.rejoin());
    if (isToBeHandedRound(turn.state)) this.beside.run("hand round", this.handRound());
    return forCaller;
  }

  /** Once a head and process, and again after a fault: a process may have ended between the commit and its cosignature. */
  private async followHead(state: RaftState): Promise<void> {
    const { height, hash } = state.committed;
    if (height === 0 || hash === this.followedHead) return;
    this.followedHead = hash;
    try {
      const size = state.amnesic || this.turns.diverged !== undefined ? undefined : await cosignHead(this.context);
      if (size !== undefined) this.turns.noteCosigned(size);
    } catch (cause) {
      this.followedHead = "";
      throw cause;
    }
    this.moved.fire();
    for (const listener of this.afterCommit) listener();
  }

  private async rejoin(): Promise<void> {
    const done = await this.rejoining.next();
    if (done === undefined) return;
    if ("proposed" in done) return this.wake([done.proposed]);
    // The head was not cosigned while it came.
    this.followedHead = "";
    await this.after(done.rejoined, undefined);
  }

  private async takeCosigned(cosigned: RaftCall["cosigned"]): Promise<void> {
    const before = await this.context.ledger.finalSize();
    for (const one of cosigned) await takeCosignatures(this.context, one);
    if ((await this.context.ledger.finalSize()) !== before) this.moved.fire();
  }

  private carry(state: RaftState, outgoing: Outgoing): void {
    if (outgoing.kind === "append-intent") this.beside.run("append", this.sendAppends(outgoing.to));
    else this.beside.run(outgoing.kind, this.send(state, outgoing));
  }

  /** One append at a time to each member; an intent that comes meanwhile is sent after the answer, from the state of then. */
  private async sendAppends(to: MemberId): Promise<void> {
    const running = this.sending.get(to);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const sending = { again: false };
    this.sending.set(to, sending);
    try {
      do {
        sending.again = false;
        await this.send(await this.turns.state(), { kind: "append-intent", to });
      } while (sending.again && !this.closed);
    } finally {
      if (this.sending.get(to) === sending) this.sending.delete(to);
    }
  }

  private async send(state: RaftState, outgoing: Outgoing): Promise<void> {
    const message = await attach(this.context, state, outgoing);
    if (message !== undefined) await this.call(outgoing.to, await callOf(this.context, [message]));
  }

  /** A raft call and what its answer brings. False where the peer could not be reached or answered garbage. */
  private async call(to: MemberId, call: RaftCall): Promise<boolean> {
    if (this.closed) return false;
    const { stretch } = this;
    let answer: RaftCall;
    try {
      answer = parseRaftCall(await this.context.peers.call(to, "raft", encodeRaftCall(call), this.context.pace.callTimeoutMs));
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      if (stretch !== this.stretch) return false;
      this.context.log.debug("peer-unreachable", { member: to, why: cause.message });
      await this.feed({ kind: "unreachable", member: to });
      return false;
    }
    await noticeForgotten(this.context, this.turns, answer.cosigned);
    await this.takeCosigned(answer.cosigned);
    for (const message of answer.messages) {
      const { input, bodies } = await checkedInput(this.context, this.turns, to, message);
      await this.after(await this.turns.take(input, bodies), undefined);
    }
    await this.handRound();
    return true;
  }

  /** The leader hands the quorum of cosignatures of a committed head round, and only then may sleep (design, section 6). */
  private async handRound(): Promise<void> {
    if (this.handing || this.closed) return;
    const state = await this.turns.state();
    const quorum = await quorumToHandRound(this.context, state);
    if (quorum === undefined) return;
    this.handing = true;
    try {
      const reachable = Object.entries(state.peers).filter(([, peer]) => peer.reachable);
      await Promise.all(reachable.map(([member]) => this.call(member, { messages: [], cosigned: [quorum] })));
    } finally {
      this.handing = false;
    }
    await this.feed({ kind: "settled", height: state.committed.height });
  }

  /** Takes waiting proposals to the leader; they stay here until they are committed or have expired. */
  private async forwardWaiting(state: RaftState): Promise<void> {
    const { leader } = state;
    if (state.role === "leader" || leader === null || leader === this.context.member || state.waiting === 0) return;
    const { stretch } = this;
    const taken = await this.forwarding.carry(leader);
    if (taken === "not-leading" || (taken === "unreachable" && stretch === this.stretch)) await this.feed({ kind: "leader-unreachable" });
  }

  private async run(): Promise<void> {
    await this.sayHello();
    while (!this.closed) {
      if (await this.drive(() => false, this.context.pace.restMs)) return;
      if (this.asleep) await this.beside.guard("hello", this.feed({ kind: "started" }));
    }
  }

  private async tick(): Promise<void> {
    await this.forwarding.dropExpired();
    const bytes = this.context.random.bytes(4);
    const random = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) >>> 1;
    await this.feed({ kind: "tick", random });
  }
}
