import type { DatabaseSync } from "node:sqlite";
import { Fault } from "@vermilion/node/fault";

/** "Verc" and "Verm": tell our files from other SQLite files, and from each other (SQLite documentation, PRAGMA application_id). */
const applicationIds: Readonly<Record<Layout, number>> = { chain: 0x56657263, member: 0x5665726d };

/**
 * What a file holds. `chain`: all of one chain, so that no table needs a column for it, with the keys of its records: what must be there before
 * something else refers to it sits in the same file, so that the order of commits holds over all of it. `member`: what is the member's own,
 * whichever chain it speaks of.
 */
export type Layout = "chain" | "member";

/** One script a version of a layout: number i makes version i + 1 out of version i. Old scripts are never edited, new ones are added at the end. */
const migrations: Readonly<Record<Layout, readonly string[]>> = {
  chain: [
    `
  CREATE TABLE blocks (
    hash        TEXT PRIMARY KEY,
    term        INTEGER NOT NULL,
    previous    TEXT NOT NULL,
    header      BLOB NOT NULL,
    entries     BLOB NOT NULL, -- all entries, each behind its length (framing.ts of the ports)
    outcomes    TEXT NOT NULL, -- JSON array
    attachments TEXT NOT NULL, -- JSON array of SHA-256 hex; the bytes are in table attachments
    writes      TEXT NOT NULL, -- JSON array of [key, value]
    after       TEXT NOT NULL  -- JSON, the standing after the block
  ) STRICT;
  CREATE TABLE chain (
    height INTEGER PRIMARY KEY,
    hash   TEXT NOT NULL REFERENCES blocks (hash)
  ) STRICT;
  CREATE TABLE certificates (
    height      INTEGER PRIMARY KEY,
    certificate BLOB NOT NULL
  ) STRICT;
  CREATE TABLE attachments ( -- of blocks: for all members
    sha256 TEXT PRIMARY KEY,
    bytes  BLOB NOT NULL
  ) STRICT;
  CREATE TABLE sealed ( -- for an audience
    sha256 TEXT PRIMARY KEY,
    bytes  BLOB NOT NULL
  ) STRICT;

  CREATE TABLE published (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    height   INTEGER NOT NULL,
    standing TEXT NOT NULL
  ) STRICT;
  CREATE TABLE state_rows (
    key    TEXT PRIMARY KEY,
    value  TEXT, -- canonical JSON; NULL where the key was deleted
    height INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE tiles (
    level    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    height   INTEGER NOT NULL,
    hashes   BLOB NOT NULL,
    PRIMARY KEY (level, position)
  ) STRICT;
  CREATE TABLE leaf_records (
    first   INTEGER PRIMARY KEY, -- leaf index of the first record of the block
    records BLOB NOT NULL
  ) STRICT;
  CREATE TABLE entry_places (
    transaction_hash BLOB PRIMARY KEY,
    entry_hash       BLOB NOT NULL,
    height           INTEGER NOT NULL,
    position         INTEGER NOT NULL,
    leaf             INTEGER NOT NULL,
    outcome          TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE name_segments (
    id    INTEGER PRIMARY KEY,
    class INTEGER NOT NULL, -- by size, see ledger-names.ts
    bits  INTEGER NOT NULL  -- of a name that say its bucket
  ) STRICT;
  CREATE INDEX name_segments_by_class ON name_segments (class);
  CREATE TABLE name_buckets (
    id    INTEGER PRIMARY KEY, -- the segment's times 4096, plus the number of the bucket
    names BLOB NOT NULL        -- rows of 16 bytes
  ) STRICT;

  CREATE TABLE cosignatures (
    size   INTEGER NOT NULL,
    member TEXT NOT NULL,
    line   TEXT NOT NULL,
    PRIMARY KEY (size, member)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE final (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE raft (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    state   TEXT NOT NULL
  ) STRICT;
  CREATE TABLE reservations (
    place TEXT PRIMARY KEY,
    what  TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE proposals ( -- they come and go with every entry: the smaller an index, the fewer pages each commit writes
    arrival          INTEGER PRIMARY KEY,
    transaction_hash BLOB NOT NULL UNIQUE,
    author           TEXT NOT NULL,
    entry_id         TEXT NOT NULL,
    until            INTEGER NOT NULL,
    bytes            INTEGER NOT NULL, -- of entry and attachments
    entry            BLOB NOT NULL,
    attachment_names TEXT NOT NULL, -- JSON array of SHA-256 hex
    attachments      BLOB NOT NULL
  ) STRICT;
  CREATE INDEX proposals_by_id ON proposals (entry_id);

  CREATE TABLE record_keys (
    certificate TEXT NOT NULL,
    version     INTEGER NOT NULL,
    part        TEXT NOT NULL,
    document    TEXT NOT NULL, -- SHA-256 hex of the issuer-signed part
    wrapped     BLOB NOT NULL,
    PRIMARY KEY (certificate, version, part, document)
  ) STRICT;
  `,
  ],
  member: [
    `
  CREATE TABLE claims (
    key   TEXT PRIMARY KEY,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX claims_until ON claims (until);
  CREATE TABLE calls (
    key         TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    begun_at    INTEGER NOT NULL,
    until       INTEGER NOT NULL,
    answer      TEXT
  ) STRICT;
  CREATE INDEX calls_until ON calls (until);
  CREATE TABLE apps (
    id  TEXT PRIMARY KEY,
    app TEXT NOT NULL
  ) STRICT;
  `,
  ],
};

/**
 * Brings the file to the newest layout, one transaction a version. A file that is already there is not written to, so that a read-only
 * one can be opened. Throws `Fault` `storage-layout-newer`, `storage-read-only` (older, and may not be written) or `storage-failed`
 * (another program's file).
 */
export function migrate(
  connection: DatabaseSync,
  options: { readonly layout: Layout; readonly readOnly: boolean; readonly scripts?: readonly string[] },
): void {
  const applicationId = applicationIds[options.layout];
  const scripts = options.scripts ?? migrations[options.layout];
  const found = pragma(connection, "user_version");
  if (found > scripts.length) {
    throw new Fault("storage-layout-newer", `the file has layout ${found}, this software knows ${scripts.length}: use the newer software`);
  }
  const isEmpty = connection.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (!isEmpty && pragma(connection, "application_id") !== applicationId) {
    throw new Fault("storage-failed", "the file is a data base of another program, or of another kind");
  }
  if (found === scripts.length) return;
  if (options.readOnly)
    throw new Fault("storage-read-only", `the file has layout ${found}, older than ${scripts.length}: open it for writing once`);
  for (const [place, script] of scripts.entries()) {
    if (place < found) continue;
    connection.exec("BEGIN IMMEDIATE");
    try {
      // Another process may have migrated while this one waited for the lock.
      if (pragma(connection, "user_version") === place) {
        connection.exec(`${script}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${place + 1};`);
      }
      connection.exec("COMMIT");
    } catch (error) {
      if (connection.isTransaction) connection.exec("ROLLBACK");
      throw error;
    }
  }
}

function pragma(connection: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(connection.prepare(`PRAGMA ${name}`).get()?.[name]);
}
