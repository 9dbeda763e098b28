import type { Input, MemberId, Outgoing, RaftState } from "@vermilion/consensus";
import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import { encodeRaftCall, parseRaftCall, type RaftCall } from "../peers/wire.ts";
import type { Bodies } from "../turns/receive.ts";
import type { Turn, Turns } from "../turns/turns.ts";
import type { AfterCommit } from "./after-commit.ts";
import type { Background } from "./background.ts";
import { noticeForgotten } from "./forgotten.ts";
import { Forwarding } from "./forwarding.ts";
import { attach, attachProof, callOf, quorumToHandRound } from "./messenger.ts";
import { checkedInput } from "./peer-input.ts";

interface DialogueNeeds {
  readonly context: NodeContext;
  readonly turns: Turns;
  readonly afterCommit: AfterCommit;
  readonly background: Background;
  readonly closing: AbortSignal;
  /** Until it is clear whether this member has forgotten something. */
  whenReady(): Promise<void>;
  /** Takes a turn and does all that follows it; answers the messages for `caller`. */
  feed(input: Input, bodies?: Bodies, caller?: MemberId): Promise<readonly Outgoing[]>;
}

/** What this node says to its peers and hears from them: Raft messages, cosignatures, proposals for the leader. */
export class Dialogue {
  readonly forwarding: Forwarding;
  private readonly needs: DialogueNeeds;
  /** Members to whom an append is in flight. */
  private readonly appending = new Map<MemberId, { again: boolean }>();
  private isHandingRound = false;
  /** Counts the invocations of this process; what a call of an earlier one did not bring says nothing about its peer. */
  private invocation = 0;

  constructor(needs: DialogueNeeds) {
    this.needs = needs;
    this.forwarding = new Forwarding(needs.context);
  }

  /** The process is about to be frozen: what is in flight may never be answered, and nothing of the next invocation is to wait for it. */
  pause(): void {
    this.invocation += 1;
    this.appending.clear();
    this.isHandingRound = false;
  }

  /** Answers a peer's call; the messages of the answer leave after the turn is saved. */
  async answer(from: MemberId, call: RaftCall): Promise<RaftCall> {
    const { context, turns, afterCommit } = this.needs;
    await noticeForgotten(context, turns, call.cosigned);
    // A call without messages is answered by a member that is not ready itself, or all would wait for one another.
    if (call.messages.length > 0) await this.needs.whenReady();
    const replies: Outgoing[] = [];
    for (const received of call.messages) {
      const { input, bodies } = await checkedInput(context, turns, from, received);
      replies.push(...(await this.needs.feed(input, bodies, from)));
    }
    await afterCommit.takeCosigned(call.cosigned);
    const messages = [];
    for (const reply of replies) {
      const attached = reply.kind === "append-intent" ? undefined : await attachProof(context, reply);
      if (attached !== undefined) messages.push(attached);
    }
    return callOf(context, messages);
  }

  /** Sends what a turn has to say, in the background; what it says to `caller` is answered and goes as the answer to its call. */
  send({ state, send }: Turn, caller: MemberId | undefined): readonly Outgoing[] {
    const { background } = this.needs;
    const forCaller = send.filter((outgoing) => outgoing.kind !== "append-intent" && outgoing.to === caller);
    for (const outgoing of send) {
      if (forCaller.includes(outgoing)) continue;
      if (outgoing.kind === "append-intent") background.run("append", this.sendAppends(outgoing.to));
      else background.run(outgoing.kind, this.sendOne(state, outgoing));
    }
    return forCaller;
  }

  /** One append at a time to each member; an intent that comes meanwhile is sent after the answer, from the state of then. */
  private async sendAppends(to: MemberId): Promise<void> {
    const running = this.appending.get(to);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const appending = { again: false };
    this.appending.set(to, appending);
    try {
      do {
        appending.again = false;
        await this.sendOne(await this.needs.turns.state(), { kind: "append-intent", to });
      } while (appending.again && !this.needs.closing.aborted);
    } finally {
      if (this.appending.get(to) === appending) this.appending.delete(to);
    }
  }

  private async sendOne(state: RaftState, outgoing: Outgoing): Promise<void> {
    const { context } = this.needs;
    const message = await attach(context, state, outgoing);
    if (message !== undefined) await this.call(outgoing.to, await callOf(context, [message]));
  }

  /** A Raft call and what its answer brings. */
  private async call(to: MemberId, call: RaftCall): Promise<void> {
    const { context, turns, afterCommit, closing } = this.needs;
    if (closing.aborted) return;
    const { invocation } = this;
    let answer: RaftCall;
    try {
      answer = parseRaftCall(await context.peers.call(to, "raft", encodeRaftCall(call), context.pace.callTimeoutMs));
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      if (invocation !== this.invocation) return;
      context.log.debug("peer-unreachable", { member: to, why: cause.message });
      await this.needs.feed({ kind: "unreachable", member: to });
      return;
    }
    await noticeForgotten(context, turns, answer.cosigned);
    await afterCommit.takeCosigned(answer.cosigned);
    for (const message of answer.messages) {
      const { input, bodies } = await checkedInput(context, turns, to, message);
      await this.needs.feed(input, bodies);
    }
    await this.handRound();
  }

  /** The leader hands the quorum of cosignatures of a committed head round, and only then may sleep (design, section 6). */
  async handRound(): Promise<void> {
    const { context, turns, closing } = this.needs;
    if (this.isHandingRound || closing.aborted) return;
    const state = await turns.state();
    const quorum = await quorumToHandRound(context, state);
    if (quorum === undefined) return;
    this.isHandingRound = true;
    try {
      const reachable = Object.entries(state.peers).filter(([, peer]) => peer.reachable);
      await Promise.all(reachable.map(([member]) => this.call(member, { messages: [], cosigned: [quorum] })));
    } finally {
      this.isHandingRound = false;
    }
    await this.needs.feed({ kind: "settled", height: state.committed.height });
  }

  /** Takes waiting proposals to the leader; they stay here until they are committed or have expired. */
  async forwardWaiting(state: RaftState): Promise<void> {
    const { leader } = state;
    if (state.role === "leader" || leader === null || leader === this.needs.context.member || state.waiting === 0) return;
    const { invocation } = this;
    const taken = await this.forwarding.carry(leader);
    if (taken === "not-leading" || (taken === "unreachable" && invocation === this.invocation))
      await this.needs.feed({ kind: "leader-unreachable" });
  }
}
