import {
  type ArgumentsOf,
  type EntryContext,
  type ExecutionResult,
  executeEntry,
  keysOf,
  newestRules,
  StateView,
  type Write,
} from "@vermilion/contracts";
import { formatOutcome, type Json, type Operation, type ParsedEntry, rowAtKey, type StateKey } from "@vermilion/ledger";
import {
  crypto,
  type EntryOptions,
  entryOf,
  foundArgumentsOf,
  genesisOf,
  makeMember,
  type TestKey,
  type TestMember,
} from "../support/entries.ts";

export const FOUNDED_AT = 1_760_000_000_000;

type State = ReadonlyMap<string, Json>;

/** Knows the whole state and never misses: the measure of what lazy loading must give. */
class WholeView extends StateView {
  private readonly state: State;

  constructor(state: State) {
    super();
    this.state = state;
  }

  override get<Row extends Json>(key: StateKey<Row>): Row | undefined {
    this.load(key, this.state.get(key));
    return super.get(key);
  }
}

export interface Executed {
  readonly results: readonly ExecutionResult[];
  readonly writes: readonly Write[];
}

export function outcomeOf(result: ExecutionResult | undefined): string {
  if (result === undefined) return "no result";
  return "outcome" in result ? formatOutcome(result.outcome) : `rules-unknown:${result.contract}/${result.version}`;
}

/** A chain without consensus: blocks are executed on a state in memory, which can be looked at and bent. */
export class TestChain {
  readonly state = new Map<string, Json>();
  readonly members: readonly TestMember[];
  readonly id: string;
  readonly genesis: ParsedEntry;
  height = 0;
  time = FOUNDED_AT;

  constructor(memberIds: readonly string[], contracts: ArgumentsOf["consortium.found"]["contracts"] = newestRules()) {
    this.members = memberIds.map(makeMember);
    this.genesis = genesisOf(this.members, { time: FOUNDED_AT, given: { ...foundArgumentsOf(this.members), contracts } });
    this.id = this.genesis.transactionHash;
    const executed = this.whole([this.genesis]);
    if (outcomeOf(executed.results[0]) !== "applied") throw new Error(`the genesis was ${outcomeOf(executed.results[0])}`);
    this.accept(executed);
  }

  member(id: string): TestMember {
    const member = this.members.find((each) => each.id === id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  key(id: string): TestKey {
    return this.member(id).keys.sign;
  }

  /** All that is known, for questions to a part of the rules. */
  view(): StateView {
    return new WholeView(this.state);
  }

  get block(): EntryContext {
    return { chain: this.id, height: this.height, time: this.time, proposer: this.members[0]?.id ?? "", index: 0 };
  }

  entry(keys: readonly TestKey[], operations: readonly Operation[], options: Partial<EntryOptions> = {}): ParsedEntry {
    return entryOf(this.id, keys, operations, { time: this.time, ...options });
  }

  /** The next block with these entries (at these places in it), everything known from the start; nothing is kept. */
  whole(entries: readonly ParsedEntry[], places?: readonly number[]): Executed {
    const view = new WholeView(this.state);
    const results = entries.map((entry, at) => executeEntry(view, { ...this.block, index: places?.[at] ?? at }, entry, crypto));
    if (view.hasMisses) throw new Error("a whole view missed something");
    return { results, writes: view.writes() };
  }

  /** The same by running, loading what was missed, and running again in a new view. `ahead`: with the keys of `keysOf` loaded first. */
  lazily(entries: readonly ParsedEntry[], options: { readonly ahead: boolean }): Executed & { readonly rounds: number } {
    const known = new Set<string>(options.ahead ? entries.flatMap(keysOf) : []);
    for (let rounds = 1; rounds <= 64; rounds++) {
      const view = new StateView();
      for (const key of known) view.load(key, this.state.get(key));
      const results = entries.map((entry, index) => executeEntry(view, { ...this.block, index }, entry, crypto));
      if (!view.hasMisses) return { results, writes: view.writes(), rounds };
      for (const key of view.misses.keys) known.add(key);
    }
    throw new Error("loading did not come to an end");
  }

  /** The same in one view, entry by entry, each repeated until it misses nothing. */
  stepwise(entries: readonly ParsedEntry[]): Executed {
    const view = new StateView();
    const results = entries.map((entry, index) => {
      for (let round = 0; round < 64; round++) {
        const result = executeEntry(view, { ...this.block, index }, entry, crypto);
        if (!view.hasMisses) return result;
        for (const key of [...view.misses.keys]) view.load(key, this.state.get(key));
      }
      throw new Error("loading did not come to an end");
    });
    return { results, writes: view.writes() };
  }

  accept({ writes }: Executed): void {
    for (const { key, value } of writes) {
      if (value === null) this.state.delete(key);
      else this.state.set(key, value);
    }
    this.height += 1;
    this.time += 1_000;
  }

  /** Executes and keeps one block; the outcomes of its entries. */
  commit(entries: readonly ParsedEntry[]): string[] {
    const executed = this.whole(entries);
    this.accept(executed);
    return executed.results.map(outcomeOf);
  }

  /** One block with one entry by these keys; its outcome. */
  submit(keys: readonly TestKey[], operations: readonly Operation[], options: Partial<EntryOptions> = {}): string {
    return this.commit([this.entry(keys, operations, options)])[0] ?? "";
  }

  row<Row extends Json>(key: StateKey<Row>): Row | undefined {
    const value = this.state.get(key);
    return value === undefined ? undefined : rowAtKey(key, value);
  }

  keysUnder(prefix: string): string[] {
    return [...this.state.keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}
