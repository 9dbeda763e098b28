import type { Input, RaftState } from "@vermilion/consensus";
import type { NodeContext } from "../context.ts";

/** Counts the proposals that wait for a block, apart from those in a block that is in flight. */
export class InFlight {
  private readonly context: NodeContext;
  /** Entries of the blocks in the tail, by header hash. */
  private readonly entryCounts = new Map<string, number>();

  constructor(context: NodeContext) {
    this.context = context;
  }

  noteSealed(hash: string, entries: number): void {
    this.entryCounts.set(hash, entries);
  }

  /**
   * Proposals that are in no block of the log yet. Those of a block stay in the store until it is published; counted as waiting they would
   * make the leader expect another block, and hold back the word that this one is committed.
   */
  async waiting(state: RaftState, input: Input | undefined): Promise<number> {
    // A leader with a block in flight can seal no other one: only what may commit it makes the number matter.
    if (state.role === "leader" && state.tail.length > 0 && input?.kind !== "receive") return state.waiting;
    if (state.tail.length === 0) this.entryCounts.clear();
    let inFlight = 0;
    for (const { hash } of state.role === "leader" ? state.tail : []) inFlight += await this.entriesOf(hash);
    return Math.max(0, (await this.context.raftStore.proposalCount()) - inFlight);
  }

  private async entriesOf(hash: string): Promise<number> {
    const known = this.entryCounts.get(hash) ?? (await this.context.ledger.readBlock(hash))?.entries.length ?? 0;
    this.entryCounts.set(hash, known);
    return known;
  }
}
