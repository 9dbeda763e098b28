import { damaged } from "@vermilion/node/ports/framing";
import type { Ledger, StateRow, StateWrite } from "@vermilion/node/ports/index";
import { checkCount, checkPrefix, stateText, storageLimits } from "@vermilion/node/ports/limits";
import { end, getAll, jsonOf, queryAll, writeAll } from "./items.ts";
import type { Action, Item, Query, Table } from "./table.ts";

/** Keys without a slash, and those that begin with one. */
const loosePartition = "state/";
const segmentsPartition = "segments";

/** State rows, spread over one partition a segment: a chain is not held to what one partition takes. */
export function ledgerState(table: Table): Pick<Ledger, "stateRows" | "stateRange" | "stateRangeBackward"> {
  return {
    async stateRows(keys) {
      checkCount("number of keys", keys.length, storageLimits.stateKeysMax);
      const items = await getAll(
        table,
        [...new Set(keys)].map((sort) => ({ partition: partitionOf(sort), sort })),
      );
      return items.flatMap((item) => (item === undefined ? [] : [stateRowOf(item)]));
    },

    async stateRange(prefix, after, limit) {
      checkPrefix(prefix);
      checkCount("limit", limit, storageLimits.rangeRowsMax);
      return (await range(table, prefix, { limit, ...(after === undefined ? {} : { after }) })).map(stateRowOf);
    },

    async stateRangeBackward(prefix, before, limit) {
      checkPrefix(prefix);
      checkCount("limit", limit, storageLimits.rangeRowsMax);
      return (await range(table, prefix, { limit, backward: true, ...(before === undefined ? {} : { after: before }) })).map(stateRowOf);
    },
  };
}

export function stateActions(writes: readonly StateWrite[], height: number): Action[] {
  return writes.map(({ key, value }) => ({
    put: { partition: partitionOf(key), sort: key, bytes: Buffer.from(stateText(key, value)), number: height },
    condition: { below: height },
  }));
}

/** Segments with a partition of their own, each with its slash. */
export function segmentsOf(writes: readonly StateWrite[]): readonly string[] {
  return [...new Set(writes.map(({ key }) => segmentOf(key)).filter((segment) => segment !== ""))];
}

/** Read each time: what a process remembers may be of another table under the same name. */
export async function registerSegments(table: Table, segments: readonly string[]): Promise<void> {
  const known = new Set((await queryAll(table, segmentsPartition, {})).map(({ sort }) => sort));
  await writeAll(
    table,
    segments
      .filter((segment) => !known.has(segment))
      .map((sort) => ({ put: { partition: segmentsPartition, sort, bytes: new Uint8Array(0) }, condition: "absent" })),
  );
}

export async function statePartitions(table: Table): Promise<readonly string[]> {
  return [loosePartition, ...(await queryAll(table, segmentsPartition, {})).map(({ sort }) => partitionOf(sort))];
}

/** With its slash; empty where the key has none, or begins with it. */
function segmentOf(key: string): string {
  const slash = key.indexOf("/");
  return slash > 0 ? key.slice(0, slash + 1) : "";
}

function partitionOf(key: string): string {
  return `state/${segmentOf(key).slice(0, -1)}`;
}

/**
 * Rows under a prefix in byte order. All rows of a segment stand together in that order, and between and among the segments stand the loose
 * keys: two ordered lists, each read up to the limit, and merged.
 */
async function range(table: Table, prefix: string, query: Query & { readonly limit: number }): Promise<readonly Item[]> {
  const under = { ...query, from: prefix, to: end(prefix) };
  if (prefix.includes("/")) return queryAll(table, partitionOf(prefix), under);
  const loose = await queryAll(table, loosePartition, under);
  const segments = (await queryAll(table, segmentsPartition, { from: prefix, to: end(prefix) })).map(({ sort }) => sort);
  const found: Item[] = [];
  for (const segment of query.backward ? segments.reverse() : segments) {
    if (found.length >= query.limit) break;
    const within = { ...query, from: segment, to: end(segment), limit: query.limit - found.length };
    if (mayHold(segment, query)) found.push(...(await queryAll(table, partitionOf(segment), within)));
  }
  const merged = [...loose, ...found].sort((one, other) => (one.sort < other.sort ? -1 : 1));
  return (query.backward ? merged.reverse() : merged).slice(0, query.limit);
}

/** Whether a segment reaches beyond where the query goes on. */
function mayHold(segment: string, { after, backward = false }: Query): boolean {
  if (after === undefined) return true;
  return backward ? segment < after : end(segment) > after;
}

function stateRowOf(item: Item): StateRow {
  const place = `state row ${item.sort}`;
  return { key: item.sort, value: jsonOf<StateRow["value"]>(item.bytes, place), height: item.number ?? damaged(place, "no height") };
}
