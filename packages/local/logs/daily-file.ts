import { readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type DestinationStream, destination } from "pino";

const DAY_MS = 86_400_000;
const dayForm = /\.(\d{4}-\d{2}-\d{2})$/;

/**
 * A log file that is put aside under its day (`member.log.2026-11-25`, UTC) when the next one begins, and deleted `retentionDays` later. Owner-only.
 * A full disk costs log lines, never the member: it goes on serving what it has.
 */
export function dailyLogFile(path: string, retentionDays: number, now: () => number = Date.now): DestinationStream {
  putAside(path, dayOf(now()));
  deleteOld(path, retentionDays, now());
  let day = dayOf(now());
  const stream = destination({ dest: path, sync: true, mode: 0o600 });
  stream.on("error", () => undefined);
  return {
    write(line: string) {
      const today = dayOf(now());
      if (today !== day) {
        rename(path, `${path}.${day}`);
        day = today;
        stream.reopen();
        deleteOld(path, retentionDays, now());
      }
      stream.write(line);
    },
  };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** What an earlier process wrote on another day gets that day's name. */
function putAside(path: string, today: string): void {
  const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (written !== undefined && dayOf(written) !== today) rename(path, `${path}.${dayOf(written)}`);
}

function deleteOld(path: string, retentionDays: number, now: number): void {
  const oldest = dayOf(now - retentionDays * DAY_MS);
  try {
    for (const file of readdirSync(dirname(path))) {
      const day = file.startsWith(`${basename(path)}.`) ? dayForm.exec(file)?.[1] : undefined;
      if (day !== undefined && day < oldest) rmSync(join(dirname(path), file), { force: true });
    }
  } catch {
    // Logs that cannot be tidied are no reason to stop: they are looked at again tomorrow.
  }
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // Then the day's lines stay where they are, before those of the next.
  }
}
