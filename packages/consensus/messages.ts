import type { CommitCertificate, Mark, MemberId, Position } from "./state.ts";

/** What every message says: who, to whom, in which term, and both marks that reveal a member that has forgotten what it signed. */
export interface Envelope {
  readonly from: MemberId;
  readonly to: MemberId;
  /** The sender's current term. */
  readonly term: number;
  /** How far the sender has bound itself. */
  readonly signed: Mark;
  /** The highest mark of the receiver that the sender has seen. */
  readonly seen: Mark;
}

/** "Would you vote for me in `nextTerm`?" Binds nobody and raises no term (Ongaro's thesis, section 9.6). */
export interface PreVote extends Envelope {
  readonly kind: "pre-vote";
  readonly nextTerm: number;
  readonly last: Position;
}

export interface PreVoteAnswer extends Envelope {
  readonly kind: "pre-vote-answer";
  readonly nextTerm: number;
  readonly granted: boolean;
}

/** RequestVote of the Raft paper, figure 2. */
export interface Vote extends Envelope {
  readonly kind: "vote";
  readonly last: Position;
}

export interface VoteAnswer extends Envelope {
  readonly kind: "vote-answer";
  readonly granted: boolean;
}

/**
 * AppendEntries of the Raft paper, figure 2. The member layer attaches the blocks of `positions` on the way out; on the way in it checks
 * `certificate` and the blocks, and feeds the checked certificate beside the message. Only what is fed beside it is believed.
 */
export interface Append extends Envelope {
  readonly kind: "append";
  /** The position right below the first of `positions`. */
  readonly previous: Position;
  /** Consecutive positions; empty when there is nothing new to send. */
  readonly positions: readonly Position[];
  /** The end of the leader's log when it sent this. */
  readonly last: Position;
  /** Proves the highest committed position at or below the end of `positions` for which the sender holds a certificate. */
  readonly certificate: CommitCertificate | null;
}

/**
 * The log here agrees with the leader's up to `matched`, and this is saved. When `acknowledges` is not null the member layer signs an
 * acknowledgement of exactly that position and attaches it; the leader counts signed acknowledgements only.
 */
export interface AppendAccepted extends Envelope {
  readonly kind: "append-answer";
  readonly ok: true;
  readonly matched: Position;
  readonly acknowledges: Position | null;
  readonly committedHeight: number;
}

/**
 * - `behind`: `previous` lies above the end of this log; `mismatch`: another hash stands there. Send again from `next`.
 * - `stale-term`: the sender is not the leader of this member's term.
 * - `state-mismatch`, `invalid-block`: the member layer executed or checked a block and does not agree.
 * - `conflict`: obeying would undo a committed or acknowledged position, or a second leader speaks in one term. Never obeyed.
 */
export type AppendRefusal = "behind" | "mismatch" | "stale-term" | "state-mismatch" | "invalid-block" | "conflict";

export interface AppendRefused extends Envelope {
  readonly kind: "append-answer";
  readonly ok: false;
  readonly reason: AppendRefusal;
  /** The height from which this member certainly needs the positions: one above what it holds committed. */
  readonly next: number;
  readonly committedHeight: number;
}

/** "I am back, this is what I hold committed": wakes a leader that went to sleep while this member was away. */
export interface Hello extends Envelope {
  readonly kind: "hello";
  readonly committed: Position;
  /** Work waits at the sender: if nobody leads, somebody should. */
  readonly wanted: boolean;
}

/** The answer of a member that does not lead; what counts is in the envelope: its term, and what it has seen of the asker. */
export interface HelloAnswer extends Envelope {
  readonly kind: "hello-answer";
}

export type AppendAnswer = AppendAccepted | AppendRefused;
export type Message = PreVote | PreVoteAnswer | Vote | VoteAnswer | Append | AppendAnswer | Hello | HelloAnswer;

/**
 * "Send an append to this member." The positions below the tail and their certificates live in the ledger, so `fillAppend` makes the
 * message, from the state that was saved.
 */
export interface AppendIntent {
  readonly kind: "append-intent";
  readonly to: MemberId;
}

export type Outgoing = Exclude<Message, Append> | AppendIntent;
