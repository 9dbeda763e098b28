import { initialState, type RaftState } from "@vermilion/consensus";
import type { NodeContext, ReadingContext } from "../context.ts";
import type { ConditionKeeper } from "./condition.ts";

/** A Raft state and the version under which the store has it. */
export interface Loaded {
  readonly version: number;
  readonly state: RaftState;
}

/** The saved Raft state, and over it what is not worth a write. */
export class RaftMemory {
  private readonly context: NodeContext;
  private readonly condition: ConditionKeeper;
  /** The tick counters of the last state seen, not worth a write each: losing them costs time, never safety. */
  private resting: Loaded | undefined;

  constructor(context: NodeContext, condition: ConditionKeeper) {
    this.context = context;
    this.condition = condition;
  }

  /** The saved state, or the first one. */
  async load(): Promise<Loaded> {
    const { version, state } = await this.context.raftStore.load();
    if (state === undefined) return { version, state: await firstState(this.context) };
    return this.resting?.version === version ? this.resting : { version, state };
  }

  /** Compare-and-set; false where another turn was faster. `isDueByTime`: written even where only ticks have passed. */
  async save(state: RaftState, { version, state: loaded }: Loaded, isDueByTime: boolean): Promise<boolean> {
    if (!isDueByTime && sameButForTicks(state, loaded)) {
      this.resting = { version, state };
      return true;
    }
    const saved = await this.saveOrReread(state, version);
    this.resting = saved ? { version: version + 1, state } : undefined;
    if (saved) this.condition.isOver("storage-fault");
    return saved;
  }

  /** After an ambiguous write: read again, it may have been ours (design, section 6). */
  private async saveOrReread(state: RaftState, version: number): Promise<boolean> {
    try {
      return (await this.context.raftStore.save(state, version)) === "saved";
    } catch (cause) {
      const now = await this.context.raftStore.load();
      if (now.version === version + 1 && JSON.stringify(now.state) === JSON.stringify(state)) return true;
      throw cause;
    }
  }
}

/** The state that a node begins with: that of genesis. */
export async function firstState({ ledger, memberships, member }: ReadingContext): Promise<RaftState> {
  const head = await ledger.head();
  const [hash] = head === undefined ? [] : await ledger.hashesFrom(0, 1);
  if (hash === undefined) throw new Error("bug: no genesis block");
  const { members } = await memberships.at(0);
  return initialState(member, [...members.keys()], { term: 0, height: 0, hash });
}

function sameButForTicks(one: RaftState, other: RaftState): boolean {
  return one === other || JSON.stringify(withoutTicks(one)) === JSON.stringify(withoutTicks(other));
}

function withoutTicks(state: RaftState) {
  const peers = Object.fromEntries(Object.entries(state.peers).map(([member, peer]) => [member, { ...peer, silentTicks: 0 }]));
  return { ...state, elapsedTicks: 0, timeoutTicks: 0, waiting: 0, peers };
}
