import type { LeaderProbe } from "./input.ts";
import type { PreVote, PreVoteAnswer, Vote, VoteAnswer } from "./messages.ts";
import { sealWanted } from "./sealing.ts";
import { lastPosition, type MemberId, others, type Peer, type Position, type RaftState } from "./state.ts";
import { change, isMajority, NO_OFFICE, say, sayHello, sendAppend, sendAppendToAll, type Work } from "./work.ts";

/**
 * Asks everybody whether an election would succeed; raises no term, so a member that was cut off disturbs nobody when it comes back. An
 * amnesic member may not stand; it asks the others to see to a leader.
 */
export function startPreVote(work: Work): void {
  const { state } = work;
  if (state.amnesic) {
    change(work, { elapsedTicks: 0, timeoutTicks: 0 });
    sayHello(work);
    return;
  }
  change(work, { ...NO_OFFICE, role: "pre-candidate", votes: [state.self], elapsedTicks: 0, timeoutTicks: 0 });
  for (const member of others(state)) {
    say(work, member, { kind: "pre-vote", nextTerm: state.term + 1, last: lastPosition(state) });
  }
  if (isMajority(state, 1)) startElection(work);
}

export function receivePreVote(work: Work, message: PreVote, probe: LeaderProbe): void {
  const { state } = work;
  const gone = leaderIsGone(state, message.from, probe);
  const upToDate = isUpToDate(message.last, lastPosition(state));
  const granted = gone && upToDate && !state.amnesic && message.nextTerm > state.term;
  say(work, message.from, { kind: "pre-vote-answer", nextTerm: message.nextTerm, granted });
  // Otherwise a member with work to do that cannot lead (it is behind, or its block was refused here) would ask for ever while all others sleep.
  if (gone ? !upToDate : isGivenUp(state, message.from)) receiveSummons(work);
  if (state.role === "leader") sendAppend(work, message.from);
}

/** Somebody who cannot lead needs a leader. This member stands for election after its random time, unless a leader is heard first. */
export function receiveSummons(work: Work): void {
  if (!work.state.amnesic && !work.state.summoned) change(work, { summoned: true, elapsedTicks: 0 });
}

export function receivePreVoteAnswer(work: Work, message: PreVoteAnswer): void {
  const { state } = work;
  if (state.role !== "pre-candidate" || !message.granted || message.nextTerm !== state.term + 1) return;
  countVote(work, message.from);
  if (isMajority(state, work.state.votes.length)) startElection(work);
}

export function receiveVote(work: Work, message: Vote): void {
  const { state } = work;
  const granted =
    !state.amnesic &&
    message.term === state.term &&
    (state.votedFor === null || state.votedFor === message.from) &&
    isUpToDate(message.last, lastPosition(state));
  if (granted && state.votedFor === null) change(work, { ...NO_OFFICE, votedFor: message.from, elapsedTicks: 0 });
  say(work, message.from, { kind: "vote-answer", granted });
}

export function receiveVoteAnswer(work: Work, message: VoteAnswer): void {
  const { state } = work;
  if (state.role !== "candidate" || !message.granted || message.term !== state.term) return;
  countVote(work, message.from);
  if (isMajority(state, work.state.votes.length)) becomeLeader(work);
}

function startElection(work: Work): void {
  const { self, term } = work.state;
  change(work, {
    ...NO_OFFICE,
    term: term + 1,
    votedFor: self,
    role: "candidate",
    leader: null,
    votes: [self],
    signedHeight: 0,
    distrusted: false,
    elapsedTicks: 0,
  });
  for (const member of others(work.state)) say(work, member, { kind: "vote", last: lastPosition(work.state) });
  if (isMajority(work.state, 1)) becomeLeader(work);
}

function becomeLeader(work: Work): void {
  const next = lastPosition(work.state).height + 1;
  const peer: Peer = { next, matched: null, confirmed: 0, told: 0, reachable: true, refused: false, silentTicks: 0 };
  const peers = Object.fromEntries(others(work.state).map((member) => [member, peer]));
  change(work, { ...NO_OFFICE, role: "leader", leader: work.state.self, peers, summoned: false, elapsedTicks: 0 });
  // Where a block is to be sealed at once, it announces the leader; otherwise an append without positions does.
  if (sealWanted(work.state) === null) sendAppendToAll(work);
}

function countVote(work: Work, from: MemberId): void {
  const { votes } = work.state;
  if (!votes.includes(from)) change(work, { votes: [...votes, from] });
}

/** Raft paper, section 5.4.1: the later last term wins, then the longer log. */
function isUpToDate(asker: Position, own: Position): boolean {
  return asker.term > own.term || (asker.term === own.term && asker.height >= own.height);
}

/** A member takes part in replacing a leader only after it found the leader gone itself, or was refused work by it. */
function leaderIsGone(state: RaftState, asker: MemberId, probe: LeaderProbe): boolean {
  if (state.leader === null) return true;
  if (state.role === "leader") return false;
  if (state.leader === asker) return !isGivenUp(state, asker);
  return probe === "failed" || state.distrusted;
}

/** Whether this is the leader whose block was refused here; it asks for votes again, so it leads no more, and somebody else must. */
function isGivenUp(state: RaftState, asker: MemberId): boolean {
  return state.leader === asker && state.distrusted;
}
