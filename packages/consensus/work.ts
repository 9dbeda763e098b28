import { envelope } from "./envelope.ts";
import type { Evidence } from "./input.ts";
import type { Append, Envelope, Message, Outgoing } from "./messages.ts";
import { needsLeader } from "./sleep.ts";
import { type CommitCertificate, type MemberId, majority, others, type Peer, type Position, type RaftState, rowOf } from "./state.ts";

/** A step in the making: the state so far and the decisions collected on the way. */
export interface Work {
  state: RaftState;
  send: Outgoing[];
  commit: CommitCertificate | null;
  readonly committed: Position[];
  readonly appended: Position[];
  readonly evidence: Evidence[];
}

export function begin(state: RaftState): Work {
  return { state, send: [], commit: null, committed: [], appended: [], evidence: [] };
}

export function change(work: Work, changes: Partial<RaftState>): void {
  work.state = { ...work.state, ...changes };
}

type Body<M> = M extends Message ? Omit<M, keyof Envelope> : never;

/** Appends are not sent this way but as intents: their blocks may live in the ledger. */
export function say(work: Work, to: MemberId, body: Body<Exclude<Message, Append>>): void {
  work.send.push({ ...envelope(work.state, to), ...body });
}

export function changePeer(work: Work, member: MemberId, changes: Partial<Peer>): void {
  const peer = rowOf(work.state.peers, member);
  if (peer !== undefined) change(work, { peers: { ...work.state.peers, [member]: { ...peer, ...changes } } });
}

/** Leader: one append for `to`, whatever else happens in this step. */
export function sendAppend(work: Work, to: MemberId): void {
  if (!work.send.some((outgoing) => outgoing.kind === "append-intent" && outgoing.to === to)) {
    work.send.push({ kind: "append-intent", to });
  }
  changePeer(work, to, { told: work.state.committed.height });
}

export function sendAppendToAll(work: Work): void {
  for (const member of others(work.state)) sendAppend(work, member);
}

/** A higher term was seen: everything that belonged to the old one is over. A follower's patience goes on where it was. */
export function enterTerm(work: Work, term: number): void {
  const { role, elapsedTicks } = work.state;
  change(work, {
    ...NO_OFFICE,
    term,
    votedFor: null,
    leader: null,
    signedHeight: 0,
    distrusted: false,
    elapsedTicks: role === "leader" ? 0 : elapsedTicks,
  });
}

/** The leader gives up within its term. Its vote stays given, so that it can lead again only in a new term. */
export function stepDown(work: Work): void {
  change(work, { ...NO_OFFICE, leader: null, elapsedTicks: 0, timeoutTicks: 0 });
}

export const NO_OFFICE = { role: "follower", votes: [], acknowledgements: {}, peers: {} } as const;

/** Whether `count` members are enough to elect or to commit. */
export function isMajority(state: RaftState, count: number): boolean {
  return count >= majority(state);
}

export function sayHello(work: Work): void {
  const { state } = work;
  for (const member of others(state)) say(work, member, { kind: "hello", committed: state.committed, wanted: needsLeader(state) });
}
