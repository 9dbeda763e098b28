import { startPreVote } from "./election.ts";
import { giveUp } from "./leading.ts";
import { isAsleep, needsLeader } from "./sleep.ts";
import type { RaftState } from "./state.ts";
import { timing } from "./timing.ts";
import { change, isMajority, sayHello, sendAppendToAll, type Work } from "./work.ts";

/** Time passes only for members that are awake: a sleeping consortium sends nothing and saves nothing. */
export function receiveTick(work: Work, random: number): void {
  if (isAsleep(work.state)) return;
  if (work.state.role === "leader") leaderTick(work);
  else followerTick(work, random);
}

function leaderTick(work: Work): void {
  const { state } = work;
  const busy = needsLeader(state);
  const peers = Object.fromEntries(
    Object.entries(state.peers).map(([member, peer]) => [member, { ...peer, silentTicks: busy ? peer.silentTicks + 1 : 0 }]),
  );
  change(work, { peers, elapsedTicks: state.elapsedTicks + 1 });
  if (busy && !isHeardByMajority(work.state)) {
    giveUp(work);
  } else if (work.state.elapsedTicks >= timing.heartbeatTicks) {
    change(work, { elapsedTicks: 0 });
    sendAppendToAll(work);
  }
}

function isHeardByMajority(state: RaftState): boolean {
  const answering = Object.values(state.peers).filter((peer) => peer.silentTicks < timing.leaderSilenceTicks);
  return isMajority(state, answering.length + 1);
}

function followerTick(work: Work, random: number): void {
  const { timeoutTicks, elapsedTicks } = work.state;
  change(work, {
    elapsedTicks: elapsedTicks + 1,
    timeoutTicks: timeoutTicks > 0 ? timeoutTicks : timing.electionTicksMin + (random % timing.electionTicksSpread),
  });
  if (work.state.elapsedTicks >= work.state.timeoutTicks) startPreVote(work);
}

export function receiveWanted(work: Work, waiting: number): void {
  if (waiting !== work.state.waiting) change(work, { waiting });
  const { leader, votedFor } = work.state;
  // Who gave its vote in this term waits for the outcome; nobody else has a reason to wait.
  if (waiting > 0 && leader === null && votedFor === null) startAtOnce(work);
}

export function receiveLeaderUnreachable(work: Work): void {
  if (work.state.leader !== null && needsLeader(work.state)) startAtOnce(work);
}

/** While a try is under way another reason adds nothing: the random ticks come in when it fails. */
function startAtOnce(work: Work): void {
  if (work.state.role === "follower" && !work.state.amnesic) startPreVote(work);
}

export function receiveStarted(work: Work): void {
  const { state } = work;
  if (state.role === "leader") sendAppendToAll(work);
  else sayHello(work);
}
