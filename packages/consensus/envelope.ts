import type { Envelope } from "./messages.ts";
import { type MemberId, ownMark, type RaftState, seenMark } from "./state.ts";

/** The part that all messages of this member to `to` share. */
export function envelope(state: RaftState, to: MemberId): Envelope {
  return { from: state.self, to, term: state.term, signed: ownMark(state), seen: seenMark(state, to) };
}
