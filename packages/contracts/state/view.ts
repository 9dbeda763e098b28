import { type Json, rowAtKey, rowUnderPrefix, type StateKey, type StatePrefix, stateKeyForm } from "@vermilion/ledger";

export interface RowUnder<Row extends Json> {
  readonly key: string;
  readonly value: Row;
}

/** Absolute value of a key; null where it was deleted. */
export interface Write {
  readonly key: string;
  readonly value: Json | null;
}

/** Keys that start with `prefix` and come after `after` (byte order, exclusive), at most `limit`. */
export interface RangeRequest {
  readonly prefix: string;
  readonly after?: string;
  readonly limit: number;
}

export interface Misses {
  readonly keys: ReadonlySet<string>;
  readonly ranges: readonly RangeRequest[];
}

/** A stretch of one prefix whose stored rows are all loaded: after `from` (undefined: from the start) to `to` (undefined: to the end). */
type Stretch = { readonly from: string | undefined; readonly to: string | undefined };

/**
 * What is known of the state at one height, and over it what the run has written. A contract that asks for what is not loaded is answered
 * "absent" and the question is recorded as a miss: not thrown, because a contract could swallow an exception. Keys are ASCII, so that the
 * order of strings is the order of bytes.
 */
export class StateView {
  /** Stored rows; undefined means known to be absent. */
  private readonly stored = new Map<string, Json | undefined>();
  private readonly stretches = new Map<string, Stretch[]>();
  private readonly laid = new Map<string, Json | null>();
  private readonly missedKeys = new Set<string>();
  private readonly missedRanges = new Map<string, RangeRequest>();
  /** What each key laid since the checkpoint had before (undefined: nothing); undefined outside of one. */
  private before: Map<string, Json | null | undefined> | undefined;

  /** Tells the stored value of a key; undefined or null: there is none. Settles the key's miss. */
  load(key: string, value: Json | undefined): void {
    assertKey(key);
    this.stored.set(key, value ?? undefined);
    this.missedKeys.delete(key);
  }

  /**
   * Tells the stored rows that answer `request`, in order. Rows of deleted keys (value null) may stand among them and count towards the
   * limit: fewer rows than the limit means that the prefix has no more.
   */
  loadRange(request: RangeRequest, rows: readonly Write[]): void {
    let previous = request.after;
    for (const { key, value } of rows) {
      if (!key.startsWith(request.prefix) || (previous !== undefined && key <= previous))
        throw new Error(`bug: range rows out of order at ${key}`);
      this.load(key, value ?? undefined);
      previous = key;
    }
    const to = rows.length < request.limit ? undefined : rows.at(-1)?.key;
    const stretches = this.stretches.get(request.prefix) ?? [];
    stretches.push({ from: request.after, to });
    this.stretches.set(request.prefix, stretches);
    this.missedRanges.delete(rangeName(request));
  }

  /** The row of a key, what was written in this run first. Undefined: absent, or not loaded and then recorded as a miss. */
  get<Row extends Json>(key: StateKey<Row>): Row | undefined {
    const laid = this.laid.get(key);
    const value = laid === undefined ? this.storedAt(key) : (laid ?? undefined);
    return value === undefined ? undefined : rowAtKey(key, value);
  }

  /** Rows in byte order. What is not loaded is recorded as a miss, and the rows known up to there are answered. */
  range<Row extends Json>(prefix: StatePrefix<Row>, options: { readonly after?: string; readonly limit: number }): RowUnder<Row>[] {
    const { after, limit } = options;
    const known = this.knownTo(prefix, after);
    const rows = known === "nothing" ? [] : this.rowsBetween(prefix, after, known.to);
    if (rows.length < limit && (known === "nothing" || known.to !== undefined)) {
      const from = known === "nothing" ? after : known.to;
      const request: RangeRequest = { prefix, limit, ...(from === undefined ? {} : { after: from }) };
      this.missedRanges.set(rangeName(request), request);
    }
    return rows.slice(0, limit).map(({ key, value }) => ({ key, value: rowUnderPrefix(prefix, value) }));
  }

  put<Row extends Json>(key: StateKey<Row>, value: NoInfer<Row>): void {
    this.lay(key, value);
  }

  delete(key: string): void {
    this.lay(key, null);
  }

  get misses(): Misses {
    return { keys: this.missedKeys, ranges: [...this.missedRanges.values()] };
  }

  get hasMisses(): boolean {
    return this.missedKeys.size > 0 || this.missedRanges.size > 0;
  }

  /** All that was written, sorted by key bytes, absolute values. */
  writes(): Write[] {
    return [...this.laid].map(([key, value]) => ({ key, value })).sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  /** Opens the one level of undo that an entry needs: all of its writes stay or none. */
  checkpoint(): void {
    if (this.before !== undefined) throw new Error("bug: a checkpoint is open");
    this.before = new Map();
  }

  /** Keeps what was written since the checkpoint. */
  keep(): void {
    if (this.before === undefined) throw new Error("bug: no checkpoint is open");
    this.before = undefined;
  }

  /** Drops what was written since the checkpoint. Misses stay: they are questions, not writes. */
  rollback(): void {
    if (this.before === undefined) throw new Error("bug: no checkpoint is open");
    for (const [key, value] of this.before) {
      if (value === undefined) this.laid.delete(key);
      else this.laid.set(key, value);
    }
    this.before = undefined;
  }

  private storedAt(key: string): Json | undefined {
    if (!this.stored.has(key)) this.missedKeys.add(key);
    return this.stored.get(key);
  }

  private lay(key: string, value: Json | null): void {
    assertKey(key);
    if (this.before !== undefined && !this.before.has(key)) this.before.set(key, this.laid.get(key));
    this.laid.set(key, value);
  }

  /** How far from `after` on the loaded stretches of a prefix reach without a gap. */
  private knownTo(prefix: string, after: string | undefined): "nothing" | { readonly to: string | undefined } {
    let reached = after;
    let known = false;
    for (const stretch of [...(this.stretches.get(prefix) ?? [])].sort(byFrom)) {
      const begins = stretch.from === undefined || (reached !== undefined && stretch.from <= reached);
      if (!begins) continue;
      if (stretch.to === undefined) return { to: undefined };
      if (reached === undefined || stretch.to > reached) {
        reached = stretch.to;
        known = true;
      }
    }
    return known ? { to: reached } : "nothing";
  }

  private rowsBetween(prefix: string, after: string | undefined, to: string | undefined): RowUnder<Json>[] {
    const inside = (key: string): boolean =>
      key.startsWith(prefix) && (after === undefined || key > after) && (to === undefined || key <= to);
    const rows = new Map<string, Json>();
    for (const [key, value] of this.stored) if (value !== undefined && inside(key)) rows.set(key, value);
    for (const [key, value] of this.laid) {
      if (!inside(key)) continue;
      if (value === null) rows.delete(key);
      else rows.set(key, value);
    }
    return [...rows].map(([key, value]) => ({ key, value })).sort((one, other) => (one.key < other.key ? -1 : 1));
  }
}

function assertKey(key: string): void {
  if (!stateKeyForm.test(key)) throw new Error(`bug: not a state key: ${key.slice(0, 80)}`);
}

function byFrom(one: Stretch, other: Stretch): number {
  if (one.from === other.from) return 0;
  if (one.from === undefined) return -1;
  return other.from !== undefined && one.from < other.from ? -1 : 1;
}

function rangeName(request: RangeRequest): string {
  return `${request.prefix} ${request.after ?? ""} ${request.limit}`;
}
