import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { asFault } from "./faults.ts";
import { type Layout, migrate } from "./layout.ts";
import { createWriter, type Kept } from "./writer.ts";

/** One open file. */
export interface Database<Kind extends Layout = Layout> {
  readonly layout: Kind;
  readonly file: string;
  readonly connection: DatabaseSync;
  /** A statement that is kept for as long as the file is open. */
  prepare(sql: string): StatementSync;
  /** Runs synchronous reads; errors come out as `Fault`. */
  read<T>(work: () => T): T;
  /** Runs synchronous writes in a transaction, all or nothing, and answers after the commit; errors come out as `Fault`. */
  write<T>(work: () => T, kept?: Kept): Promise<T>;
  /** Writes what waits and closes the file. */
  close(): void;
}

export interface DatabaseOptions {
  /** Upper bound of the file in pages of 4,096 bytes; writes beyond it fail with `storage-full`. */
  readonly pageCountMax?: number;
  /** Opens an existing file for reading alone, also while another process writes to it. */
  readonly readOnly?: boolean;
}

/** How long to wait for another process that writes to the same file (the command line beside a running member). */
const busyTimeoutMs = 5_000;

/** Pages kept in memory, KiB. Keys of state rows and transaction hashes fall anywhere in their trees: with SQLite's own 2 MB most were read again. */
const cacheKiB = 64 * 1_024;

/** The log beside the file grows to 64 MB before it is carried over: a page that many blocks change is then written once for all of them. */
const checkpointPages = 16_000;

/** The file of one chain: its ledger, what its replica must not forget, the keys of its records. See `openDatabase`. */
export type ChainDatabase = Database<"chain">;
export const openChainDatabase = (file: string, options: DatabaseOptions = {}): ChainDatabase => openDatabase("chain", file, options);

/** The file of what is the member's own: its apps, and its memory of calls. See `openDatabase`. */
export type MemberDatabase = Database<"member">;
export const openMemberDatabase = (file: string, options: DatabaseOptions = {}): MemberDatabase => openDatabase("member", file, options);

/**
 * Opens or creates a data base file that only its owner can read (0600 in a folder 0700). Throws `Fault`: `storage-layout-newer` where
 * newer software wrote it, `storage-read-only` where it would have to be migrated but may not be written, `storage-failed` otherwise.
 */
function openDatabase<Kind extends Layout>(layout: Kind, file: string, options: DatabaseOptions): Database<Kind> {
  const readOnly = options.readOnly ?? false;
  let connection: DatabaseSync | undefined;
  try {
    if (!readOnly) keepToOwner(file);
    connection = new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
    // Each is no write where it already holds: a file on a disk that has become read-only opens all the same.
    if (!readOnly) connection.exec("PRAGMA journal_mode = WAL");
    connection.exec(`PRAGMA cache_size = ${-cacheKiB}`);
    if (!readOnly) connection.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
    migrate(connection, { layout, readOnly });
    if (options.pageCountMax !== undefined) connection.exec(`PRAGMA max_page_count = ${Math.trunc(options.pageCountMax)}`);
  } catch (error) {
    connection?.close();
    throw asFault(error, file);
  }
  return databaseOf(layout, file, connection);
}

function databaseOf<Kind extends Layout>(layout: Kind, file: string, connection: DatabaseSync): Database<Kind> {
  const writer = createWriter(connection);
  function read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asFault(error, file);
    }
  }
  return {
    layout,
    file,
    connection,
    read,
    prepare: (sql) => read(() => connection.prepare(sql)),
    async write<T>(work: () => T, kept: Kept = "durable"): Promise<T> {
      try {
        return await writer.write(work, kept);
      } catch (error) {
        throw asFault(error, file);
      }
    },
    close() {
      if (!connection.isOpen) return;
      writer.flush();
      connection.close();
    },
  };
}

/** SQLite gives the log files beside the data base the data base's own mode. */
function keepToOwner(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) {
    closeSync(openSync(file, "wx", 0o600));
    return;
  }
  const mode = statSync(file).mode & 0o777;
  // The owner's own bits stay: who made the file read-only meant it.
  if ((mode & 0o077) !== 0) chmodSync(file, mode & 0o700);
}
