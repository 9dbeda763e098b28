import type { Json } from "@vermilion/ledger";
import { Fault } from "../fault.ts";
import type { ExecutedBlock, Ledger, Standing, StateRow, StateWrite } from "../ports/index.ts";
import type { Answer, LoadedRows, RangeRequest } from "../rules.ts";

/** What a block is executed on: the published standing and the blocks above it up to the block's predecessor, ascending. */
export interface Base {
  readonly published: Standing;
  readonly above: readonly ExecutedBlock[];
}

export type StateReads = Pick<Ledger, "stateRows" | "stateRange">;

/** Where rows of the state come from; a range may hold deleted rows. */
interface RowSource {
  rows(keys: readonly string[]): Promise<readonly StateWrite[]>;
  range(request: RangeRequest): Promise<readonly StateWrite[]>;
}

/** Keys of one read of the store. */
const keysMax = 1_000;

/** Rounds of "ask, load what was missing, ask again" before it is a bug: each round must learn something. */
const roundsMax = 64;

/** Rows of the state that were loaded to answer the rules' questions, kept over the rounds. */
export class LoadedState implements LoadedRows {
  readonly rows = new Map<string, Json | undefined>();
  readonly ranges: { request: RangeRequest; rows: readonly StateWrite[] }[] = [];
  private readonly source: RowSource;

  private constructor(source: RowSource) {
    this.source = source;
  }

  /** The state after the last block of `base`. Loading throws `Fault` `stale-turn` when the stored state has moved on. */
  static on(ledger: StateReads, base: Base): LoadedState {
    return new LoadedState(rowsOn(ledger, base));
  }

  /** The published state of whenever it is read. */
  static published(ledger: StateReads): LoadedState {
    return new LoadedState({
      rows: (keys) => ledger.stateRows(keys),
      range: ({ prefix, after, limit }) => ledger.stateRange(prefix, after, limit),
    });
  }

  async loadKeys(keys: Iterable<string>): Promise<void> {
    const wanted = [...new Set(keys)].filter((key) => !this.rows.has(key));
    for (const key of wanted) this.rows.set(key, undefined);
    for (let start = 0; start < wanted.length; start += keysMax)
      for (const { key, value } of await this.source.rows(wanted.slice(start, start + keysMax))) this.rows.set(key, value ?? undefined);
  }

  /** Puts a question to the rules until all the rows that it needs are loaded (design, section 6). */
  async ask<T>(question: (state: LoadedRows) => Answer<T>): Promise<T> {
    for (let round = 0; round < roundsMax; round++) {
      const asked = question(this);
      if ("answer" in asked) return asked.answer;
      await this.loadKeys(asked.missing.keys);
      for (const request of asked.missing.ranges) this.ranges.push({ request, rows: await this.source.range(request) });
    }
    throw new Error("bug: the rules ask for something new in every round");
  }
}

function rowsOn(ledger: StateReads, base: Base): RowSource {
  const above = new Map<string, Json | null>();
  for (const block of base.above) for (const write of block.writes) above.set(write.key, write.value);
  // A row newer than the base means that another turn published meanwhile: this one must not go on with mixed state.
  const assertOfBase = (row: StateRow): void => {
    if (row.height > base.published.height) throw new Fault("stale-turn", `row ${row.key} is of height ${row.height}`);
  };
  return {
    async rows(keys) {
      const inBlocks = keys.flatMap((key) => (above.has(key) ? [{ key, value: above.get(key) ?? null }] : []));
      const wanted = keys.filter((key) => !above.has(key));
      const stored = wanted.length === 0 ? [] : await ledger.stateRows(wanted);
      stored.forEach(assertOfBase);
      return [...inBlocks, ...stored];
    },
    async range({ prefix, after, limit }) {
      const stored = await ledger.stateRange(prefix, after, limit);
      stored.forEach(assertOfBase);
      const last = stored.length < limit ? undefined : stored.at(-1)?.key;
      const merged = new Map<string, Json | null>(stored.map(({ key, value }) => [key, value]));
      for (const [key, value] of above) {
        const isInside = key.startsWith(prefix) && (after === undefined || key > after) && (last === undefined || key <= last);
        if (isInside) merged.set(key, value);
      }
      return [...merged].map(([key, value]) => ({ key, value })).sort((one, other) => (one.key < other.key ? -1 : 1));
    },
  };
}

/** Puts a question to the rules over a state that is these rows and nothing else. */
export function askOver<T>(writes: readonly StateWrite[], question: (state: LoadedRows) => Answer<T>): T {
  const rows = new Map<string, Json | undefined>(writes.map(({ key, value }) => [key, value ?? undefined]));
  const ranges: { request: RangeRequest; rows: readonly StateWrite[] }[] = [];
  for (let round = 0; round < roundsMax; round++) {
    const asked = question({ rows, ranges });
    if ("answer" in asked) return asked.answer;
    for (const key of asked.missing.keys) rows.set(key, undefined);
    for (const request of asked.missing.ranges) {
      const { prefix, after, limit } = request;
      const inRange = writes.filter(({ key }) => key.startsWith(prefix) && (after === undefined || key > after));
      ranges.push({ request, rows: inRange.slice(0, limit) });
    }
  }
  throw new Error("bug: the rules ask for something new in every round");
}
