import type { RaftState } from "@vermilion/consensus";
import type { ReadingContext } from "./context.ts";
import { type Waiting, waitUntil } from "./driver/wait.ts";
import type { Submitted } from "./entries/submission.ts";
import type { EntryPlace, Proposal } from "./ports/index.ts";
import type { Membership } from "./rules.ts";

/** What is known of a chain here, and how to wait for more. The bytes themselves are read from the ledger. */
export interface Reads {
  /**
   * A "no" may only mean that this member is a block behind the one where the caller has just written. Before it is said, the leader is
   * asked how far it is, and the question is put again on what it has (design, section 6: reads that decide ask the leader).
   */
  freshly<T>(look: () => Promise<T>): Promise<T>;
  /** For a "yes" that somebody will act on: looks at what the leader has committed, so far as it answers in time; the answer says as of when. */
  decisively<T>(look: () => Promise<T>): Promise<T>;
  /** Looks, and looks again whenever the head or finality has moved, until there is an answer or the time is over. */
  until<T>(waitMs: number, look: () => Promise<T | undefined>): Promise<T | undefined>;
  /** What became of a committed entry. */
  submitted(location: EntryPlace): Promise<Submitted>;
  /** An entry that waits here for a block. */
  proposal(transactionHash: string): Promise<Proposal | undefined>;
  /** Who the members are as of a height; without one, as of the block that comes next. */
  membershipAt(height?: number): Promise<Membership>;
}

/** Longest wait for the blocks that the leader has and this member has not. */
const catchUpMs = 1_000;

/** Whom a node asks how far the leader is. */
interface AsksLeader {
  state(): Promise<RaftState>;
  /** The height that a member says it has committed; undefined where it does not answer. */
  committedHeightOf(member: string): Promise<number | undefined>;
}

/** `leading` is absent in a process that asks nobody: what others commit is seen when it looks again. */
export function createReads(context: ReadingContext, waiting: Waiting, leading?: AsksLeader): Reads {
  const publishedHeight = async () => (await context.ledger.published())?.height ?? 0;

  /** Waits for what the leader has committed and this member has not, where there is a leader that answers. */
  async function reachLeader({ state, committedHeightOf }: AsksLeader): Promise<void> {
    const { leader, role } = await state();
    if (role === "leader" || leader === null) return;
    const height = await committedHeightOf(leader);
    if (height === undefined) return;
    await waitUntil(waiting, catchUpMs, async () => ((await publishedHeight()) >= height ? true : undefined));
  }

  return {
    async freshly(look) {
      if (leading === undefined) return look();
      // Read before the look: a block that is published meanwhile is a reason to look again, too.
      const before = await publishedHeight();
      const first = await look();
      if (!isRefused(first)) return first;
      await reachLeader(leading);
      return (await publishedHeight()) > before ? look() : first;
    },
    async decisively(look) {
      if (leading !== undefined) await reachLeader(leading);
      return look();
    },
    until: (waitMs, look) => waitUntil(waiting, waitMs, look),
    submitted: (location) => submitted(context, location),
    proposal: (transactionHash) => context.raftStore.proposal(transactionHash),
    membershipAt: (height) => (height === undefined ? context.memberships.now() : context.memberships.at(height)),
  };
}

async function submitted(context: Pick<ReadingContext, "ledger">, location: EntryPlace): Promise<Submitted> {
  const [hash = ""] = await context.ledger.hashesFrom(location.height, 1);
  const block = await context.ledger.readBlock(hash);
  return {
    status: "committed",
    transactionHash: location.transactionHash,
    outcome: location.outcome,
    blockNumber: location.height,
    leafIndex: location.index,
    ...(block === undefined ? {} : { time: block.after.time }),
  };
}

function isRefused(value: unknown): boolean {
  return typeof value === "object" && value !== null && "refused" in value;
}
