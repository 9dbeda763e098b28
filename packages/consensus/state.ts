/** Name of a member of the consortium, as the genesis block spells it. */
export type MemberId = string;

/**
 * One block as consensus sees it: `hash` (hex) is the hash of its header bytes, `height` its place in the chain and `term` the term
 * written in that header. Headers are chained by hash, so equal hashes mean equal logs up to that height.
 */
export interface Position {
  readonly term: number;
  readonly height: number;
  readonly hash: string;
}

/**
 * Proof that `position` is committed: signed acknowledgements of a majority for exactly (term, height, hash), where `position.term` was
 * the current term of every signer. The strings are opaque here; the member layer signs them, and checks them before it feeds them in.
 */
export interface CommitCertificate {
  readonly position: Position;
  readonly acknowledgements: Readonly<Record<MemberId, string>>;
}

/**
 * How far a member has bound itself by signing: `term` is its current term, `height` the highest block it has sealed or acknowledged in
 * that term (0: none), `cosignedSize` the largest tree size it has cosigned. Compared term first, then height; the size on its own.
 */
export interface Mark {
  readonly term: number;
  readonly height: number;
  readonly cosignedSize: number;
}

/** What a leader knows about one other member. Losing it costs messages, never safety: only signed acknowledgements commit. */
export interface Peer {
  /** Height of the first position to send next. */
  readonly next: number;
  /** The highest position it has said its log shares with ours in this term. */
  readonly matched: Position | null;
  /** The height that it has said it holds committed. */
  readonly confirmed: number;
  /** The highest committed height that we have told it (the answer may be on its way). */
  readonly told: number;
  /** False from a failed send until the next message that arrives from it. */
  readonly reachable: boolean;
  /** It refused our block as invalid, or because its own execution gave another state. */
  readonly refused: boolean;
  /** Ticks since its last useful answer. */
  readonly silentTicks: number;
}

export type Role = "follower" | "pre-candidate" | "candidate" | "leader";

/**
 * All that a member's consensus remembers: a plain JSON object, saved by compare-and-set at the end of every turn. There is no other
 * truth in memory. `step` never changes it in place.
 */
export interface RaftState {
  readonly self: MemberId;
  /** The voters, fixed in this version. */
  readonly members: readonly MemberId[];
  readonly term: number;
  readonly votedFor: MemberId | null;
  readonly role: Role;
  /** The leader of `term`, if one has been heard. */
  readonly leader: MemberId | null;
  readonly committed: Position;
  /** Proves `committed`; null only at genesis. */
  readonly certificate: CommitCertificate | null;
  /** The log above `committed`, ascending without gaps. */
  readonly tail: readonly Position[];
  /** Who granted the pre-vote or vote that is under way, this member included. */
  readonly votes: readonly MemberId[];
  /** Leader: signed acknowledgements of the position in flight, its own included. */
  readonly acknowledgements: Readonly<Record<MemberId, string>>;
  /** Leader: one row for each other member; empty in every other role. */
  readonly peers: Readonly<Record<MemberId, Peer>>;
  /** Proposals that wait here, as the member layer last said. */
  readonly waiting: number;
  /** The height whose head has its quorum of cosignatures and was handed round, as the member layer last said. */
  readonly settled: number;
  /** The highest block this member has sealed or acknowledged in `term`; 0 for none. */
  readonly signedHeight: number;
  /** The largest tree size this member has cosigned. */
  readonly cosignedSize: number;
  /** The highest mark seen of every other member, for telling it what it may have forgotten. */
  readonly seen: Readonly<Record<MemberId, Mark>>;
  /** Members that said in their last message that this one has signed more than it knows. */
  readonly doubters: readonly MemberId[];
  /** This member has forgotten things it signed: it stores blocks but votes, acknowledges and leads no more, until it has rejoined. */
  readonly amnesic: boolean;
  /** Names the proposal by which an amnesic member rejoins once it is committed; made after it has forgotten. Null: none was made yet. */
  readonly rejoinsBy: string | null;
  /** A block of the present leader was refused here by the member layer: the leader counts as failed until it or the term changes. */
  readonly distrusted: boolean;
  /** A member that cannot lead itself (its log is behind, or it is amnesic) asked for a leader; this one sees to it that there is one. */
  readonly summoned: boolean;
  /** Ticks since the leader was heard, the vote given or the round begun; for a leader, since it last sent to everybody. */
  readonly elapsedTicks: number;
  /** Ticks after which this member tries to become leader; 0 means: to be drawn at the next tick. */
  readonly timeoutTicks: number;
}

const NOTHING_SIGNED: Mark = { term: 0, height: 0, cosignedSize: 0 };

/**
 * The state of a member that knows the genesis block and nothing else.
 *
 * @param members all voters, `self` among them, each once.
 * @param genesis the position of the genesis block (term 0, height 0), committed by definition.
 */
export function initialState(self: MemberId, members: readonly MemberId[], genesis: Position): RaftState {
  if (!members.includes(self)) throw new Error(`bug: ${self} is not among the voters`);
  if (new Set(members).size !== members.length) throw new Error("bug: a voter is listed twice");
  return {
    self,
    members: [...members],
    term: 0,
    votedFor: null,
    role: "follower",
    leader: null,
    committed: genesis,
    certificate: null,
    tail: [],
    votes: [],
    acknowledgements: {},
    peers: {},
    waiting: 0,
    settled: genesis.height,
    signedHeight: 0,
    cosignedSize: 0,
    seen: {},
    doubters: [],
    amnesic: false,
    rejoinsBy: null,
    distrusted: false,
    summoned: false,
    elapsedTicks: 0,
    timeoutTicks: 0,
  };
}

/** How many members are more than half: what an election and a commit need. */
export function majority(state: RaftState): number {
  return Math.floor(state.members.length / 2) + 1;
}

export function others(state: RaftState): MemberId[] {
  return state.members.filter((member) => member !== state.self);
}

/** The end of the log. */
export function lastPosition(state: RaftState): Position {
  return state.tail.at(-1) ?? state.committed;
}

/** The position at `height` as far as the state holds it: the committed one or one of the tail; lower ones live in the ledger. */
export function positionInLog(state: RaftState, height: number): Position | undefined {
  if (height === state.committed.height) return state.committed;
  return state.tail[height - state.committed.height - 1];
}

/** Two logs agree at a height only if the header hashes are equal; term and height are inside the header and are compared as well. */
export function samePosition(one: Position, other: Position): boolean {
  return one.hash === other.hash && one.height === other.height && one.term === other.term;
}

export function holds(state: RaftState, position: Position): boolean {
  const own = positionInLog(state, position.height);
  return own !== undefined && samePosition(own, position);
}

/** The leader's block that is not committed yet: the only one of its own term, at the end of its log. */
export function positionInFlight(state: RaftState): Position | null {
  const last = state.tail.at(-1);
  return state.role === "leader" && last !== undefined && last.term === state.term ? last : null;
}

/** How far this member has bound itself. */
export function ownMark(state: RaftState): Mark {
  return { term: state.term, height: state.signedHeight, cosignedSize: state.cosignedSize };
}

/** How far `member` has bound itself, as far as has been seen here. */
export function seenMark(state: RaftState, member: MemberId): Mark {
  return rowOf(state.seen, member) ?? NOTHING_SIGNED;
}

/** The row of a member. A member may be called `constructor`, so only own properties count. */
export function rowOf<Row>(rows: Readonly<Record<MemberId, Row>>, member: MemberId): Row | undefined {
  return Object.hasOwn(rows, member) ? rows[member] : undefined;
}
