import { Fault } from "@vermilion/node/fault";

/** Primary result codes (https://www.sqlite.org/rescode.html); the upper bits of an extended code say more. */
const SQLITE_READONLY = 8;
const SQLITE_FULL = 13;

/** An error of SQLite or of reading back what it holds as a `Fault`; a `Fault` or a bug of ours as it is. */
export function asFault(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof Fault) return error;
  const { code, errcode } = error as Error & { readonly code?: string; readonly errcode?: number };
  if (typeof errcode === "number") {
    const primary = errcode & 0xff;
    if (primary === SQLITE_FULL) return new Fault("storage-full", `${file}: ${error.message}`, error);
    if (primary === SQLITE_READONLY) return new Fault("storage-read-only", `${file}: ${error.message}`, error);
    return new Fault("storage-failed", `${file}: ${error.message} (SQLite code ${errcode})`, error);
  }
  if (code === "ERR_INVALID_STATE") return new Fault("storage-failed", `${file}: ${error.message}`, error);
  return error;
}
