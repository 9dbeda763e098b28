import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

export interface Lock {
  release(): void;
}

/**
 * Takes the lock file at `path` for this process, or answers undefined where another process holds it. The lock is the operating system's
 * (SQLite takes it in every way that a platform needs), so it ends with the process, also after `kill -9`; a pid file would not.
 */
export function takeLock(path: string): Lock | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/.test(error.message)) return undefined;
    throw error;
  }
  chmodSync(path, 0o600);
  return { release: () => database.close() };
}
