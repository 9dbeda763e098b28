import { signersOf } from "./commit.ts";
import type { Receive } from "./input.ts";
import { type Mark, type MemberId, ownMark, seenMark } from "./state.ts";
import { change, enterTerm, NO_OFFICE, stepDown, type Work } from "./work.ts";

/**
 * Every message carries how far its sender has bound itself and how far it has seen the receiver bind itself; a commit certificate shows
 * how far its signers have. A member never sends before it saves, so it can only be told of a higher mark than its own if its store has
 * lost something. This comes before anything else is done with a message: after its term is taken over the comparison is too late.
 */
export function compareMarks(work: Work, { message, certificate }: Receive): void {
  heed(work, message.from, message.seen);
  learn(work, message.from, message.signed);
  if (certificate === undefined) return;
  const { term, height } = certificate.position;
  for (const signer of signersOf(work.state, certificate)) learn(work, signer, { term, height, cosignedSize: 0 });
}

/**
 * What a member says it has seen of this one is its word alone; a certificate has this member's own signature. So many members may be
 * corrupt as finality tolerates, ⌊(n−1)/3⌋, and only more than those are believed for good: one liar must not silence all the others. But
 * already one may be right, and then this member may have voted in that term: it gives no vote there, which costs an election at most.
 */
function heed(work: Work, from: MemberId, mark: Mark): void {
  const { state } = work;
  const doubted = state.doubters.includes(from);
  const doubts = isBeyond(mark, ownMark(state));
  if (doubts !== doubted)
    change(work, { doubters: doubts ? [...state.doubters, from] : state.doubters.filter((member) => member !== from) });
  if (work.state.doubters.length > Math.floor((state.members.length - 1) / 3)) becomeAmnesic(work);
  else if (doubts && mark.term >= state.term) spendVote(work, mark.term);
}

function spendVote(work: Work, term: number): void {
  if (term > work.state.term) enterTerm(work, term);
  // A leader set back to an old copy would seal a second block where it has sealed one.
  if (work.state.role === "leader") stepDown(work);
  if (work.state.votedFor === null) change(work, { votedFor: work.state.self });
}

function learn(work: Work, member: MemberId, mark: Mark): void {
  const { state } = work;
  if (member === state.self) {
    if (isBeyond(mark, ownMark(state))) becomeAmnesic(work);
    return;
  }
  const seen = seenMark(state, member);
  if (isBeyond(mark, seen)) change(work, { seen: { ...state.seen, [member]: higherOfBoth(mark, seen) } });
}

/** No vote, no acknowledgement and no candidacy from here on; blocks are still stored. Only `rejoin` ends it. */
export function becomeAmnesic(work: Work): void {
  if (work.state.amnesic) return;
  const { leader, self } = work.state;
  change(work, { ...NO_OFFICE, amnesic: true, leader: leader === self ? null : leader });
}

/**
 * A proposal that this member made after it had forgotten is committed, in a term T, by a majority that it was not part of: it may bind
 * itself again, but gives no vote in any term up to its own, which is T or later. Why that is safe: whatever it forgot, a vote or an
 * acknowledgement in a term T′, counts only together with a majority, which shares a member Z with the one that committed the proposal.
 * Z gave its share of T′ before it acknowledged the proposal, for whoever stood or led in T′ with this member's old signature knew nothing
 * of the proposal. So T′ ≤ T, the leader of T has every block that the old signatures committed, and what was acknowledged in T itself is
 * below the proposal in that leader's log.
 */
export function rejoin(work: Work, { by, size }: { readonly by: string; readonly size: number }): void {
  const { state } = work;
  if (!state.amnesic || state.rejoinsBy !== by) return;
  change(work, {
    amnesic: false,
    rejoinsBy: null,
    doubters: [],
    votedFor: state.votedFor ?? state.self,
    signedHeight: Math.max(state.signedHeight, state.committed.height),
    cosignedSize: Math.max(state.cosignedSize, size),
  });
}

function isBeyond(one: Mark, other: Mark): boolean {
  return isLater(one, other) || one.cosignedSize > other.cosignedSize;
}

function isLater(one: Mark, other: Mark): boolean {
  return one.term > other.term || (one.term === other.term && one.height > other.height);
}

function higherOfBoth(one: Mark, other: Mark): Mark {
  const { term, height } = isLater(one, other) ? one : other;
  return { term, height, cosignedSize: Math.max(one.cosignedSize, other.cosignedSize) };
}
