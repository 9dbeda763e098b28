import { signersOf } from "./commit.ts";
import type { Receive } from "./input.ts";
import { type Mark, type MemberId, ownMark, seenMark } from "./state.ts";
import { change, NO_OFFICE, type Work } from "./work.ts";

/**
 * Every message carries how far its sender has bound itself and how far it has seen the receiver bind itself; a commit certificate shows
 * how far its signers have. A member never sends before it saves, so it can only be told of a higher mark than its own if its store has
 * lost something. This comes before anything else is done with a message: after its term is taken over the comparison is too late.
 */
export function compareMarks(work: Work, { message, certificate }: Receive): void {
  learn(work, work.state.self, message.seen);
  learn(work, message.from, message.signed);
  if (certificate === undefined) return;
  const { term, height } = certificate.position;
  for (const signer of signersOf(work.state, certificate)) learn(work, signer, { term, height, cosignedSize: 0 });
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

/** No vote, no acknowledgement and no candidacy from here on; blocks are still stored. Only a rejoin under a new incarnation ends it. */
export function becomeAmnesic(work: Work): void {
  if (work.state.amnesic) return;
  const { leader, self } = work.state;
  change(work, { ...NO_OFFICE, amnesic: true, leader: leader === self ? null : leader });
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
