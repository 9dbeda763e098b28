import type { MemberId } from "@vermilion/consensus";
import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import { encodeProposalCall, parseProposalAnswer } from "../peers/wire.ts";
import type { Proposal } from "../ports/index.ts";

const countMax = 200;
const bytesMax = 2_000_000;
/** Names remembered; beyond, all are forgotten, and what still waits is forwarded once more. */
const rememberedMax = 10_000;
/** Expired proposals are dropped so often while ticks go on. */
const dropExpiredMs = 1_000;

interface Given {
  readonly leader: MemberId;
  readonly at: number;
}

/** Which of the proposals that wait here are to be taken to the leader. They stay in the store until they are committed or have expired. */
export class Forwarding {
  private readonly context: NodeContext;
  private readonly given = new Map<string, Given>();
  /** Added by this process, so nobody else has taken them to anybody. */
  private readonly own = new Set<string>();
  private takesAll = false;
  private lookedAt: Given | undefined;
  private droppedExpiredAt = 0;

  constructor(context: NodeContext) {
    this.context = context;
  }

  /** From now on this process looks after all that wait, also what others have added: they may have ended. */
  takeAll(): void {
    this.takesAll = true;
    this.lookedAt = undefined;
  }

  /** Proposals that this process has just added. */
  added(transactionHash: string): void {
    this.own.add(transactionHash);
    this.lookedAt = undefined;
  }

  /**
   * Those that this leader has not been given, or was given long ago; from now on they count as given. What another process has added is
   * taken for given by that one when it is first seen.
   */
  private async due(leader: MemberId): Promise<readonly Proposal[]> {
    const now = this.context.clock.now();
    const againMs = this.context.pace.forwardAgainMs;
    // A clock that was put back counts as time that has passed.
    const isLater = (at: number, ms: number) => now < at || now - at > ms;
    if (this.lookedAt?.leader === leader && !isLater(this.lookedAt.at, againMs / 4)) return [];
    this.lookedAt = { leader, at: now };
    const waiting = await this.context.raftStore.proposals(countMax, bytesMax);
    if (this.given.size > rememberedMax) this.given.clear();
    const due = waiting.filter(({ transactionHash }) => {
      const last = this.given.get(transactionHash);
      const isDue =
        last === undefined ? this.takesAll || this.own.has(transactionHash) : last.leader !== leader || isLater(last.at, againMs);
      if (isDue || last === undefined) this.given.set(transactionHash, { leader, at: now });
      if (isDue) this.own.delete(transactionHash);
      return isDue;
    });
    return this.dropCommitted(due);
  }

  /** Takes what is due to the leader. Where it did not take it, or may not have, all of that is due again at once. */
  async carry(leader: MemberId): Promise<"taken" | "not-leading" | "unreachable"> {
    const due = await this.due(leader);
    if (due.length === 0) return "taken";
    const { peers, pace, log } = this.context;
    try {
      const answer = await peers.call(leader, "proposals", encodeProposalCall(due), pace.callTimeoutMs);
      if (parseProposalAnswer(answer).leading) return "taken";
      this.failed(due);
      return "not-leading";
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      log.info("leader-unreachable", { leader, why: cause.message });
      this.failed(due);
      return "unreachable";
    }
  }

  private failed(proposals: readonly Proposal[]): void {
    for (const { transactionHash } of proposals) {
      this.given.delete(transactionHash);
      this.added(transactionHash);
    }
  }

  /** Proposals whose time has run out here are nobody's business any more; the leader would refuse them. */
  async dropExpired(): Promise<void> {
    const now = this.context.clock.now();
    if (now - this.droppedExpiredAt < dropExpiredMs) return;
    this.droppedExpiredAt = now;
    const waiting = await this.context.raftStore.proposals(countMax, bytesMax);
    const expired = waiting.filter(({ until }) => until < now).map(({ transactionHash }) => transactionHash);
    if (expired.length > 0) await this.context.raftStore.dropProposals(expired);
  }

  /** A process may end after it published a block and before it dropped what waited for it: nobody needs to be asked about that again. */
  private async dropCommitted(proposals: readonly Proposal[]): Promise<readonly Proposal[]> {
    const places = await this.context.ledger.entryPlaces(proposals.map(({ transactionHash }) => transactionHash));
    const committed = proposals.filter((_, place) => places[place] !== undefined);
    if (committed.length === 0) return proposals;
    await this.context.raftStore.dropProposals(committed.map(({ transactionHash }) => transactionHash));
    return proposals.filter((proposal) => !committed.includes(proposal));
  }
}
