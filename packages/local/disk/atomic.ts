import { closeSync, fsyncSync, openSync, readdirSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

/** Writes a whole file or nothing: a temporary file beside it, synced, renamed over it, and the folder synced. */
export function writeAtomically(path: string, text: string, mode = 0o644): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeSynced(temporary, text, mode);
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Writes a new file and syncs its bytes; the caller syncs the folder. */
export function writeSynced(path: string, text: string, mode: number): void {
  const file = openSync(path, "w", mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes the names in a folder durable. */
export function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Syncs every file and folder below `path`, then `path`: what was made there survives a power cut. */
export function syncTree(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) syncTree(inside);
    else if (entry.isFile()) syncFolder(inside);
  }
  syncFolder(path);
}
