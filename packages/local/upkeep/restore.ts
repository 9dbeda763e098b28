import { cpSync, existsSync, linkSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { majority } from "@vermilion/ledger";
import { forget } from "@vermilion/node/turns/forgotten";
import { Cannot } from "../cannot.ts";
import { dataPaths } from "../config/paths.ts";
import { syncFolder, syncTree } from "../disk/atomic.ts";
import { takeLock } from "../disk/lock.ts";
import { openDatabase, sqliteRaftStore } from "../sqlite/index.ts";
import { type BackupManifest, chainOf, checkBackup, databaseName, sharedFiles } from "./backup.ts";

export interface RestoreOptions {
  readonly data: string;
  readonly member: string;
  readonly from: string;
  /** Go on as if the member had signed nothing since the backup, where no majority of others can tell what it has signed. */
  readonly acceptLoss: boolean;
  /** ms since 1970; names the folder of what was there before. */
  readonly now: number;
  readonly onProgress: (text: string) => void;
}

export interface Restored extends BackupManifest {
  /** Where the ledger that was there before lies now; absent where there was none. */
  readonly replaced?: string;
}

/**
 * Puts a backup in the place of a member that does not run. The member is marked as one that has forgotten what it signed since, so that it
 * binds itself to nothing until the others have let it rejoin (design, section 6). What was there before is moved aside, never deleted; the
 * last act is one rename. Throws `Cannot` `no-backup`, `backup-damaged`, `backup-of-another`, `still-running`, `keys-unusable` or
 * `nobody-remembers`.
 */
export async function restoreMember(options: RestoreOptions): Promise<Restored> {
  const { data, member, from, onProgress } = options;
  const about = await checkBackup(from, onProgress);
  if (about.member !== member) throw ofAnother(`成员 ${about.member}`, `the member ${about.member}`);
  const home = dataPaths(data).member(member);
  placeConsortium(data, from);
  const { chain, members } = chainOf(data);
  if (about.chain !== chain) throw ofAnother("另一个联盟", "another consortium");
  const forgets = majority(members) <= members - 1;
  if (!forgets && !options.acceptLoss) {
    throw new Cannot(
      "nobody-remembers",
      `只有 ${members} 个成员，没有多数成员能证明备份之后签过什么；确认没有签过，再用 --accept-loss`,
      `of ${members} member(s) no majority is left that could tell what was signed since; give --accept-loss only if nothing was`,
    );
  }
  mkdirSync(home.home, { recursive: true, mode: 0o700 });
  const lock = takeLock(home.lock);
  if (lock === undefined)
    throw new Cannot(
      "still-running",
      `${member} 正在运行；先运行 vermilion stop ${member}`,
      `${member} is running; run \`vermilion stop ${member}\` first`,
    );
  try {
    placeMember(home, from, about);
    onProgress("the ledger");
    const fresh = `${home.database}.restoring`;
    for (const suffix of ["", "-wal", "-shm"]) rmSync(fresh + suffix, { force: true });
    cpSync(join(from, databaseName), fresh);
    await prepare(fresh, forgets);
    const replaced = moveAside(home, options.now);
    renameSync(fresh, home.database);
    syncFolder(home.home);
    return replaced === undefined ? about : { ...about, replaced };
  } finally {
    lock.release();
  }
}

function ofAnother(zh: string, en: string): Cannot {
  return new Cannot("backup-of-another", `这是${zh}的备份`, `this is a backup of ${en}`);
}

/** On a computer that has no consortium yet, what all its members share. */
function placeConsortium(data: string, from: string): void {
  const { folder } = dataPaths(data);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of sharedFiles.toReversed()) if (!existsSync(join(folder, name))) cpSync(join(from, name), join(folder, name));
}

type Home = ReturnType<ReturnType<typeof dataPaths>["member"]>;

/** Keys, configuration and off-chain files that are here already stay: none of them ever changes into something older. */
function placeMember(home: Home, from: string, { withKeys }: BackupManifest): void {
  if (!existsSync(home.keys)) {
    if (!withKeys) {
      throw new Cannot(
        "keys-unusable",
        `缺少密钥 ${home.keys}，备份中也没有；先放回密钥，或使用带密钥的备份（--with-keys）`,
        `the keys ${home.keys} are missing and the backup has none; put them back first, or use a backup with keys (--with-keys)`,
      );
    }
    cpSync(join(from, "keys"), home.keys, { recursive: true, preserveTimestamps: true });
  }
  if (!existsSync(home.config)) cpSync(join(from, "config.json"), home.config);
  if (existsSync(join(from, "files"))) cpSync(join(from, "files"), home.files, { recursive: true, force: false });
  syncTree(home.home);
}

/** Marks the copy before it is anybody's ledger: no process ever opens it as one that remembers. */
async function prepare(file: string, forgets: boolean): Promise<void> {
  const database = openDatabase(file);
  try {
    if (forgets) await forget(sqliteRaftStore(database));
  } finally {
    database.close();
  }
}

/** Linked, not moved: at each moment there is a ledger in its place. Opening and closing it first leaves nothing of it in a log beside it. */
function moveAside(home: Home, now: number): string | undefined {
  if (!existsSync(home.database)) return undefined;
  const aside = join(home.home, `replaced-${new Date(now).toISOString().replaceAll(":", "")}`);
  mkdirSync(aside, { mode: 0o700 });
  try {
    openDatabase(home.database).close();
  } catch {
    // A damaged one is kept as it is, with its logs.
  }
  for (const suffix of ["", "-wal", "-shm"])
    if (existsSync(home.database + suffix)) linkSync(home.database + suffix, join(aside, databaseName + suffix));
  for (const suffix of ["-wal", "-shm"]) rmSync(home.database + suffix, { force: true });
  syncFolder(aside);
  return aside;
}
