import type { DatabaseSync } from "node:sqlite";

/**
 * What must hold of a write after a power cut. `durable`: it is there, and so is all that was written before it. `ordered`: it may be
 * forgotten together with everything that came after it, never alone, as if the cut had come earlier.
 */
export type Kept = "durable" | "ordered";

export interface Writer {
  /** Runs `work` inside a transaction and answers after the commit; what it throws is thrown here, and nothing of it is written. */
  write<T>(work: () => T, kept: Kept): Promise<T>;
  /** Writes all that waits, at once. */
  flush(): void;
}

interface Waiting {
  readonly work: () => unknown;
  readonly kept: Kept;
  readonly done: (value: unknown) => void;
  readonly failed: (error: unknown) => void;
}

type Result = { readonly value: unknown } | { readonly error: unknown };

/** Of a group: undefined where nothing of it was written and each may be tried alone. */
type GroupResult = readonly Result[] | undefined;

/** Bounds the memory that a transaction takes and how long it holds up the process. */
const groupMax = 256;

/**
 * Group commit: writes that wait at the same moment share one transaction and one sync of the disk, in the order in which they came. Where one
 * of them fails, all are taken back and each is written alone, so that it takes nothing with it; so `work` may be run twice.
 *
 * `ordered` writes commit without a sync (`synchronous=NORMAL`). SQLite's write-ahead log is a chain of checksums, so after a power cut it
 * holds a beginning of the commit order, and a later `durable` commit syncs everything before it.
 */
export function createWriter(connection: DatabaseSync): Writer {
  let waiting: Waiting[] = [];
  let scheduled = false;
  let synchronous: Kept | undefined;

  function flush(): void {
    scheduled = false;
    const all = waiting;
    waiting = [];
    for (let start = 0; start < all.length; start += groupMax) settle(all.slice(start, start + groupMax));
  }

  function settle(group: readonly Waiting[]): void {
    const results = commitGroup(group) ?? group.map((one) => commitGroup([one])?.[0]);
    for (const [place, { done, failed }] of group.entries()) {
      const result = results[place];
      if (result === undefined) failed(new Error("bug: a write without a result"));
      else if ("error" in result) failed(result.error);
      else done(result.value);
    }
  }

  function commitGroup(group: readonly Waiting[]): GroupResult {
    const results: Result[] = [];
    try {
      setSynchronous(group.some(({ kept }) => kept === "durable") ? "durable" : "ordered");
      connection.exec("BEGIN IMMEDIATE");
      for (const { work } of group) results.push({ value: work() });
    } catch (error) {
      // SQLite itself has rolled back after some errors: https://www.sqlite.org/lang_transaction.html section 3.1.
      if (connection.isOpen && connection.isTransaction) connection.exec("ROLLBACK");
      return group.length > 1 ? undefined : [{ error }];
    }
    try {
      connection.exec("COMMIT");
      return results;
    } catch (error) {
      // Whether the commit reached the disk is not known: nobody may be told that his write did not happen, nor may it be tried again here.
      if (connection.isTransaction) connection.exec("ROLLBACK");
      return group.map(() => ({ error }));
    }
  }

  function setSynchronous(kept: Kept): void {
    if (synchronous === kept) return;
    connection.exec(kept === "durable" ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    synchronous = kept;
  }

  return {
    flush,
    write<T>(work: () => T, kept: Kept): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        waiting.push({ work, kept, done: (value) => resolve(value as T), failed: reject });
        if (scheduled) return;
        scheduled = true;
        // After the I/O callbacks of this round of the event loop, so that requests which came in together are written together.
        setImmediate(flush);
      });
    },
  };
}
