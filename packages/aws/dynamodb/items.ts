import { damaged } from "@vermilion/node/ports/framing";
import type { Action, Item, Key, Query, Table } from "./table.ts";

const keysMax = 100;
const putsMax = 25;
/** Requests of one call that are under way at the same time: enough to fill one connection pool, few enough not to be throttled. */
const parallelMax = 24;

/** Small values are JSON: whoever looks at the table in a console can read them. */
export function pack(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value), "utf8");
}

/** JSON that this program stored itself: its shape was checked when it was written, `fsck` compares it with the signed hashes. */
export function unpack<T>({ partition, sort, bytes }: Item): T {
  return jsonOf<T>(bytes, `${partition} ${sort}`);
}

export function jsonOf<T>(bytes: Uint8Array, place: string): T {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as T;
  } catch (error) {
    return damaged(place, "no JSON", error);
  }
}

/** Numbers in sort keys, wide enough for 2^53. */
export function digits(number: number): string {
  return String(number).padStart(16, "0");
}

/** Above every key that begins with `prefix`: keys are ASCII without control characters. */
export function end(prefix: string): string {
  return `${prefix}\u007f`;
}

/**
 * Runs `work` over all, some at a time, and answers in their order. After a failure nothing more is begun, and it is thrown when what was
 * under way has ended: a caller that hears of it may begin anew without meeting the rest of his last attempt.
 */
export async function eachOf<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  async function lane(): Promise<void> {
    while (next < all.length && failure === undefined) {
      const place = next++;
      try {
        results[place] = await work(all[place] as T);
      } catch (error) {
        failure ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallelMax, all.length) }, lane));
  if (failure !== undefined) throw failure.error;
  return results;
}

/** Independent writes in no order. One whose condition fails is left out: what it would write is there already, or something newer is. */
export async function writeAll(table: Table, actions: readonly Action[]): Promise<void> {
  await eachOf(actions, (action) => table.write(action));
}

/** Unconditional writes of items with different keys, in no order, as many in a request as go. */
export async function putAll(table: Table, items: readonly Item[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(items.length / putsMax) }, (_, n) => items.slice(n * putsMax, (n + 1) * putsMax));
  await eachOf(batches, (batch) => table.putMany(batch));
}

/** Items by key in the order asked, in batches; a key may come twice. */
export async function getAll(table: Table, keys: readonly Key[]): Promise<(Item | undefined)[]> {
  return inBatches(keys, (batch) => table.getMany(batch));
}

export async function hasAll(table: Table, keys: readonly Key[]): Promise<boolean[]> {
  return inBatches(keys, (batch) => table.has(batch));
}

async function inBatches<T>(keys: readonly Key[], read: (keys: readonly Key[]) => Promise<readonly T[]>): Promise<T[]> {
  const different = new Map(keys.map((key) => [nameOf(key), key]));
  const distinct = [...different.values()];
  const batches = Array.from({ length: Math.ceil(distinct.length / keysMax) }, (_, n) => distinct.slice(n * keysMax, (n + 1) * keysMax));
  const found = (await eachOf(batches, read)).flat();
  const places = new Map(distinct.map((key, place) => [nameOf(key), place]));
  return keys.map((key) => found[places.get(nameOf(key)) ?? -1] as T);
}

/** A key as one string. */
export function nameOf({ partition, sort }: Key): string {
  return `${partition}\n${sort}`;
}

/** A query over as many pages as it takes, at most `limit` items. */
export async function queryAll(table: Table, partition: string, query: Query): Promise<Item[]> {
  const found: Item[] = [];
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  let after = query.after;
  while (found.length < limit) {
    const left = Number.isFinite(limit) ? { limit: limit - found.length } : {};
    const page = await table.query(partition, { ...query, ...left, ...(after === undefined ? {} : { after }) });
    found.push(...page.items);
    if (page.last === undefined) break;
    after = page.last;
  }
  return found;
}

/** Removes every item of a partition, page by page: a partition may be larger than the memory of the process. */
export async function removeAll(table: Table, partition: string): Promise<void> {
  let after: string | undefined;
  do {
    const page = await table.query(partition, after === undefined ? {} : { after });
    await writeAll(
      table,
      page.items.map(({ sort }) => ({ remove: { partition, sort } })),
    );
    after = page.last;
  } while (after !== undefined);
}
