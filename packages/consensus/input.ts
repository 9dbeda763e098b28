import type { Message, Outgoing } from "./messages.ts";
import type { CommitCertificate, MemberId, Position, RaftState } from "./state.ts";

/** What the receiver found when it asked the leader it knows (`state.leader`) whether it still leads. */
export type LeaderProbe =
  /** It answered that it leads in `state.term` or a later one. */
  | "alive"
  /** It did not answer, or answered that it does not lead. */
  | "failed"
  /** No leader is known here, so nobody was asked. */
  | "none";

export interface Receive {
  readonly kind: "receive";
  readonly message: Message;
  /** For a pre-vote. */
  readonly leaderProbe?: LeaderProbe;
  /** For an accepted append with `acknowledges`: the signed acknowledgement, already checked against sender and position. */
  readonly proof?: string;
  /** For an append: its certificate, already checked: distinct members, a majority, each signature over exactly `position`. */
  readonly certificate?: CommitCertificate;
  /** For an append: the first try named positions in `appended` that the member layer does not accept. Nothing is appended now. */
  readonly refused?: "state-mismatch" | "invalid-block";
}

/** One fact for the core. A turn may feed several, one `step` after the other, and saves once. */
export type Input =
  /** The process came up, or a slow timer ran: say hello. May be fed at any time. */
  | { readonly kind: "started" }
  /** Time passed (one tick; the platform chooses how long it is). `random` is an integer of 0 … 2^31−1. */
  | { readonly kind: "tick"; readonly random: number }
  | Receive
  /** A message to `member` could not be delivered. */
  | { readonly kind: "unreachable"; readonly member: MemberId }
  /**
   * So many proposals wait here and are not in a block of the log yet; what this very turn commits counts as in the log. Feed it at the
   * beginning of every turn, and again at its end if the log changed: a block that was dropped gives its proposals back.
   */
  | { readonly kind: "wanted"; readonly waiting: number }
  /** The block asked for by `seal` is built and signed; `proof` is the leader's own signed acknowledgement of it. */
  | { readonly kind: "sealed"; readonly position: Position; readonly proof: string }
  /**
   * Something else was signed at this (term, height) before, by a turn that was lost: this term can seal nothing there any more, so the
   * leader steps down. Where turns overlap, first save the turn without sealing (it may have committed a block) and feed this in a later
   * turn that meets the conflict again: the other turn may only be late. Never drop a turn for it: the same conflict would come for ever.
   */
  | { readonly kind: "cannot-seal"; readonly term: number; readonly height: number }
  /** Forwarding proposals to the leader failed, or it answered that it does not lead. */
  | { readonly kind: "leader-unreachable" }
  /** This member cosigned a tree of `size` leaves. */
  | { readonly kind: "cosigned"; readonly size: number }
  /** The head at `height` has its quorum of cosignatures and was handed round. */
  | { readonly kind: "settled"; readonly height: number }
  /** This member's store was opened from a backup. */
  | { readonly kind: "restored" }
  /** An amnesic member has made the proposal `by`, after its store was opened and of a name that was never used before. */
  | { readonly kind: "rejoining"; readonly by: string }
  /** The proposal `by` stands in a committed block here; the tree of that head has `size` leaves. */
  | { readonly kind: "rejoined"; readonly by: string; readonly size: number };

/** The leader shall build the block at (term, height) on top of `previous`; `empty`: with no entries, to commit what lies below. */
export interface Seal {
  readonly term: number;
  readonly height: number;
  readonly previous: Position;
  readonly empty: boolean;
}

/** Something that honest members never do; the core did not obey, the member layer keeps it and raises an alarm. */
export interface Evidence {
  readonly kind: "undoes-committed" | "two-blocks-in-one-term" | "two-leaders-in-one-term" | "two-certificates";
  readonly from: MemberId;
  readonly ours: Position;
  readonly theirs: Position;
}

/** The decisions that follow from one input. Nothing here may leave the member before `state` is saved. */
export interface Step {
  readonly state: RaftState;
  readonly send: readonly Outgoing[];
  /** The certificate that moved `committed`, or null. */
  readonly commit: CommitCertificate | null;
  /** The positions it committed, ascending; earlier-term ones are covered by the same certificate. */
  readonly committed: readonly Position[];
  readonly seal: Seal | null;
  /**
   * Positions new in the log. The member layer checks and executes them before it saves. If one fails it drops this step and takes
   * another one, from the state before, with `refused` set.
   */
  readonly appended: readonly Position[];
  /** Nothing to do until an input other than a tick comes; a leader and its followers all reach this after the last commit. */
  readonly asleep: boolean;
  readonly evidence: readonly Evidence[];
}
