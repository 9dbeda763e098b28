import { createHash } from "node:crypto";
import { closeSync, cpSync, createReadStream, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { chainRules } from "@vermilion/member/rules";
import { checkGenesis } from "@vermilion/node/founding/genesis";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import * as z from "zod";
import { Cannot } from "../cannot.ts";
import { dataPaths } from "../config/paths.ts";
import { readGenesis, readMemberConfig } from "../config/read.ts";
import { syncFolder, syncTree, writeAtomically } from "../disk/atomic.ts";
import { openDatabase, sqliteLedger } from "../sqlite/index.ts";

/** What is in a backup, written last: a folder without it is none. */
const manifest = z.strictObject({
  version: z.literal(1),
  member: z.string(),
  /** Chain id, hex. */
  chain: z.string(),
  takenAt: z.iso.datetime(),
  height: z.int(),
  size: z.int(),
  headHash: z.string(),
  withKeys: z.boolean(),
  files: z.array(z.strictObject({ path: z.string(), size: z.int(), sha256: z.string() })),
});

export type BackupManifest = z.output<typeof manifest>;

const manifestName = "backup.json";
export const databaseName = "ledger.sqlite";
/** Of the whole consortium, as they lie in the data folder. */
export const sharedFiles = ["genesis.json", "policy.txt", "consortium.json"] as const;

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
 * Copies all that a member holds into a folder, also while it runs: the ledger in one snapshot, then the off-chain files, which are never
 * changed. Throws `Cannot` `folder-not-usable`, `not-founded`, `unknown-member` or `storage-unusable`.
 */
export async function backupMember(options: BackupOptions): Promise<BackupManifest> {
  const { data, member, withKeys, onProgress } = options;
  readMemberConfig(data, member);
  const { chain } = chainOf(data);
  const to = resolve(options.to);
  const paths = dataPaths(data).member(member);
  if (!existsSync(paths.database)) throw new Cannot("storage-unusable", `缺少 ${paths.database}`, `${paths.database} is missing`);
  makeFree(to);
  try {
    onProgress("the ledger");
    const head = await copyLedger(paths.database, join(to, databaseName));
    for (const name of sharedFiles) cpSync(join(dataPaths(data).folder, name), join(to, name));
    cpSync(paths.config, join(to, "config.json"));
    onProgress("off-chain files");
    if (existsSync(paths.files)) cpSync(paths.files, join(to, "files"), { recursive: true });
    if (withKeys) cpSync(paths.keys, join(to, "keys"), { recursive: true, preserveTimestamps: true });
    const files = await described(to, onProgress);
    const about: BackupManifest = { version: 1, member, chain, takenAt: new Date(options.now).toISOString(), ...head, withKeys, files };
    syncTree(to);
    writeAtomically(join(to, manifestName), `${JSON.stringify(about, null, 2)}\n`, 0o600);
    syncFolder(dirname(to));
    return about;
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    throw error;
  }
}

/** Chain id and members of the consortium in `data`. Throws `Cannot` `not-founded` or `config-invalid`. */
export function chainOf(data: string): { readonly chain: string; readonly members: number } {
  const genesis = checkGenesis(readGenesis(data), nativeCrypto, chainRules);
  if ("refused" in genesis) throw new Cannot("config-invalid", `genesis.json 有误：${genesis.detail}`, `genesis.json: ${genesis.detail}`);
  return { chain: genesis.chain, members: genesis.membership.members.size };
}

/** The manifest of a backup whose every byte is as it was written. Throws `Cannot` `no-backup` or `backup-damaged`. */
export async function checkBackup(from: string, onProgress: (text: string) => void): Promise<BackupManifest> {
  const file = join(from, manifestName);
  if (!existsSync(file)) {
    throw new Cannot("no-backup", `${from} 中没有备份（缺少 ${manifestName}）`, `${from} holds no backup (${manifestName} is missing)`);
  }
  const about = manifest.safeParse(parsed(readFileSync(file, "utf8")));
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

/** VACUUM INTO reads one snapshot and holds nobody up. The copy is opened and read, so that what is called a backup is one. */
async function copyLedger(from: string, to: string): Promise<Pick<BackupManifest, "height" | "size" | "headHash">> {
  closeSync(openSync(to, "wx", 0o600));
  const source = openDatabase(from, { readOnly: true });
  try {
    source.connection.prepare("VACUUM INTO ?").run(to);
  } finally {
    source.close();
  }
  const copy = openDatabase(to, { readOnly: true });
  try {
    const published = await sqliteLedger(copy).published();
    if (published === undefined) throw new Cannot("storage-unusable", "账本中没有创世区块", "the ledger has no genesis block yet");
    return { height: published.height, size: published.size, headHash: published.hash };
  } finally {
    copy.close();
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
