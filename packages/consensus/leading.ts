import { commitWhenAcknowledged } from "./commit.ts";
import { receiveSummons } from "./election.ts";
import type { AppendAccepted, AppendAnswer, AppendRefused, Hello } from "./messages.ts";
import { sealWanted } from "./sealing.ts";
import { lastPosition, others, positionInFlight, positionInLog, rowOf, samePosition } from "./state.ts";
import { change, changePeer, isMajority, say, sendAppend, stepDown, type Work } from "./work.ts";

/** Answers of another term say nothing about this one (a higher one has already ended this leadership). */
export function receiveAppendAnswer(work: Work, message: AppendAnswer, proof: string | undefined): void {
  if (work.state.role !== "leader" || message.term !== work.state.term) return;
  if (message.ok) receiveAccepted(work, message, proof);
  else receiveRefused(work, message);
}

function receiveAccepted(work: Work, message: AppendAccepted, proof: string | undefined): void {
  const { from, matched, acknowledges, committedHeight } = message;
  const { state } = work;
  const peer = rowOf(state.peers, from);
  const ours = positionInLog(state, matched.height);
  if (peer === undefined || matched.height > lastPosition(state).height || (ours !== undefined && !samePosition(ours, matched))) return;

  const grew = matched.height > (peer.matched?.height ?? -1) || committedHeight > peer.confirmed;
  changePeer(work, from, {
    next: Math.max(peer.next, matched.height + 1),
    matched: matched.height >= (peer.matched?.height ?? 0) ? matched : peer.matched,
    confirmed: Math.max(peer.confirmed, committedHeight),
    refused: false,
    silentTicks: 0,
  });
  const inFlight = positionInFlight(state);
  if (proof !== undefined && acknowledges !== null && inFlight !== null && samePosition(acknowledges, inFlight)) {
    change(work, { acknowledgements: { ...state.acknowledgements, [from]: proof } });
    commitWhenAcknowledged(work);
    if (work.commit !== null) tellCommit(work);
  }
  // Without the condition of growth two members could answer each other for ever.
  if (grew && lacksSomething(work, from)) sendAppend(work, from);
}

/** When another block follows at once the certificate travels with it; otherwise it goes out alone, to those that hold the block. */
function tellCommit(work: Work): void {
  if (sealWanted(work.state) !== null) return;
  for (const member of others(work.state)) {
    const peer = rowOf(work.state.peers, member);
    if (peer?.reachable === true && peer.next > work.state.committed.height) sendAppend(work, member);
  }
}

function lacksSomething(work: Work, member: string): boolean {
  const { state } = work;
  const peer = state.peers[member];
  if (peer === undefined) return false;
  const lacksBlocks = peer.next <= lastPosition(state).height;
  const lacksCommit = peer.confirmed < state.committed.height && peer.told < state.committed.height && sealWanted(state) === null;
  return lacksBlocks || lacksCommit;
}

function receiveRefused(work: Work, message: AppendRefused): void {
  const { from, reason, committedHeight } = message;
  const peer = rowOf(work.state.peers, from);
  if (peer === undefined) return;
  switch (reason) {
    case "behind":
    case "mismatch": {
      const next = Math.max(1, Math.min(message.next, peer.next));
      changePeer(work, from, { next, matched: null, confirmed: Math.min(peer.confirmed, committedHeight), silentTicks: 0 });
      if (next < peer.next) sendAppend(work, from);
      return;
    }
    case "state-mismatch":
    case "invalid-block":
    case "conflict":
      changePeer(work, from, { refused: true });
      giveUpWhenRefused(work);
      return;
    case "stale-term":
      return;
  }
}

/** So many refuse the leader's blocks that no majority is left for them: somebody else must try. */
function giveUpWhenRefused(work: Work): void {
  const { members, peers } = work.state;
  const refusing = Object.values(peers).filter((peer) => peer.refused).length;
  if (!isMajority(work.state, members.length - refusing)) giveUp(work);
}

/**
 * Ends this leadership. A block in flight that somebody has refused goes with it: acknowledgements of this term are counted here alone, so it
 * can never be committed, and a log that keeps it would be longer than all others, so that its owner could give no vote to anybody who could
 * lead. Where other members are down, its vote may be needed.
 */
export function giveUp(work: Work): void {
  const { peers, tail } = work.state;
  const isRefused = Object.values(peers).some((peer) => peer.refused);
  if (isRefused && positionInFlight(work.state) !== null) change(work, { tail: tail.slice(0, -1) });
  stepDown(work);
}

/** A returning member says what it holds; the leader sends what it lacks, others answer so that it learns of its own forgetting. */
export function receiveHello(work: Work, message: Hello): void {
  const { state } = work;
  if (state.role !== "leader") {
    say(work, message.from, { kind: "hello-answer" });
    if (message.wanted) receiveSummons(work);
    return;
  }
  const next = Math.min(message.committed.height, lastPosition(state).height) + 1;
  changePeer(work, message.from, { next, matched: null, confirmed: message.committed.height });
  sendAppend(work, message.from);
}
