import { Fault } from "@vermilion/member/fault";

/** One item as DynamoDB would hold it: two keys, its content, and the number that conditions speak about (a version or a height). */
export interface Item {
  readonly partition: string;
  readonly sort: string;
  readonly bytes: Uint8Array;
  readonly number?: number;
}

export type Key = Pick<Item, "partition" | "sort">;

/** `absent`: no such item; otherwise the stored item's number must be this one, or lower than it (an absent item is lower than all). */
export type Condition = "absent" | { readonly is: number } | { readonly below: number };

export type Action = { readonly put: Item; readonly condition?: Condition } | { readonly remove: Key; readonly condition?: Condition };

/** What a test may do to the writes of a store; each is counted from now, 1 for the next write. */
export interface WriteFaults {
  /** The n-th write throws `storage-failed` and has not happened. */
  failBefore(n: number): void;
  /** The n-th write happens and throws `storage-failed` all the same. */
  failAfter(n: number): void;
  /** Writes that need more room throw `storage-full`. */
  full(): void;
  /** Writes throw `storage-read-only`. */
  readOnly(): void;
  /** All is well again. */
  clear(): void;
}

// Amazon DynamoDB Developer Guide, "Quotas": items of a transaction, bytes of a transaction, bytes of an item, keys of a BatchGetItem,
// bytes of a page of Query.
const transactionItemsMax = 100;
const transactionBytesMax = 4 * 1024 * 1024;
const itemBytesMax = 400 * 1024;
const batchKeysMax = 100;
const pageBytesMax = 1024 * 1024;
const partitionKeyBytesMax = 2_048;
const sortKeyBytesMax = 1_024;

interface Page {
  readonly items: readonly Item[];
  /** Where the page was cut; the next one goes on after it. */
  readonly last: string | undefined;
}

export interface Query {
  /** Sort keys from here on, inclusive. */
  readonly from?: string;
  /** Sort keys up to here, exclusive. */
  readonly to?: string;
  /** Exclusive start of a later page. */
  readonly after?: string;
  readonly backward?: boolean;
  readonly limit?: number;
}

/**
 * A table that behaves as DynamoDB does where it matters to an adapter: transactions all or none with conditions, their limits, pages.
 * What DynamoDB would refuse is a bug here, so that a suite that runs on memory finds an adapter's layout that would not run there.
 */
export interface MemoryTable {
  readonly faults: WriteFaults;
  /** Writes all or none; `cancelled` gives the places of the actions whose conditions failed. */
  transact(actions: readonly Action[]): Promise<"done" | { readonly cancelled: readonly number[] }>;
  get(key: Key): Promise<Item | undefined>;
  /** In the order asked, at most 100. */
  getMany(keys: readonly Key[]): Promise<readonly (Item | undefined)[]>;
  query(partition: string, query: Query): Promise<Page>;
}

export function memoryTable(): MemoryTable {
  const partitions = new Map<string, Partition>();
  const { faults, guarded } = switchboard();

  function partitionOf(name: string): Partition {
    const known = partitions.get(name) ?? new Partition();
    partitions.set(name, known);
    return known;
  }

  return {
    faults,
    async transact(actions) {
      checkTransaction(actions);
      return guarded(actions, () => {
        const cancelled = actions.flatMap((action, place) => {
          const { partition, sort } = keyOf(action);
          return holds(action.condition, partitions.get(partition)?.items.get(sort)) ? [] : [place];
        });
        if (cancelled.length > 0) return { cancelled };
        for (const action of actions) {
          const { partition, sort } = keyOf(action);
          if ("put" in action) partitionOf(partition).put({ ...action.put, bytes: Uint8Array.from(action.put.bytes) });
          else partitionOf(partition).remove(sort);
        }
        return "done";
      });
    },
    async get({ partition, sort }) {
      return partitions.get(partition)?.items.get(sort);
    },
    async getMany(keys) {
      bugUnless(keys.length <= batchKeysMax, `${keys.length} keys in one batch`);
      return keys.map(({ partition, sort }) => partitions.get(partition)?.items.get(sort));
    },
    async query(partition, query) {
      return partitions.get(partition)?.query(query) ?? { items: [], last: undefined };
    },
  };
}

class Partition {
  readonly items = new Map<string, Item>();
  private sorted: string[] | undefined;

  put(item: Item): void {
    if (!this.items.has(item.sort)) this.sorted = undefined;
    this.items.set(item.sort, item);
  }

