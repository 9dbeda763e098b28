import { formatOutcome } from "@vermilion/ledger";
import { frame, storedOutcome, unframe } from "@vermilion/node/ports/framing";
import type { EntryPlace, Ledger, Publication, Standing, StateRow } from "@vermilion/node/ports/index";
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
} from "@vermilion/node/ports/limits";
import type { ChainDatabase } from "./database.ts";
import { type NameIndex, nameIndex } from "./ledger-names.ts";
import { bytesOf, bytesOfHex, hexOf, jsonOf, numberOf, type Row, textOf } from "./rows.ts";

type Published = Pick<
  Ledger,
  | "published"
  | "publish"
  | "unpublish"
  | "stateRows"
  | "stateRange"
  | "stateRangeBackward"
  | "tiles"
  | "leafRecords"
  | "entryPlace"
  | "entryPlaces"
  | "named"
>;

const derivedTables = ["published", "state_rows", "tiles", "leaf_records", "entry_places", "name_buckets", "name_segments"];

/** State keys are ASCII without control characters: every key with a prefix is below the prefix with this behind it. */
const aboveEveryKey = "\u007f";

/**
 * All that is derived from committed blocks. Publishing is one transaction, so rows and standing are never apart; it is `ordered`, not
 * `durable`: after a power cut the published standing may be an earlier one, with the rows of that one, as the port allows.
 */
export function ledgerPublished(database: ChainDatabase): Published {
  const names = nameIndex(database);
  return { ...publishing(database, names), ...stateReading(database), ...treeReading(database), named: names.named };
}

/** Writes all that is derived from one block, inside a transaction. */
function derivedWriter(database: ChainDatabase, names: NameIndex): (publication: Publication) => void {
  const putStanding = database.prepare(
    `INSERT INTO published (id, height, standing) VALUES (1, ?, ?)
     ON CONFLICT (id) DO UPDATE SET height = excluded.height, standing = excluded.standing WHERE excluded.height > height`,
  );
  const putRow = database.prepare(
    `INSERT INTO state_rows (key, value, height) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, height = excluded.height WHERE excluded.height > height`,
  );
  const putTile = database.prepare(
    `INSERT INTO tiles (level, position, height, hashes) VALUES (?, ?, ?, ?)
     ON CONFLICT (level, position) DO UPDATE SET hashes = excluded.hashes, height = excluded.height WHERE excluded.height > height`,
  );
  const insertRecords = database.prepare("INSERT INTO leaf_records (first, records) VALUES (?, ?) ON CONFLICT (first) DO NOTHING");
  const insertPlace = database.prepare(
    `INSERT INTO entry_places (transaction_hash, entry_hash, height, position, leaf, outcome) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (transaction_hash) DO NOTHING`,
  );
  return ({ standing, writes, tiles, first, leafRecords, entries, names: found }) => {
    const { height } = standing;
    for (const { key, value } of writes) putRow.run(key, value === null ? null : stateText(key, value), height);
    for (const tile of tiles) putTile.run(tile.level, tile.index, height, tile.hashes);
    insertRecords.run(first, frame(leafRecords));
    for (const { transactionHash, entryHash, height: at, position, index, outcome } of entries)
      insertPlace.run(bytesOfHex(transactionHash), bytesOfHex(entryHash), at, position, index, formatOutcome(outcome));
    names.add(height, found);
    putStanding.run(height, JSON.stringify(standing));
  };
}

function publishing(database: ChainDatabase, names: NameIndex): Pick<Published, "published" | "publish" | "unpublish"> {
  const selectStanding = database.prepare("SELECT standing FROM published WHERE id = 1");
  const write = derivedWriter(database, names);
  let last: { readonly text: string; readonly standing: Standing } | undefined;

  /** Asked for at every turn, and changed once a block: a text that is the same is not parsed again. */
  function published(): Standing | undefined {
    const row = selectStanding.get();
    if (row === undefined) return undefined;
    const text = textOf(row, "standing");
    if (last?.text !== text) last = { text, standing: jsonOf<Standing>(row, "standing") };
    return last.standing;
  }

  return {
    async published() {
      return database.read(published);
    },

    async publish(publication) {
      checkPublication(publication);
      await database.write(() => {
        const height = published()?.height ?? -1;
        if (publication.standing.height <= height) return;
        ensure(publication.standing.height === height + 1, `block ${publication.standing.height} cannot be published after ${height}`);
        write(publication);
      }, "ordered");
    },

    async unpublish() {
      await database.write(() => {
        // Without WHERE, SQLite frees the pages of a table without reading its rows.
        for (const table of derivedTables) database.connection.exec(`DELETE FROM ${table}`);
      }, "ordered");
    },
  };
}

