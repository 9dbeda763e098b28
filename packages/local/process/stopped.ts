import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "@vermilion/node/host/system-clock";
import { Cannot } from "../cannot.ts";
import { dataPaths, type MemberPaths } from "../config/paths.ts";
import { readMemberConfig } from "../config/read.ts";
import { type Lock, takeLock } from "../disk/lock.ts";
import type { SocketAnswer } from "../sockets/door.ts";
import { openMemberDatabase, sqliteApps } from "../sqlite/index.ts";
import { type AdminRequest, adminDoor, askMember } from "./admin.ts";

const askTimeoutMs = 10_000;

/** Asks a member's admin door: of its process where it runs, else of its files, which are locked meanwhile. */
export async function askMemberOrFiles(data: string, member: string, request: AdminRequest): Promise<SocketAnswer> {
  readMemberConfig(data, member);
  const answer = await askMember(data, member, request, askTimeoutMs);
  if (answer !== undefined) return answer;
  return withStoppedMember(data, member, (paths) =>
    using(openMemberDatabase(paths.database), (database) =>
      adminDoor({ apps: sqliteApps(database), clock: systemClock, stop: () => undefined })(request),
    ),
  );
}

/** Works on the files of a member that does not run, and keeps it from starting meanwhile. Throws `Cannot` `still-running`. */
export async function withStoppedMember<T>(data: string, member: string, work: (paths: MemberPaths) => Promise<T>): Promise<T> {
  readMemberConfig(data, member);
  const paths = dataPaths(data).member(member);
  const lock = takeLock(paths.lock) ?? stillRunning(member);
  try {
    return await work(paths);
  } finally {
    lock.release();
  }
}

/** Closes what was opened, whatever becomes of the work. */
export async function using<Opened extends { close(): void }, T>(opened: Opened, work: (opened: Opened) => Promise<T>): Promise<T> {
  try {
    return await work(opened);
  } finally {
    opened.close();
  }
}

export function stillRunning(member: string): Lock {
  throw new Cannot(
    "still-running",
    `${member} 正在运行；先运行 vermilion stop ${member}`,
    `${member} is running; run \`vermilion stop ${member}\` first`,
  );
}

/** Waits until a member's process that was told to stop has let go of its files. False after `timeoutMs`. */
export async function memberGone(data: string, member: string, timeoutMs: number): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  do {
    const lock = takeLock(dataPaths(data).member(member).lock);
    lock?.release();
    if (lock !== undefined) return true;
    await sleep(50);
  } while (Date.now() < until);
  return false;
}
