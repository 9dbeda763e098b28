import { formatOutcome, type OutcomeText } from "@vermilion/ledger";
import { frame, storedOutcome, unframe } from "@vermilion/node/ports/framing";
import type { EntryPlace, Ledger, Publication, TileData } from "@vermilion/node/ports/index";
import { checkCount, checkHash, checkHeight, checkTile, storageLimits } from "@vermilion/node/ports/limits";
import { digits, getAll, pack, queryAll, unpack } from "./items.ts";
import type { Action, Item, Key, Table } from "./table.ts";

/** Leaf records of one item: far below 400 KB, and never more than a caller may ask for at once. */
const recordsPerItem = 256;
const leavesPartition = "leaves";

/** Tiles, leaf records and the places of entries. */
export function ledgerTree(table: Table): Pick<Ledger, "tiles" | "leafRecords" | "entryPlace" | "entryPlaces"> {
  return {
    async tiles(wanted) {
      checkCount("number of tiles", wanted.length, storageLimits.tilesMax);
      for (const tile of wanted) checkTile(tile);
      const items = await getAll(table, wanted.map(tileKey));
      return items.map((item) => (item === undefined ? undefined : Uint8Array.from(item.bytes)));
    },

    async leafRecords(first, count) {
      checkHeight("first leaf", first);
      checkCount("count", count, storageLimits.leafRecordsMax);
      const [before] = await queryAll(table, leavesPartition, { to: digits(first + 1), backward: true, limit: 1 });
      const start = before === undefined ? first : Number(before.sort);
      const items = await queryAll(table, leavesPartition, { from: digits(start), to: digits(first + count) });
      const records = items.flatMap((item) => unframe(Uint8Array.from(item.bytes), `leaf records from ${item.sort}`));
      return records.slice(first - start, first - start + count);
    },

    async entryPlace(transactionHash) {
      checkHash(transactionHash);
      const item = await table.get(entryKey(transactionHash));
      return item === undefined ? undefined : placeOf(item);
    },

    async entryPlaces(transactionHashes) {
      checkCount("number of entries", transactionHashes.length, storageLimits.entryPlacesMax);
      for (const transactionHash of transactionHashes) checkHash(transactionHash);
      const items = await getAll(table, transactionHashes.map(entryKey));
      return items.map((item) => (item === undefined ? undefined : placeOf(item)));
    },
  };
}

export function treeActions({ standing, tiles, first, leafRecords, entries }: Publication): Action[] {
  const actions: Action[] = tiles.map((tile) => ({
    put: { ...tileKey(tile), bytes: tile.hashes, number: standing.height },
    condition: { below: standing.height },
  }));
  for (let start = 0; start < leafRecords.length; start += recordsPerItem) {
    const bytes = frame(leafRecords.slice(start, start + recordsPerItem));
    actions.push({ put: { partition: leavesPartition, sort: digits(first + start), bytes }, condition: "absent" });
  }
  // An entry that stands twice, the second time refused, is found where it stood first: writes are in no order, so there is one for both.
  for (const place of new Map(entries.toReversed().map((one) => [one.transactionHash, one])).values()) {
    actions.push({ put: { ...entryKey(place.transactionHash), bytes: packPlace(place) }, condition: "absent" });
  }
  return actions;
}

/** Levels that no ledger will ever have are as empty as the port allows them to be asked for. */
export function treePartitions(): readonly string[] {
  const levels = Array.from({ length: storageLimits.tileLevelMax + 1 }, (_, level) => tileKey({ level, index: 0 }).partition);
  const entries = Array.from({ length: 256 }, (_, number) => entryKey(number.toString(16).padStart(2, "0")).partition);
  return [leavesPartition, ...levels, ...entries];
}

type StoredPlace = Omit<EntryPlace, "outcome"> & { readonly outcome: OutcomeText };

function packPlace(place: EntryPlace): Uint8Array {
  return pack({ ...place, outcome: formatOutcome(place.outcome) } satisfies StoredPlace);
}

function placeOf(item: Item): EntryPlace {
  const stored = unpack<StoredPlace>(item);
  return { ...stored, outcome: storedOutcome(stored.outcome, `entry ${item.sort}`) };
}

function tileKey({ level, index }: Pick<TileData, "level" | "index">): Key {
  return { partition: `tile/${level}`, sort: digits(index) };
}

function entryKey(transactionHash: string): Key {
  return { partition: `entry/${transactionHash.slice(0, 2)}`, sort: transactionHash };
}
