import { createHash } from "node:crypto";
import { closeSync, cpSync, createReadStream, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import * as z from "zod";
import { Cannot, dataTooOld } from "../cannot.ts";
import { chainsOf, type LocalChain } from "../config/chains.ts";
import { type ChainPaths, dataPaths, type MemberPaths } from "../config/paths.ts";
import { readMemberConfig } from "../config/read.ts";
import { syncFolder, syncTree, writeAtomically } from "../disk/atomic.ts";
import { using } from "../process/stopped.ts";
import { type Database, openChainDatabase, openMemberDatabase, sqliteLedger } from "../sqlite/index.ts";

/** Where a chain's copy ends. */
const chainHead = z.strictObject({
  /** Chain id, hex. */
  chain: z.string().regex(/^[0-9a-f]{64}$/),
  height: z.int(),
  size: z.int(),
  headHash: z.string(),
});

/** What is in a backup, written last: a folder without it is none. */
const manifest = z.strictObject({
  version: z.literal(2),
  member: z.string(),
  takenAt: z.iso.datetime(),
  /** The main chain first. */
  chains: z.array(chainHead).min(1),
  withKeys: z.boolean(),
  files: z.array(z.strictObject({ path: z.string(), size: z.int(), sha256: z.string() })),
});

export type BackupManifest = z.output<typeof manifest>;
export type BackedUpChain = BackupManifest["chains"][number];

const manifestName = "backup.json";
/** Of the whole consortium, as they lie in the data folder. */
export const sharedFiles = ["genesis.json", "policy.txt", "consortium.json"] as const;
/** Of a further chain, as they lie in its folder. */
export const chainFiles = ["genesis.json", "policy.txt"] as const;

/** In the backup all lies as it lies in the member's home, under the same names. */
export function backupPaths(folder: string) {
  return {
    config: join(folder, "config.json"),
    keys: join(folder, "keys"),
    database: join(folder, "member.sqlite"),
    chain: (chain: string) => {
      const home = join(folder, "chains", chain);
      return { home, database: join(home, "ledger.sqlite"), files: join(home, "files") };
    },
  };
}

export interface BackupOptions {
  readonly data: string;
  readonly member: string;
  /** The backup's folder; it must not exist, or be empty. */
  readonly to: string;
  /** With the member's private keys: whoever has the backup can then sign in the member's name. */
  readonly withKeys: boolean;
  /** ms since 1970. */
  readonly now: number;
  readonly onProgress: (text: string) => void;
}

/**
 * Copies all that a member holds into a folder, also while it runs: each data base in one snapshot, then the off-chain files, which are never
 * changed. Throws `Cannot` `folder-not-usable`, `not-founded`, `unknown-member` or `storage-unusable`.
 */
export async function backupMember(options: BackupOptions): Promise<BackupManifest> {
  const { data, member, withKeys, onProgress } = options;
  readMemberConfig(data, member);
  const chains = chainsOf(data, member);
  const to = resolve(options.to);
  makeFree(to);
  try {
    // The calls first: an answer that is remembered is then never of a later time than the ledger that it speaks of.
    copyOwn(dataPaths(data), dataPaths(data).member(member), to, withKeys);
    const heads: BackedUpChain[] = [];
    for (const chain of chains) heads.push(await copyChain(chain, to, onProgress));
    const files = await described(to, onProgress);
    const takenAt = new Date(options.now).toISOString();
    const about: BackupManifest = { version: 2, member, takenAt, chains: heads, withKeys, files };
    syncTree(to);
    writeAtomically(join(to, manifestName), `${JSON.stringify(about, null, 2)}\n`, 0o600);
    syncFolder(dirname(to));
    return about;
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    throw error;
  }
}

function copyOwn({ folder }: ReturnType<typeof dataPaths>, paths: MemberPaths, to: string, withKeys: boolean): void {
  const copy = backupPaths(to);
  snapshot(existing(paths.database), copy.database, openMemberDatabase);
  for (const name of sharedFiles) cpSync(join(folder, name), join(to, name));
  cpSync(paths.config, copy.config);
  if (withKeys) cpSync(paths.keys, copy.keys, { recursive: true, preserveTimestamps: true });
}

/** The copy is opened and read, so that what is called a backup is one. */
async function copyChain({ chain, isMain, paths }: LocalChain, to: string, onProgress: (text: string) => void): Promise<BackedUpChain> {
  const copy = backupPaths(to).chain(chain);
  mkdirSync(copy.home, { recursive: true, mode: 0o700 });
  onProgress(`the ledger of ${chain}`);
  snapshot(existing(paths.database), copy.database, openChainDatabase);
  if (!isMain) for (const name of chainFiles) cpSync(join(paths.home, name), join(copy.home, name));
  copyFiles(paths, copy.files, onProgress);
  return using(openChainDatabase(copy.database, { readOnly: true }), async (database) => {
    const published = await sqliteLedger(database).published();
    if (published === undefined) throw new Cannot("storage-unusable", "账本中没有创世区块", "the ledger has no genesis block yet");
    return { chain, height: published.height, size: published.size, headHash: published.hash };
  });
}

function copyFiles({ files }: ChainPaths, to: string, onProgress: (text: string) => void): void {
  if (!existsSync(files)) return;
  onProgress("off-chain files");
  cpSync(files, to, { recursive: true });
}

function existing(file: string): string {
  if (existsSync(file)) return file;
  throw new Cannot("storage-unusable", `缺少 ${file}`, `${file} is missing`);
}

/** VACUUM INTO reads one snapshot and holds nobody up. */
function snapshot(from: string, to: string, open: (file: string, options: { readonly readOnly: boolean }) => Database): void {
  closeSync(openSync(to, "wx", 0o600));
  const source = open(from, { readOnly: true });
  try {
    source.connection.prepare("VACUUM INTO ?").run(to);
  } finally {
    source.close();
  }
}

/** The manifest of a backup whose every byte is as it was written. Throws `Cannot` `no-backup`, `data-too-old` or `backup-damaged`. */
export async function checkBackup(from: string, onProgress: (text: string) => void): Promise<BackupManifest> {
  const file = join(from, manifestName);
  if (!existsSync(file)) {
    throw new Cannot("no-backup", `${from} 中没有备份（缺少 ${manifestName}）`, `${from} holds no backup (${manifestName} is missing)`);
  }
  const read = parsed(readFileSync(file, "utf8"));
  if (z.looseObject({ version: z.literal(1) }).safeParse(read).success) throw dataTooOld(file);
  const about = manifest.safeParse(read);
  if (!about.success) throw damagedAt(manifestName);
  const there = new Map((await described(from, onProgress)).map((one) => [one.path, one]));
  for (const { path, size, sha256 } of about.data.files) {
    const found = there.get(path);
    if (found?.size !== size || found.sha256 !== sha256) throw damagedAt(path);
  }
  return about.data;
}

function damagedAt(path: string): Cannot {
  return new Cannot("backup-damaged", `备份中的 ${path} 已损坏或缺失`, `${path} of the backup is damaged or missing`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A folder for the owner alone; it and no other may have been there. */
function makeFree(to: string): void {
  try {
    if (existsSync(to) && readdirSync(to).length > 0) throw new Error("it is not empty");
    mkdirSync(to, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Cannot(
      "folder-not-usable",
      `${to} 不可用（${why}）；请选一个不存在或空的文件夹`,
      `${to} cannot be used (${why}); choose a folder that does not exist or is empty`,
      error,
    );
  }
}

async function described(folder: string, onProgress: (text: string) => void): Promise<BackupManifest["files"]> {
  const found: BackupManifest["files"] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || relative(folder, path) === manifestName) continue;
    onProgress(relative(folder, path));
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    found.push({ path: relative(folder, path), size: statSync(path).size, sha256: hash.digest("hex") });
  }
  return found.sort((one, other) => (one.path < other.path ? -1 : 1));
}
