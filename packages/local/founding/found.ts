import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { toHex } from "@vermilion/ledger";
import { chainRules } from "@vermilion/member/rules";
import type { GenesisFile } from "@vermilion/node/context";
import { found } from "@vermilion/node/founding/draft";
import { checkGenesis } from "@vermilion/node/founding/genesis";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import type { Clock, Random } from "@vermilion/node/ports/index";
import { Cannot } from "../cannot.ts";
import { newAppKey, writeAppFile } from "../config/apps.ts";
import { dataPaths } from "../config/paths.ts";
import { allScopes, type ConsortiumConfig, type FounderConfig, type MemberFileConfig } from "../config/schemas.ts";
import { syncFolder, syncTree } from "../disk/atomic.ts";
import { createKeyFiles, openKeyFiles } from "../keys/jwk-files.ts";
import { openMemberDatabase, sqliteApps } from "../sqlite/index.ts";

export interface FoundOptions {
  readonly data: string;
  readonly config: ConsortiumConfig;
  /** PEM files for members that serve HTTPS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly clock: Clock;
  readonly random: Random;
}

const host = "127.0.0.1";

/**
 * Founds a consortium whose members all live on this computer: keys, genesis signed by all, configuration, and an app `desk` with every
 * scope at each member. All is made in a folder beside `data` and synced; the last act is one rename, so that a crash leaves nothing
 * founded or all of it. Throws `Cannot` `already-founded` or `folder-not-usable`.
 */
export async function foundConsortium(options: FoundOptions): Promise<GenesisFile> {
  const { folder } = dataPaths(options.data);
  assertFree(folder);
  mkdirSync(dirname(folder), { recursive: true });
  removeAbandoned(folder);
  const making = `${makingPrefix(folder)}${process.pid}-${toHex(options.random.bytes(4))}`;
  mkdirSync(making, { mode: 0o700 });
  try {
    const genesis = await make(making, options);
    syncTree(making);
    moveInto(making, folder);
    syncFolder(dirname(folder));
    return genesis;
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    throw error;
  }
}

/** True where `data` holds a consortium: its genesis came there with all the rest, in one rename. */
export function isFounded(data: string): boolean {
  return existsSync(dataPaths(data).genesis);
}

async function make(making: string, options: FoundOptions): Promise<GenesisFile> {
  const { config } = options;
  const paths = dataPaths(making);
  const founders = config.members.map((member) => {
    createKeyFiles(paths.member(member.id).keys);
    const { id, names, uscc } = member;
    return { about: { id, names, uscc, url: urlOf(member, options) }, keys: openKeyFiles(paths.member(id).keys) };
  });
  const { name, names } = config;
  const genesis = await found(
    { name, names, time: options.clock.now(), id: toHex(options.random.bytes(16)) },
    founders,
    nativeCrypto,
    chainRules,
  );
  if ("refused" in genesis) throw notFoundable(genesis.detail);
  const checked = checkGenesis(genesis, nativeCrypto, chainRules);
  if ("refused" in checked) throw notFoundable(checked.detail);
  for (const member of config.members) await makeMember(making, member, options);
  writeFileSync(paths.consortium, json(config));
  writeFileSync(paths.policy, checked.membership.policyText);
  writeFileSync(paths.genesis, json(genesis));
  return genesis;
}

function notFoundable(detail: string): Cannot {
  return new Cannot("config-invalid", `无法建立联盟：${detail}`, `the consortium cannot be founded: ${detail}`);
}

async function makeMember(making: string, member: FounderConfig, options: FoundOptions): Promise<void> {
  const paths = dataPaths(making).member(member.id);
  const url = urlOf(member, options);
  const config: MemberFileConfig = {
    version: 1,
    member: member.id,
    host,
    port: member.port,
    url,
    ...(options.tls && { tls: absolute(options.tls) }),
  };
  writeFileSync(paths.config, json(config));
  const { privateJwk, publicKey } = newAppKey();
  const database = openMemberDatabase(paths.database);
  try {
    await sqliteApps(database).put({
      id: "desk",
      name: "desk",
      keys: [publicKey],
      scopes: allScopes,
      disabled: false,
      createdAt: options.clock.now(),
    });
  } finally {
    database.close();
  }
  writeAppFile(making, { version: 1, app: "desk", member: member.id, baseUrl: url, jwk: privateJwk, scopes: [...allScopes] });
}

/** The members' processes may be started from another folder. */
function absolute(tls: { readonly certificate: string; readonly key: string }) {
  return { certificate: resolve(tls.certificate), key: resolve(tls.key) };
}

function urlOf(member: FounderConfig, options: FoundOptions): string {
  return member.url ?? `${options.tls === undefined ? "http" : "https"}://${host}:${member.port}`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function assertFree(folder: string): void {
  if (existsSync(dataPaths(folder).genesis)) {
    throw new Cannot(
      "already-founded",
      `${folder} 中已有联盟；换一个文件夹（--data），或直接运行 vermilion start`,
      `${folder} holds a consortium already; choose another folder (--data), or go on with \`vermilion start\``,
    );
  }
  let held: readonly string[];
  try {
    held = existsSync(folder) ? readdirSync(folder) : [];
  } catch (error) {
    throw notUsable(folder, "不是可读的文件夹", "is not a folder that can be read", error);
  }
  if (held.length > 0) throw notUsable(folder, `不是空文件夹（有 ${held[0]}）`, `is not empty (it holds ${held[0]})`);
}

/** One rename over a folder that is absent or empty (POSIX rename): a second founder at the same moment fails, nothing is overwritten. */
function moveInto(making: string, folder: string): void {
  try {
    renameSync(making, folder);
  } catch (error) {
    throw notUsable(folder, "无法写入，或不可替换（挂载点）", "cannot be written or replaced (is it a mount point?)", error);
  }
}

function notUsable(folder: string, zh: string, en: string, cause?: unknown): Cannot {
  return new Cannot(
    "folder-not-usable",
    `${folder} ${zh}；请选一个不存在或空的文件夹（--data）`,
    `${folder} ${en}; choose a folder that does not exist or is empty (--data)`,
    cause,
  );
}

function makingPrefix(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.founding-`);
}

/** Removes what founders that died half-way left: the keys in there never signed a genesis that anybody has. */
function removeAbandoned(folder: string): void {
  const prefix = basename(makingPrefix(folder));
  for (const name of readdirSync(dirname(folder))) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (pid > 0 && !isRunning(pid)) rmSync(join(dirname(folder), name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
