import type { Message } from "./messages.ts";
import { type Mark, ownMark, seenMark } from "./state.ts";
import { change, NO_OFFICE, type Work } from "./work.ts";

/**
 * Every message carries how far its sender has bound itself and how far it has seen the receiver bind itself. A member never sends
 * before it saves, so it can only be told of a higher mark than its own if its store has lost something.
 */
export function compareMarks(work: Work, message: Message): void {
  if (isBeyond(message.seen, ownMark(work.state))) becomeAmnesic(work);

  const seen = seenMark(work.state, message.from);
  if (!isBeyond(message.signed, seen)) return;
  change(work, { seen: { ...work.state.seen, [message.from]: higherOfBoth(message.signed, seen) } });
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
