import { becomeAmnesic, compareMarks, rejoin } from "./amnesia.ts";
import { receiveLeaderUnreachable, receiveStarted, receiveTick, receiveWanted } from "./clockwork.ts";
import { receivePreVote, receivePreVoteAnswer, receiveVote, receiveVoteAnswer } from "./election.ts";
import { receiveAppend } from "./following.ts";
import type { Input, Receive, Step } from "./input.ts";
import { receiveAppendAnswer, receiveHello } from "./leading.ts";
import { receiveCannotSeal, receiveSealed, sealWanted } from "./sealing.ts";
import { isAsleep } from "./sleep.ts";
import { type MemberId, type RaftState, rowOf } from "./state.ts";
import { begin, change, changePeer, enterTerm, type Work } from "./work.ts";

/**
 * The whole of consensus: what a member decides when it learns one fact. Pure: no clock, no randomness, no I/O; `state` is not changed.
 * The algorithm is Raft (Ongaro, Ousterhout: In Search of an Understandable Consensus Algorithm, 2014) with pre-vote (Ongaro's thesis,
 * section 9.6), signed acknowledgements, a leader that sleeps, and members that may have forgotten.
 *
 * @returns the next state, to be saved by compare-and-set before anything else of the result leaves the member. If the save fails the
 * result is dropped. The same object comes back as `state` when nothing changed, and then no save is needed.
 */
export function step(state: RaftState, input: Input): Step {
  const work = begin(state);
  take(work, input);
  return {
    state: work.state,
    send: work.send,
    commit: work.commit,
    committed: work.committed,
    seal: sealWanted(work.state),
    appended: work.appended,
    asleep: isAsleep(work.state),
    evidence: work.evidence,
  };
}

function take(work: Work, input: Input): void {
  switch (input.kind) {
    case "started":
      receiveStarted(work);
      break;
    case "tick":
      receiveTick(work, input.random);
      break;
    case "receive":
      receive(work, input);
      break;
    case "unreachable":
      receiveUnreachable(work, input.member);
      break;
    case "wanted":
      receiveWanted(work, input.waiting);
      break;
    case "sealed":
      receiveSealed(work, input.position, input.proof);
      break;
    case "cannot-seal":
      receiveCannotSeal(work, input.term, input.height);
      break;
    case "leader-unreachable":
      receiveLeaderUnreachable(work);
      break;
    case "cosigned":
      change(work, { cosignedSize: Math.max(work.state.cosignedSize, input.size) });
      break;
    case "settled":
      change(work, { settled: Math.max(work.state.settled, input.height) });
      break;
    case "restored":
      becomeAmnesic(work);
      // What an older memory says of a proposal proves nothing: it may have been committed before the member forgot.
      change(work, { rejoinsBy: null });
      break;
    case "rejoining":
      if (work.state.amnesic) change(work, { rejoinsBy: input.by });
      break;
    case "rejoined":
      rejoin(work, input);
      break;
  }
}

/** Elections raise the term by one; a member that was away for more than this is shown the way by a certificate. */
const termsAheadMax = 10_000;

/** Whether a message speaks of a term so far ahead that honest members cannot be there: obeyed, it would use up the numbers of all terms. */
function isOutOfReach(state: RaftState, { message, certificate }: Receive): boolean {
  const shown = Math.max(state.term, certificate?.position.term ?? 0);
  const spoken = Math.max(message.term, message.seen.term, message.kind === "pre-vote" ? message.nextTerm : 0);
  return spoken > shown + termsAheadMax;
}

function receive(work: Work, input: Receive): void {
  const { message } = input;
  const { self, members } = work.state;
  if (message.to !== self || message.from === self || !members.includes(message.from)) return;

  if (isOutOfReach(work.state, input)) return;
  compareMarks(work, input);
  // A pre-vote binds nobody, so it does not carry its sender's term to others; its answer does.
  if (message.term > work.state.term && message.kind !== "pre-vote") enterTerm(work, message.term);
  if (rowOf(work.state.peers, message.from)?.reachable === false) changePeer(work, message.from, { reachable: true });

  switch (message.kind) {
    case "pre-vote":
      receivePreVote(work, message, input.leaderProbe ?? "none");
      break;
    case "pre-vote-answer":
      receivePreVoteAnswer(work, message);
      break;
    case "vote":
      receiveVote(work, message);
      break;
    case "vote-answer":
      receiveVoteAnswer(work, message);
      break;
    case "append":
      receiveAppend(work, message, input);
      break;
    case "append-answer":
      receiveAppendAnswer(work, message, input.proof);
      break;
    case "hello":
      receiveHello(work, message);
      break;
    case "hello-answer":
      break;
  }
}

function receiveUnreachable(work: Work, member: MemberId): void {
  if (rowOf(work.state.peers, member)?.reachable === true) changePeer(work, member, { reachable: false });
  if (member === work.state.leader) receiveLeaderUnreachable(work);
}
