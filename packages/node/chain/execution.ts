import { type BlockContext, executeEntry, keysOf, type RangeRequest, StateView, type Write } from "@vermilion/contracts";
import type { Crypto, Json, Outcome, ParsedEntry, PublicJwk } from "@vermilion/ledger";
import { Fault } from "../fault.ts";
import type { ExecutedBlock, Ledger, Standing, StateRow } from "../ports/index.ts";

/** What executing needs: the same for a live block, a rebuild and a check of stored bytes. */
export interface Executing {
  readonly ledger: Pick<Ledger, "stateRows" | "stateRange">;
  readonly crypto: Crypto;
}

/** What a block is executed on: the published standing and the blocks above it up to the block's predecessor, ascending. */
export interface Base {
  readonly published: Standing;
  readonly above: readonly ExecutedBlock[];
}

export interface ExecutedEntries {
  readonly outcomes: readonly Outcome[];
  readonly details: readonly (string | undefined)[];
  /** Of a refused entry the place of the operation that was refused. */
  readonly operations: readonly (number | undefined)[];
  readonly writes: readonly Write[];
}

/** Rounds of "run, load what was missing, run again" before it is a bug: each round must learn something. */
const roundsMax = 64;

/** Entries that are run ahead of a block of more. */
const firstsMax = 16;

/**
 * Runs entries in order over `base`. Contracts are synchronous over a view; what a run missed is fetched in one batch and the run repeated
 * (design, section 6). Throws `Fault` `stale-turn` when the stored state has moved on, `upgrade-needed` when the rules in force are not known here.
 */
export async function executeEntries(
  context: Executing,
  base: Base,
  block: BlockContext,
  entries: readonly ParsedEntry[],
): Promise<ExecutedEntries> {
  const state = new BaseState(context, base);
  await state.loadKeys(entries.flatMap((entry) => keysOf(entry)));
  // What the entries miss is mostly the same for all that do the same in one name, so the first of each find it out for the others.
  if (entries.length > firstsMax) await runUntilLoaded(context, state, block, firstOfEach(entries).slice(0, firstsMax));
  const { results, writes } = await runUntilLoaded(context, state, block, entries);
  return {
    outcomes: results.map((result) => outcomeOf(result)),
    details: results.map((result) => ("detail" in result ? result.detail : undefined)),
    operations: results.map((result) => ("operation" in result ? result.operation : undefined)),
    writes,
  };
}

async function runUntilLoaded(context: Executing, state: BaseState, block: BlockContext, entries: readonly ParsedEntry[]) {
  for (let round = 0; round < roundsMax; round++) {
    const view = state.view();
    const results = entries.map((entry, index) => executeEntry(view, { ...block, index }, entry, context.crypto));
    if (!view.hasMisses) return { results, writes: view.writes() };
    await state.loadKeys(view.misses.keys);
    for (const range of view.misses.ranges) await state.loadRange(range);
  }
  throw new Error("bug: a contract asks for something new in every round");
}

/** The first entry of each author and kind of operation. */
function firstOfEach(entries: readonly ParsedEntry[]): readonly ParsedEntry[] {
  const firsts = new Map<string, ParsedEntry>();
  for (const entry of entries) {
    const { operations, signers } = entry.payload;
    const name = `${signers[0]} ${operations.map(({ contract, operation }) => `${contract}.${operation}`).join(" ")}`;
    if (!firsts.has(name)) firsts.set(name, entry);
  }
  return [...firsts.values()];
}

function outcomeOf(result: ReturnType<typeof executeEntry>): Outcome {
  if ("outcome" in result) return result.outcome;
  throw new Fault("upgrade-needed", `rules of contract ${result.contract} in version ${result.version} are not known to this software`);
}

/** Keys registered in the state of `base`, by thumbprint: what signatures of the next block are checked against. */
export async function registeredKeys(
  context: Executing,
  base: Base,
  thumbprints: Iterable<string>,
): Promise<ReadonlyMap<string, PublicJwk>> {
  const state = new BaseState(context, base);
  const wanted = [...new Set(thumbprints)];
  await state.loadKeys(wanted.map((thumbprint) => `key/${thumbprint}`));
  const view = state.view();
  const keys = new Map<string, PublicJwk>();
  for (const thumbprint of wanted) {
    const row = view.get(`key/${thumbprint}`) as { readonly jwk: PublicJwk } | undefined;
    if (row !== undefined) keys.set(thumbprint, row.jwk);
  }
  return keys;
}

/** Loaded rows of one base, kept over the rounds. */
class BaseState {
  private readonly context: Executing;
  private readonly base: Base;
  private readonly rows = new Map<string, Json | undefined>();
  private readonly ranges: { request: RangeRequest; rows: readonly Write[] }[] = [];
  private readonly above = new Map<string, Json | null>();

  constructor(context: Executing, base: Base) {
    this.context = context;
    this.base = base;
    for (const block of base.above) for (const write of block.writes) this.above.set(write.key, write.value);
  }

  async loadKeys(keys: Iterable<string>): Promise<void> {
    const wanted = [...new Set(keys)].filter((key) => !this.rows.has(key));
    const stored = wanted.filter((key) => !this.above.has(key));
    for (const key of wanted) this.rows.set(key, this.above.get(key) ?? undefined);
    for (let start = 0; start < stored.length; start += 1_000) {
      for (const row of await this.context.ledger.stateRows(stored.slice(start, start + 1_000))) this.rows.set(row.key, this.checked(row));
    }
  }

  async loadRange(request: RangeRequest): Promise<void> {
    const stored = await this.context.ledger.stateRange(request.prefix, request.after, request.limit);
    const last = stored.length < request.limit ? undefined : stored.at(-1)?.key;
    const merged = new Map<string, Json | null>(stored.map((row) => [row.key, this.checked(row) ?? null]));
    for (const [key, value] of this.above) {
      const inside =
        key.startsWith(request.prefix) && (request.after === undefined || key > request.after) && (last === undefined || key <= last);
      if (inside) merged.set(key, value);
    }
    const rows = [...merged].map(([key, value]) => ({ key, value })).sort((one, other) => (one.key < other.key ? -1 : 1));
    this.ranges.push({ request, rows });
  }

  view(): StateView {
    const view = new StateView();
    for (const { request, rows } of this.ranges) view.loadRange(request, rows);
    for (const [key, value] of this.rows) view.load(key, value);
    return view;
  }

  /** A row newer than the base means that another turn published meanwhile: this one must not go on with mixed state. */
  private checked(row: StateRow): Json | undefined {
    if (row.height > this.base.published.height) throw new Fault("stale-turn", `row ${row.key} is of height ${row.height}`);
    return row.value ?? undefined;
  }
}
