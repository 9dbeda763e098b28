import type { MemberId } from "@vermilion/consensus";
import type { Context } from "../context.ts";
import type { Proposal } from "../ports/index.ts";

/** A proposal is forwarded to the same leader again after so long without a commit. */
const againMs = 2_000;
const countMax = 200;
const bytesMax = 2_000_000;
/** Names remembered; beyond, all are forgotten, and what still waits is forwarded once more. */
const rememberedMax = 10_000;

/** Which of the proposals that wait here are to be taken to the leader. They stay in the store until they are committed or have expired. */
export class Forwarding {
  private readonly context: Context;
  private readonly sent = new Map<string, { readonly leader: MemberId; readonly at: number }>();

  constructor(context: Context) {
    this.context = context;
  }

  /** Those that this leader has not been given, or was given long ago; from now on they count as given. */
  async due(leader: MemberId): Promise<readonly Proposal[]> {
    const now = this.context.clock.now();
    const waiting = await this.context.raftStore.proposals(countMax, bytesMax);
    const due = waiting.filter(({ transactionHash }) => {
      const last = this.sent.get(transactionHash);
      return last === undefined || last.leader !== leader || now - last.at > againMs;
    });
    if (this.sent.size > rememberedMax) this.sent.clear();
    for (const { transactionHash } of due) this.sent.set(transactionHash, { leader, at: now });
    return this.dropCommitted(due);
  }

  /** The leader did not take them: they are due again at once. */
  failed(proposals: readonly Proposal[]): void {
    for (const { transactionHash } of proposals) this.sent.delete(transactionHash);
  }

  /** Proposals whose time has run out here are nobody's business any more; the leader would refuse them. */
  async dropExpired(): Promise<void> {
    const now = this.context.clock.now();
    const waiting = await this.context.raftStore.proposals(countMax, bytesMax);
    const expired = waiting.filter(({ until }) => until < now).map(({ transactionHash }) => transactionHash);
    if (expired.length > 0) await this.context.raftStore.dropProposals(expired);
  }

  /** A process may end after it published a block and before it dropped what waited for it: nobody needs to be asked about that again. */
  private async dropCommitted(proposals: readonly Proposal[]): Promise<readonly Proposal[]> {
    const places = await Promise.all(proposals.map(({ transactionHash }) => this.context.ledger.entryPlace(transactionHash)));
    const committed = proposals.filter((_, place) => places[place] !== undefined);
    if (committed.length === 0) return proposals;
    await this.context.raftStore.dropProposals(committed.map(({ transactionHash }) => transactionHash));
    return proposals.filter((proposal) => !committed.includes(proposal));
  }
}