  remove(sort: string): void {
    if (this.items.delete(sort)) this.sorted = undefined;
  }

  query({ from = "", to, after, backward = false, limit = Number.POSITIVE_INFINITY }: Query): Page {
    // Keys are ASCII, so that the order of UTF-16 code units is the order of bytes.
    this.sorted ??= [...this.items.keys()].sort((one, other) => (one < other ? -1 : 1));
    let keys = this.sorted.slice(placeOf(this.sorted, from), to === undefined ? undefined : placeOf(this.sorted, to));
    if (backward) keys = keys.reverse();
    if (after !== undefined) keys = keys.filter((key) => (backward ? key < after : key > after));
    const items: Item[] = [];
    let bytes = 0;
    for (const key of keys) {
      const item = this.items.get(key);
      if (item === undefined) continue;
      bytes += sizeOf(item);
      if (items.length === limit || (bytes > pageBytesMax && items.length > 0)) return { items, last: items.at(-1)?.sort };
      items.push(item);
    }
    return { items, last: undefined };
  }
}

/** First place in `sorted` whose key is not below `key`. */
function placeOf(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function keyOf(action: Action): Key {
  return "put" in action ? action.put : action.remove;
}

function holds(condition: Condition | undefined, stored: Item | undefined): boolean {
  if (condition === undefined) return true;
  if (condition === "absent") return stored === undefined;
  if ("below" in condition) return stored === undefined || (stored.number ?? Number.POSITIVE_INFINITY) < condition.below;
  return stored?.number === condition.is;
}

function checkTransaction(actions: readonly Action[]): void {
  bugUnless(actions.length >= 1 && actions.length <= transactionItemsMax, `${actions.length} items in one transaction`);
  const keys = actions.map((action) => {
    const { partition, sort } = keyOf(action);
    bugUnless(partition.length >= 1 && Buffer.byteLength(partition) <= partitionKeyBytesMax, `partition key ${partition}`);
    bugUnless(sort.length >= 1 && Buffer.byteLength(sort) <= sortKeyBytesMax, `sort key ${sort}`);
    return `${partition}\n${sort}`;
  });
  bugUnless(new Set(keys).size === keys.length, "one item twice in one transaction");
  let bytes = 0;
  for (const action of actions) {
    if (!("put" in action)) continue;
    const size = sizeOf(action.put);
    bugUnless(size <= itemBytesMax, `item ${action.put.partition} ${action.put.sort} of ${size} bytes`);
    bytes += size;
  }
  bugUnless(bytes <= transactionBytesMax, `a transaction of ${bytes} bytes`);
}

/** As DynamoDB counts: names and values in UTF-8; 64 stands for the names of our attributes and a number. */
export function sizeOf(item: Item): number {
  return Buffer.byteLength(item.partition) + Buffer.byteLength(item.sort) + item.bytes.length + 64;
}

function bugUnless(condition: boolean, what: string): void {
  if (!condition) throw new Error(`bug: DynamoDB would refuse ${what}`);
}

interface Switchboard {
  readonly faults: WriteFaults;
  /** Runs a write as far as the faults that were ordered allow. */
  guarded<T>(actions: readonly Action[], write: () => T): T;
}

function switchboard(): Switchboard {
  let ordered: { readonly when: "before" | "after"; left: number } | undefined;
  let refusal: "storage-full" | "storage-read-only" | undefined;

  return {
    faults: {
      failBefore(n) {
        ordered = { when: "before", left: n };
      },
      failAfter(n) {
        ordered = { when: "after", left: n };
      },
      full() {
        refusal = "storage-full";
      },
      readOnly() {
        refusal = "storage-read-only";
      },
      clear() {
        ordered = undefined;
        refusal = undefined;
      },
    },
    guarded(actions, write) {
      const needsRoom = actions.some((action) => "put" in action);
      if (refusal === "storage-read-only" || (refusal === "storage-full" && needsRoom)) throw new Fault(refusal, "ordered by the test");
      if (ordered !== undefined) ordered.left -= 1;
      const now = ordered?.left === 0 ? ordered.when : undefined;
      if (now !== undefined) ordered = undefined;
      if (now === "before") throw new Fault("storage-failed", "ordered by the test, before the write");
      const result = write();
      if (now === "after") throw new Fault("storage-failed", "ordered by the test, after the write");
      return result;
    },
  };
}
