import type { EntryPlace, Ledger, Publication, Standing, StateRow } from "@vermilion/member/ports/index";
import {
  checkCount,
  checkHash,
  checkHeight,
  checkPrefix,
  checkPublication,
  checkTile,
  ensure,
  stateText,
  storageLimits,
} from "@vermilion/member/ports/limits";
import { digits, getAll, pack, queryAll, removeAll, unpack, writeEach } from "./items.ts";
import type { Action, Item, MemoryTable } from "./table.ts";

type Published = Pick<
  Ledger,
  "published" | "publish" | "unpublish" | "stateRows" | "stateRange" | "stateRangeBackward" | "tiles" | "leafRecords" | "entryPlace"
>;

const standingKey = { partition: "published", sort: "standing" };
/** Leaf records of one item: far below 400 KB, and never more than a caller may ask for at once. */
const recordsPerItem = 256;
/** State keys are ASCII without control characters. */
const aboveEveryKey = "\u007f";

export function ledgerPublished(table: MemoryTable): Published {
  return { ...publishing(table), ...stateReading(table), ...treeReading(table) };
}

function publishing(table: MemoryTable): Pick<Published, "published" | "publish" | "unpublish"> {
  /** `dropping`: an `unpublish` was begun and not finished, so that rows of unknown heights may be left. */
  async function stored(): Promise<Standing | "dropping" | undefined> {
    const item = await table.get(standingKey);
    return item === undefined ? undefined : unpack<Standing | "dropping">(item);
  }

  async function unpublish(): Promise<void> {
    await writeEach(table, [{ put: { ...standingKey, bytes: pack("dropping"), number: -1 } }]);
    const entryPartitions = Array.from({ length: 256 }, (_, number) => entryPartition(number.toString(16).padStart(2, "0")));
    for (const partition of ["state", "tile", "leaves", ...entryPartitions]) await removeAll(table, partition);
    await writeEach(table, [{ remove: standingKey, condition: { is: -1 } }]);
  }

  return {
    unpublish,

    async published() {
      const found = await stored();
      return found === "dropping" ? undefined : found;
    },

    async publish(publication) {
      checkPublication(publication);
      const { height } = publication.standing;
      if ((await stored()) === "dropping") await unpublish();
      const found = await stored();
      const last = found === undefined || found === "dropping" ? -1 : found.height;
      if (height <= last) return;
      ensure(height === last + 1, `block ${height} cannot be published after ${last}`);
      await writeEach(table, derived(publication));
      await writeEach(table, [
        {
          put: { ...standingKey, bytes: pack(publication.standing), number: height },
          condition: height === 0 ? "absent" : { is: height - 1 },
        },
      ]);
    },
  };
}

/** Everything but the standing. Rows of a late turn are lower than what is there and are left out one by one. */
function derived({ standing, writes, tiles, first, leafRecords, entries }: Publication): Action[] {
  const condition = { below: standing.height };
  const number = standing.height;
  const actions: Action[] = [];
  for (const { key, value } of writes) {
    actions.push({ put: { partition: "state", sort: key, bytes: Buffer.from(stateText(key, value)), number }, condition });
  }
  for (const tile of tiles) {
    actions.push({ put: { partition: "tile", sort: tileSort(tile), bytes: tile.hashes, number }, condition });
  }
  for (let start = 0; start < leafRecords.length; start += recordsPerItem) {
    const bytes = pack(leafRecords.slice(start, start + recordsPerItem));
    actions.push({ put: { partition: "leaves", sort: digits(first + start), bytes }, condition: "absent" });
  }
  // An entry that stands twice, the second time refused, is found where it stood first; no item may be twice in one transaction.
  for (const place of new Map(entries.toReversed().map((one) => [one.transactionHash, one])).values()) {
    const put = { partition: entryPartition(place.transactionHash), sort: place.transactionHash, bytes: pack(place) };
    actions.push({ put, condition: "absent" });
  }
  return actions;
}

function stateReading(table: MemoryTable): Pick<Published, "stateRows" | "stateRange" | "stateRangeBackward"> {
  return {
    async stateRows(keys) {
      checkCount("number of keys", keys.length, storageLimits.stateKeysMax);
      const items = await getAll(
        table,
        [...new Set(keys)].map((sort) => ({ partition: "state", sort })),
      );
      return items.flatMap((item) => (item === undefined ? [] : [stateRowOf(item)]));
    },

    async stateRange(prefix, after, limit) {
      checkPrefix(prefix);
      checkCount("limit", limit, storageLimits.rangeRowsMax);
      const query = { from: prefix, to: prefix + aboveEveryKey, limit, ...(after === undefined ? {} : { after }) };
      return (await queryAll(table, "state", query)).map(stateRowOf);
    },

    async stateRangeBackward(prefix, before, limit) {
      checkPrefix(prefix);
      checkCount("limit", limit, storageLimits.rangeRowsMax);
      const query = { from: prefix, to: prefix + aboveEveryKey, limit, backward: true, ...(before === undefined ? {} : { after: before }) };
      return (await queryAll(table, "state", query)).map(stateRowOf);
    },
  };
}

function treeReading(table: MemoryTable): Pick<Published, "tiles" | "leafRecords" | "entryPlace"> {
  return {
    async tiles(wanted) {
      checkCount("number of tiles", wanted.length, storageLimits.tilesMax);
      for (const tile of wanted) checkTile(tile);
      const keys = wanted.map((tile) => ({ partition: "tile", sort: tileSort(tile) }));
      return (await getAll(table, keys)).map((item) => (item === undefined ? undefined : Uint8Array.from(item.bytes)));
    },

    async leafRecords(first, count) {
      checkHeight("first leaf", first);
      checkCount("count", count, storageLimits.leafRecordsMax);
      const [before] = await queryAll(table, "leaves", { to: digits(first + 1), backward: true, limit: 1 });
      const start = before === undefined ? first : Number(before.sort);
      const items = await queryAll(table, "leaves", { from: digits(start), to: digits(first + count) });
      const records = items.flatMap((item) => unpack<Uint8Array[]>(item));
      return records.slice(first - start, first - start + count);
    },

    async entryPlace(transactionHash) {
      checkHash(transactionHash);
      const item = await table.get({ partition: entryPartition(transactionHash), sort: transactionHash });
      return item === undefined ? undefined : unpack<EntryPlace>(item);
    },
  };
}

function entryPartition(transactionHash: string): string {
  return `entry/${transactionHash.slice(0, 2)}`;
}

function tileSort({ level, index }: { readonly level: number; readonly index: number }): string {
  return `${digits(level)}/${digits(index)}`;
}

function stateRowOf(item: Item): StateRow {
  const value = JSON.parse(Buffer.from(item.bytes).toString("utf8")) as StateRow["value"];
  return { key: item.sort, value, height: item.number ?? -1 };
}
