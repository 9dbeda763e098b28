import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ChainDatabase,
  type Database,
  type MemberDatabase,
  openChainDatabase,
  openMemberDatabase,
} from "@vermilion/local/sqlite/index";
import type { WriteFaults } from "../support/memory/index.ts";
import { type OpenChain, testChains } from "./opened.ts";

/** A folder of its own for each test, removed at its end. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "vermilion-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** An adapter of a chain over a new file; opening it again is another connection, as another process would have it. */
export function sqliteOpener<Port>(make: (database: ChainDatabase) => Port): OpenChain<Port> {
  return opener(openChainDatabase, make);
}

/** The same over a file of the member's own. */
export function memberFileOpener<Port>(make: (database: MemberDatabase) => Port): OpenChain<Port> {
  return opener(openMemberDatabase, make);
}

function opener<File extends Database, Port>(open: (file: string) => File, make: (database: File) => Port): OpenChain<Port> {
  return async () => {
    const folder = temporaryFolder();
    const fileOf = (chain: string) => join(folder.path, "member", "chains", chain, "chain.db");
    const first = open(fileOf(testChains[0]));
    const opened = [first];
    const another = async (chain: string) => {
      const database = open(fileOf(chain));
      opened.push(database);
      return make(database);
    };
    return {
      port: make(first),
      reopen: () => another(testChains[0]),
      otherChain: () => another(testChains[1]),
      async close() {
        for (const database of opened) database.close();
        folder.remove();
      },
      faults: sqliteFaults(first),
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
