/** One item as the table holds it: two keys, its content, and the number that conditions speak about (a version, a height, a time). */
export interface Item {
  readonly partition: string;
  readonly sort: string;
  readonly bytes: Uint8Array;
  readonly number?: number;
  /** Seconds since 1970 after which DynamoDB may remove the item, hours or days later. Nothing is ever decided by its being gone. */
  readonly expires?: number;
}

export type Key = Pick<Item, "partition" | "sort">;

/** `absent`: no such item; otherwise the stored item's number must be this one, or lower than it (an absent item is lower than all). */
export type Condition = "absent" | { readonly is: number } | { readonly below: number };

export type Action = { readonly put: Item; readonly condition?: Condition } | { readonly remove: Key; readonly condition?: Condition };

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

export interface Page {
  readonly items: readonly Item[];
  /** Where the page was cut, which may be before `limit`; the next one goes on after it. Undefined: nothing is left. */
  readonly last: string | undefined;
}

/**
 * The little of DynamoDB that the stores here are built on; all that they know of it. Contract, the same for the table on AWS and for the
 * one in memory that tests use:
 *
 * - What a write has answered is durable, and every read sees it (reads are strongly consistent).
 * - Conditions are the only lock. A condition that fails is an answer, not an error, and nothing was written then.
 * - A write that throws may have happened. Where its answer was lost and it was tried again, it still answers "done", once.
 * - An item has at most 400 KB, a transaction at most 100 items and 4 MB, a partition key 2,048 and a sort key 1,024 bytes; keys are
 *   ASCII and never empty. Beyond that: a bug.
 * - Throws `Fault` `storage-full`, `storage-read-only` or `storage-failed`.
 */
export interface Table {
  get(key: Key): Promise<Item | undefined>;
  /** In the order asked: at most 100 different keys. */
  getMany(keys: readonly Key[]): Promise<readonly (Item | undefined)[]>;
  /** Whether there are such items, without their content: at most 100 different keys. */
  has(keys: readonly Key[]): Promise<readonly boolean[]>;
  query(partition: string, query: Query): Promise<Page>;
  /** Number of items of a partition. */
  count(partition: string): Promise<number>;
  /** Writes or removes one item. `unmet` is the item that stands there where the condition failed (undefined: there is none). */
  write(action: Action): Promise<"done" | { readonly unmet: Item | undefined }>;
  /** Writes at most 25 different items, in no order; some may be written where it throws. */
  putMany(items: readonly Item[]): Promise<void>;
  /** Writes all or none, at twice the price; `cancelled` gives the places of the actions whose conditions failed. */
  transact(actions: readonly Action[]): Promise<"done" | { readonly cancelled: readonly number[] }>;
  /** Names this very table: one that was restored from a backup has another name, though it holds the same items. */
  identity(): Promise<string>;
}
