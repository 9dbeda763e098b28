import { deserialize, serialize } from "node:v8";
import { type Action, type Item, type Key, type MemoryTable, type Query, sizeOf } from "./table.ts";

/** Room for keys beside the content within the 400 KB of an item. */
const chunkBytesMax = 350 * 1024;
const actionsMax = 100;
const actionBytesMax = 4 * 1024 * 1024;
const keysMax = 100;

/** Any value of structured clone as the content of an item, so that what is read is a copy of what was written. */
export function pack(value: unknown): Uint8Array {
  return serialize(value);
}

/** Byte arrays inside come out as views of what is unpacked, hence the copy. */
export function unpack<T>(item: Item): T {
  return deserialize(Uint8Array.from(item.bytes)) as T;
}

/** Numbers in sort keys, wide enough for 2^53. */
export function digits(number: number): string {
  return String(number).padStart(16, "0");
}

/** Content of any size as numbered items `<name>/0000000000000000` … */
export function chunked(partition: string, name: string, bytes: Uint8Array): Item[] {
  const items: Item[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytesMax) {
    items.push({ partition, sort: `${name}/${digits(items.length)}`, bytes: bytes.subarray(start, start + chunkBytesMax) });
  }
  return items;
}

/** The content of `chunked`; throws where one of `count` chunks is missing. */
export async function joined(table: MemoryTable, partition: string, name: string, count: number): Promise<Uint8Array> {
  const keys = Array.from({ length: count }, (_, place) => ({ partition, sort: `${name}/${digits(place)}` }));
  const items = await getAll(table, keys);
  return Buffer.concat(
    items.map((item) => {
      if (item === undefined) throw new Error(`bug: a chunk of ${partition} ${name} is missing`);
      return item.bytes;
    }),
  );
}

/**
 * Runs actions in as many transactions as the limits ask for, in order. Actions whose conditions fail are left out: what they would write
 * is there already, or something newer is.
 */
export async function writeEach(table: MemoryTable, actions: readonly Action[]): Promise<void> {
  for (let left of batches(actions)) {
    while (left.length > 0) {
      const result = await table.transact(left);
      if (result === "done") break;
      left = left.filter((_, place) => !result.cancelled.includes(place));
    }
  }
}

function* batches(actions: readonly Action[]): Generator<readonly Action[]> {
  let batch: Action[] = [];
  let bytes = 0;
  for (const action of actions) {
    const size = "put" in action ? sizeOf(action.put) : 0;
    if (batch.length === actionsMax || bytes + size > actionBytesMax) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(action);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Items by key in the order asked, in batches. */
export async function getAll(table: MemoryTable, keys: readonly Key[]): Promise<(Item | undefined)[]> {
  const found: (Item | undefined)[] = [];
  for (let start = 0; start < keys.length; start += keysMax) found.push(...(await table.getMany(keys.slice(start, start + keysMax))));
  return found;
}

/** A query over as many pages as it takes, at most `limit` items. */
export async function queryAll(table: MemoryTable, partition: string, query: Query): Promise<Item[]> {
  const found: Item[] = [];
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  let after = query.after;
  while (found.length < limit) {
    const page = await table.query(partition, { ...query, limit: limit - found.length, ...(after === undefined ? {} : { after }) });
    found.push(...page.items);
    if (page.last === undefined) break;
    after = page.last;
  }
  return found;
}

/** Removes every item of a partition. */
export async function removeAll(table: MemoryTable, partition: string): Promise<void> {
  const items = await queryAll(table, partition, {});
  await writeEach(
    table,
    items.map(({ sort }) => ({ remove: { partition, sort } })),
  );
}