function stateReading(database: ChainDatabase): Pick<Published, "stateRows" | "stateRange" | "stateRangeBackward"> {
  // A block asks for a thousand keys, and most are not there: one statement for all is several times faster than one for each.
  const selectRows = database.prepare(
    "SELECT state_rows.* FROM json_each(?) AS wanted CROSS JOIN state_rows ON state_rows.key = wanted.value",
  );
  // One bound on each side: of two SQLite takes one and reads every row up to the other, which made the last page of a million cost them all.
  const selectFromPrefix = database.prepare(
    "SELECT key, value, height FROM state_rows WHERE key >= max(?1, ?3) AND key < ?2 AND key <> ?3 ORDER BY key LIMIT ?4",
  );
  const selectBackward = database.prepare(
    "SELECT key, value, height FROM state_rows WHERE key >= ?1 AND key < min(?2, ?3) ORDER BY key DESC LIMIT ?4",
  );

  return {
    async stateRows(keys) {
      checkCount("number of keys", keys.length, storageLimits.stateKeysMax);
      return database.read(() => selectRows.all(JSON.stringify([...new Set(keys)])).map(stateRowOf));
    },

    async stateRange(prefix, after, limit) {
      checkPrefix(prefix);
      checkCount("limit", limit, storageLimits.rangeRowsMax);
      return database.read(() => selectFromPrefix.all(prefix, prefix + aboveEveryKey, after ?? "", limit).map(stateRowOf));
    },

    async stateRangeBackward(prefix, before, limit) {
      checkPrefix(prefix);
      checkCount("limit", limit, storageLimits.rangeRowsMax);
      return database.read(() => selectBackward.all(prefix, prefix + aboveEveryKey, before ?? aboveEveryKey, limit).map(stateRowOf));
    },
  };
}

function treeReading(database: ChainDatabase): Pick<Published, "tiles" | "leafRecords" | "entryPlace" | "entryPlaces"> {
  const selectTile = database.prepare("SELECT hashes FROM tiles WHERE level = ? AND position = ?");
  const selectRecords = database.prepare(
    `SELECT first, records FROM leaf_records
     WHERE first >= (SELECT coalesce(max(first), 0) FROM leaf_records WHERE first <= ?1) AND first < ?1 + ?2 ORDER BY first`,
  );
  const selectPlace = database.prepare("SELECT * FROM entry_places WHERE transaction_hash = ?");
  const selectPlaces = database.prepare(
    "SELECT entry_places.* FROM json_each(?) AS wanted CROSS JOIN entry_places ON transaction_hash = unhex(wanted.value)",
  );

  return {
    async tiles(wanted) {
      checkCount("number of tiles", wanted.length, storageLimits.tilesMax);
      for (const tile of wanted) checkTile(tile);
      return database.read(() =>
        wanted.map(({ level, index }) => {
          const row = selectTile.get(level, index);
          return row === undefined ? undefined : bytesOf(row, "hashes");
        }),
      );
    },

    async leafRecords(first, count) {
      checkHeight("first leaf", first);
      checkCount("count", count, storageLimits.leafRecordsMax);
      return database.read(() => {
        const found: Uint8Array[] = [];
        for (const row of selectRecords.all(first, count)) {
          const skipped = Math.max(0, first - numberOf(row, "first"));
          found.push(...unframe(bytesOf(row, "records"), "leaf records").slice(skipped, skipped + count - found.length));
        }
        return found;
      });
    },

    async entryPlace(transactionHash) {
      checkHash(transactionHash);
      return database.read(() => {
        const row = selectPlace.get(bytesOfHex(transactionHash));
        return row === undefined ? undefined : entryPlaceOf(row);
      });
    },

    async entryPlaces(transactionHashes) {
      checkCount("number of entries", transactionHashes.length, storageLimits.entryPlacesMax);
      for (const transactionHash of transactionHashes) checkHash(transactionHash);
      const found = database.read(() => selectPlaces.all(JSON.stringify(transactionHashes)).map(entryPlaceOf));
      const places = new Map(found.map((place) => [place.transactionHash, place]));
      return transactionHashes.map((transactionHash) => places.get(transactionHash));
    },
  };
}

function stateRowOf(row: Row): StateRow {
  return {
    key: textOf(row, "key"),
    value: row["value"] === null ? null : jsonOf<StateRow["value"]>(row, "value"),
    height: numberOf(row, "height"),
  };
}

function entryPlaceOf(row: Row): EntryPlace {
  return {
    transactionHash: hexOf(row, "transaction_hash"),
    entryHash: hexOf(row, "entry_hash"),
    height: numberOf(row, "height"),
    position: numberOf(row, "position"),
    index: numberOf(row, "leaf"),
    outcome: storedOutcome(textOf(row, "outcome"), "outcome"),
  };
}
