import { randomUUID } from "node:crypto";
import type { Action, Condition, Item, Key, Page, Query, Table } from "@vermilion/aws/dynamodb/index";
import { Fault } from "@vermilion/node/fault";

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
const batchPutsMax = 25;
const pageBytesMax = 1024 * 1024;
const partitionKeyBytesMax = 2_048;
const sortKeyBytesMax = 1_024;

/**
 * A table that behaves as DynamoDB does where it matters to what is built on it: conditions, transactions all or none, their limits, pages.
 * What DynamoDB would refuse is a bug here, so that a suite that runs on memory finds a layout that would not run there.
 */
export interface MemoryTable extends Table {
  readonly faults: WriteFaults;
}

export function memoryTable(): MemoryTable {
  const partitions = new Map<string, Partition>();
  const { faults, guarded } = switchboard();
  const identity = randomUUID();
  const stored = ({ partition, sort }: Key) => partitions.get(partition)?.items.get(sort);

  function perform(action: Action): void {
    const { partition, sort } = keyOf(action);
    const known = partitions.get(partition) ?? new Partition();
    partitions.set(partition, known);
    if ("put" in action) known.put({ ...action.put, bytes: Uint8Array.from(action.put.bytes) });
    else known.remove(sort);
  }

  return {
    faults,
    async write(action) {
      checkItems([action]);
      return guarded([action], () => {
        const item = stored(keyOf(action));
        if (!holds(action.condition, item)) return { unmet: item };
        perform(action);
        return "done";
      });
    },
    async putMany(items) {
      const actions = items.map((put) => ({ put }));
      bugUnless(items.length >= 1 && items.length <= batchPutsMax, `${items.length} items in one batch`);
      bugUnless(new Set(items.map(nameOf)).size === items.length, "one item twice in one batch");
      checkItems(actions);
      guarded(actions, () => {
        for (const action of actions) perform(action);
      });
    },
    async transact(actions) {
      checkTransaction(actions);
      return guarded(actions, () => {
        const cancelled = actions.flatMap((action, place) => (holds(action.condition, stored(keyOf(action))) ? [] : [place]));
        if (cancelled.length > 0) return { cancelled };
        for (const action of actions) perform(action);
        return "done";
      });
    },
    async get(key) {
      return stored(key);
    },
    async getMany(keys) {
      checkBatch(keys);
      return keys.map(stored);
    },
    async has(keys) {
      checkBatch(keys);
      return keys.map((key) => stored(key) !== undefined);
    },
    async query(partition, query) {
      return partitions.get(partition)?.query(query) ?? { items: [], last: undefined };
    },
    async count(partition) {
      return partitions.get(partition)?.items.size ?? 0;
    },
    async identity() {
      return identity;
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
  checkItems(actions);
  const keys = actions.map((action) => nameOf(keyOf(action)));
  bugUnless(new Set(keys).size === keys.length, "one item twice in one transaction");
  const bytes = actions.reduce((sum, action) => sum + ("put" in action ? sizeOf(action.put) : 0), 0);
  bugUnless(bytes <= transactionBytesMax, `a transaction of ${bytes} bytes`);
}

function checkItems(actions: readonly Action[]): void {
  for (const action of actions) {
    const { partition, sort } = keyOf(action);
    bugUnless(partition.length >= 1 && Buffer.byteLength(partition) <= partitionKeyBytesMax, `partition key ${partition}`);
    bugUnless(sort.length >= 1 && Buffer.byteLength(sort) <= sortKeyBytesMax, `sort key ${sort}`);
    if (!("put" in action)) continue;
    const size = sizeOf(action.put);
    bugUnless(size <= itemBytesMax, `item ${partition} ${sort} of ${size} bytes`);
  }
}

function checkBatch(keys: readonly Key[]): void {
  bugUnless(keys.length >= 1 && keys.length <= batchKeysMax, `${keys.length} keys in one batch`);
  bugUnless(new Set(keys.map(nameOf)).size === keys.length, "one key twice in one batch");
}

function nameOf({ partition, sort }: Key): string {
  return `${partition}\n${sort}`;
}

/** As DynamoDB counts: names and values in UTF-8; 64 stands for the names of our attributes and a number. */
function sizeOf(item: Item): number {
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
