import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "@vermilion/local/sqlite/index";
import type { WriteFaults } from "../support/memory/index.ts";
import type { Open } from "./opened.ts";

/** A folder of its own for each test, removed at its end. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "vermilion-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** An adapter over a new file; opening it again is another connection, as another process would have it. */
export function sqliteOpener<Port>(make: (database: Database) => Port): Open<Port> {
  return async () => {
    const folder = temporaryFolder();
    const file = join(folder.path, "member", "chain.db");
    const opened = [openDatabase(file)];
    return {
      port: make(opened[0]!),
      async reopen() {
        const another = openDatabase(file);
        opened.push(another);
        return make(another);
      },
      async close() {
        for (const database of opened) database.close();
        folder.remove();
      },
      faults: sqliteFaults(opened[0]!),
    };
  };
}

const pageCountUnbounded = 4_294_967_294;

/** Faults of the first connection: its commits fail before or after they happened; the file has no room left, or takes no writes. */
function sqliteFaults({ connection }: Database): WriteFaults {
  let ordered: { readonly when: "before" | "after"; left: number } | undefined;
  const exec = connection.exec.bind(connection);
  connection.exec = (sql: string) => {
    if (sql === "COMMIT" && ordered !== undefined) ordered.left -= 1;
    if (sql !== "COMMIT" || ordered?.left !== 0) return exec(sql);
    const { when } = ordered;
    ordered = undefined;
    if (when === "after") exec(sql);
    // What SQLite throws for SQLITE_IOERR_FSYNC: a sync that failed, after which nobody knows what is on the disk.
    throw Object.assign(new Error("disk I/O error"), { code: "ERR_SQLITE_ERROR", errcode: 1_034 });
  };
  return {
    failBefore(n) {
      ordered = { when: "before", left: n };
    },
    failAfter(n) {
      ordered = { when: "after", left: n };
    },
    full() {
      // SQLite takes the number of pages in use where the bound is lower.
      exec("PRAGMA max_page_count = 1");
    },
    readOnly() {
      exec("PRAGMA query_only = ON");
    },
    clear() {
      ordered = undefined;
      exec("PRAGMA query_only = OFF");
      exec(`PRAGMA max_page_count = ${pageCountUnbounded}`);
    },
  };
}
