import { adoptCertificate } from "./commit.ts";
import { startPreVote } from "./election.ts";
import type { Receive } from "./input.ts";
import type { Append, AppendRefusal } from "./messages.ts";
import { needsLeader } from "./sleep.ts";
import { lastPosition, type Position, positionInLog, type RaftState, samePosition } from "./state.ts";
import { change, NO_OFFICE, say, sendAppend, type Work } from "./work.ts";

/** Takes what a leader sends into the log and answers how far the two logs agree. */
export function receiveAppend(work: Work, message: Append, input: Receive): void {
  adoptCertificate(work, input.certificate, message.from);
  const refusal = refuseSender(work, message) ?? followSender(work, message, input) ?? mergeLog(work, message);
  if (refusal !== null) {
    refuse(work, message, refusal);
    // A leader of an earlier term is back; it may have been away while this one fell asleep.
    if (refusal === "stale-term" && work.state.role === "leader") sendAppend(work, message.from);
    return;
  }
  if (work.appended.length > 0) adoptCertificate(work, input.certificate, message.from);
  accept(work, message);
}

function refuseSender(work: Work, message: Append): AppendRefusal | null {
  const { term, leader } = work.state;
  if (message.term < term) return "stale-term";
  if (!isChain(message)) return "invalid-block";
  if (leader === null || leader === message.from) return null;
  work.evidence.push({ kind: "two-leaders-in-one-term", from: message.from, ours: lastPosition(work.state), theirs: message.last });
  return "conflict";
}

/** The sender leads this term. A block that the member layer refused makes it count as failed, and does not calm the election timer. */
function followSender(work: Work, message: Append, input: Receive): AppendRefusal | null {
  change(work, { ...NO_OFFICE, leader: message.from });
  if (input.refused === undefined) {
    change(work, { summoned: false, elapsedTicks: 0 });
    return null;
  }
  // At once the first time; later refusals wait for the random ticks, for each try makes a living leader send its block again.
  const { distrusted } = work.state;
  change(work, { distrusted: true });
  if (!distrusted && needsLeader(work.state)) startPreVote(work);
  return input.refused;
}

/**
 * Raft paper, figure 2, AppendEntries 2–4, with two additions. What is committed is never undone, nor a block of the current term, for
 * its leader only adds to its log. And as the message says where the leader's log ends, leftovers of earlier terms above that end are
 * dropped, so that they do not keep this member waiting for their commit.
 */
function mergeLog(work: Work, message: Append): AppendRefusal | null {
  const { state } = work;
  const { committed } = state;
  for (const theirs of [message.previous, ...message.positions]) {
    const ours = positionInLog(state, theirs.height);
    if (ours === undefined || samePosition(ours, theirs)) continue;
    const isCommitted = ours.height === committed.height;
    if (!isCommitted && ours.term !== message.term) continue;
    const kind = isCommitted ? "undoes-committed" : "two-blocks-in-one-term";
    work.evidence.push({ kind, from: message.from, ours, theirs });
    return "conflict";
  }
  if (message.previous.height > lastPosition(state).height) return "behind";
  if (!agreesBelow(state, message.previous)) return "mismatch";

  const firstNew = message.positions.findIndex((theirs) => theirs.height > committed.height && !isInLog(state, theirs));
  const added = firstNew === -1 ? [] : message.positions.slice(firstNew);
  const cut = added[0]?.height ?? Number.POSITIVE_INFINITY;
  const kept = state.tail.filter((ours) => ours.height < cut && (ours.height <= message.last.height || ours.term === message.term));
  work.appended.push(...added);
  if (added.length > 0 || kept.length < state.tail.length) change(work, { tail: [...kept, ...added] });
  if (added.length > 0) change(work, { distrusted: false });
  return null;
}

/** Below `committed` there is nothing to compare: a leader holds every committed block (leader completeness). */
function agreesBelow(state: RaftState, previous: Position): boolean {
  return previous.height < state.committed.height || isInLog(state, previous);
}

function isInLog(state: RaftState, theirs: Position): boolean {
  const ours = positionInLog(state, theirs.height);
  return ours !== undefined && samePosition(ours, theirs);
}

/** Heights without gaps, terms that never fall nor pass the sender's, and an end that lies within the leader's log. */
function isChain(message: Append): boolean {
  let below = message.previous;
  for (const position of message.positions) {
    if (position.height !== below.height + 1 || position.term < below.term) return false;
    below = position;
  }
  return below.height <= message.last.height && below.term <= message.last.term && message.last.term <= message.term;
}

function accept(work: Work, message: Append): void {
  const { state } = work;
  const end = message.positions.at(-1) ?? message.previous;
  const matched = end.height > state.committed.height ? end : state.committed;
  const acknowledges = !state.amnesic && matched.term === message.term && matched.height > state.committed.height ? matched : null;
  if (acknowledges !== null) change(work, { signedHeight: Math.max(state.signedHeight, acknowledges.height) });
  const committedHeight = state.committed.height;
  say(work, message.from, { kind: "append-answer", ok: true, matched, acknowledges, committedHeight });
}

function refuse(work: Work, message: Append, reason: AppendRefusal): void {
  const committedHeight = work.state.committed.height;
  say(work, message.from, { kind: "append-answer", ok: false, reason, next: committedHeight + 1, committedHeight });
}
