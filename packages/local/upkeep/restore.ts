import { cpSync, existsSync, linkSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { majority } from "@vermilion/ledger";
import { forget } from "@vermilion/node/driver/forgotten";
import { Cannot } from "../cannot.ts";
import { chainsIn, type LocalChain } from "../config/chains.ts";
import { dataPaths, type MemberPaths } from "../config/paths.ts";
import { readMemberConfig } from "../config/read.ts";
import { syncFolder, syncTree } from "../disk/atomic.ts";
import { takeLock } from "../disk/lock.ts";
import { stillRunning, using } from "../process/stopped.ts";
import { type Database, openChainDatabase, openMemberDatabase, sqliteRaftStore } from "../sqlite/index.ts";
import { type BackupManifest, backupPaths, chainFiles, checkBackup, sharedFiles } from "./backup.ts";

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
  /** Where the data bases that were there before lie now; absent where there were none. */
  readonly replaced?: string;
}

/**
 * Puts a backup in the place of a member that does not run. On each chain the member is marked as one that has forgotten what it signed since,
 * so that it binds itself to nothing until the others have let it rejoin (design, section 6). What was there before is moved aside, never
 * deleted; each data base comes by one rename, when all are ready. Throws `Cannot` `no-backup`, `backup-damaged`, `backup-of-another`,
 * `still-running`, `keys-unusable` or `nobody-remembers`.
 */
export async function restoreMember(options: RestoreOptions): Promise<Restored> {
  const { data, member, from, onProgress } = options;
  const about = await checkBackup(from, onProgress);
  if (about.member !== member) throw ofAnother(`成员 ${about.member}`, `the member ${about.member}`);
  const home = dataPaths(data).member(member);
  if (existsSync(home.config)) readMemberConfig(data, member);
  placeConsortium(data, from);
  const [main] = chainsIn(data, member);
  if (main?.chain !== about.chains[0]?.chain) throw ofAnother("另一个联盟", "another consortium");
  mkdirSync(home.home, { recursive: true, mode: 0o700 });
  const lock = takeLock(home.lock) ?? stillRunning(member);
  try {
    placeChains(home, from, about);
    const chains = chainsIn(data, member).filter(({ chain }) => about.chains.some((one) => one.chain === chain));
    for (const chain of chains) checkMemory(chain, options.acceptLoss);
    placeMember(home, from, about);
    const fresh = [prepareOwn(home, from)];
    for (const chain of chains) {
      onProgress(`the ledger of ${chain.chain}`);
      fresh.push(await prepareChain(chain, from));
    }
    const replaced = moveAside(home, fresh, options.now);
    for (const { file, ready } of fresh) renameSync(ready, file);
    for (const { file } of fresh) syncFolder(dirname(file));
    return replaced === undefined ? about : { ...about, replaced };
  } finally {
    lock.release();
  }
}

function ofAnother(zh: string, en: string): Cannot {
  return new Cannot("backup-of-another", `这是${zh}的备份`, `this is a backup of ${en}`);
}

/** Whether there are enough others on a chain to tell what the member has signed. */
function remembers({ members }: LocalChain): boolean {
  return majority(members.length) <= members.length - 1;
}

function checkMemory(chain: LocalChain, acceptLoss: boolean): void {
  if (remembers(chain) || acceptLoss) return;
  const { length } = chain.members;
  throw new Cannot(
    "nobody-remembers",
    `链 ${chain.chain} 只有 ${length} 个成员，没有多数成员能证明备份之后签过什么；确认没有签过，再用 --accept-loss`,
    `of ${length} member(s) of ${chain.chain} no majority is left that could tell what was signed since; give --accept-loss only if nothing was`,
  );
}

/** On a computer that has no consortium yet, what all its members share. */
function placeConsortium(data: string, from: string): void {
  const { folder } = dataPaths(data);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of sharedFiles.toReversed()) if (!existsSync(join(folder, name))) cpSync(join(from, name), join(folder, name));
}

/** What is known of the chains beside the main one, and the off-chain files of all; what is here already stays. */
function placeChains(home: MemberPaths, from: string, { chains }: BackupManifest): void {
  for (const { chain } of chains) {
    const [copy, paths] = [backupPaths(from).chain(chain), home.chain(chain)];
    mkdirSync(paths.home, { recursive: true, mode: 0o700 });
    for (const name of chainFiles.toReversed())
      if (existsSync(join(copy.home, name)) && !existsSync(join(paths.home, name))) cpSync(join(copy.home, name), join(paths.home, name));
    if (existsSync(copy.files)) cpSync(copy.files, paths.files, { recursive: true, force: false });
  }
}

/** Keys and configuration that are here already stay: none of them ever changes into something older. */
function placeMember(home: MemberPaths, from: string, { withKeys }: BackupManifest): void {
  const copy = backupPaths(from);
  if (!existsSync(home.keys)) {
    if (!withKeys) {
      throw new Cannot(
        "keys-unusable",
        `缺少密钥 ${home.keys}，备份中也没有；先放回密钥，或使用带密钥的备份（--with-keys）`,
        `the keys ${home.keys} are missing and the backup has none; put them back first, or use a backup with keys (--with-keys)`,
      );
    }
    cpSync(copy.keys, home.keys, { recursive: true, preserveTimestamps: true });
  }
  if (!existsSync(home.config)) cpSync(copy.config, home.config);
  syncTree(home.home);
}

/** A data base that is ready to take the place of another. */
interface Ready {
  readonly file: string;
  readonly ready: string;
  readonly open: (file: string) => Database;
}

function copyBeside(file: string, from: string): string {
  const ready = `${file}.restoring`;
  for (const suffix of ["", "-wal", "-shm"]) rmSync(ready + suffix, { force: true });
  cpSync(from, ready);
  return ready;
}

function prepareOwn({ database: file }: MemberPaths, from: string): Ready {
  return { file, ready: copyBeside(file, backupPaths(from).database), open: openMemberDatabase };
}

/** Marks the copy before it is anybody's ledger: no process ever opens it as one that remembers. */
async function prepareChain(chain: LocalChain, from: string): Promise<Ready> {
  const { database: file } = chain.paths;
  const ready = copyBeside(file, backupPaths(from).chain(chain.chain).database);
  await using(openChainDatabase(ready), async (database) => {
    if (remembers(chain)) await forget(sqliteRaftStore(database));
  });
  return { file, ready, open: openChainDatabase };
}

/** Linked, not moved: at each moment there is a data base in its place. Opening and closing it first leaves nothing of it in a log beside it. */
function moveAside({ home }: MemberPaths, fresh: readonly Ready[], now: number): string | undefined {
  const there = fresh.filter(({ file }) => existsSync(file));
  if (there.length === 0) return undefined;
  const aside = join(home, `replaced-${new Date(now).toISOString().replaceAll(":", "")}`);
  for (const { file, open } of there) {
    try {
      open(file).close();
    } catch {
      // A damaged one is kept as it is, with its logs.
    }
    const kept = join(aside, file.slice(home.length + 1));
    mkdirSync(dirname(kept), { recursive: true, mode: 0o700 });
    for (const suffix of ["", "-wal", "-shm"]) if (existsSync(file + suffix)) linkSync(file + suffix, kept + suffix);
    for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
  }
  syncTree(aside);
  syncFolder(dirname(aside));
  return aside;
}
