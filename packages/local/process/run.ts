import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createApi, oneChain } from "@vermilion/api";
import { openMember, type RunningMember } from "@vermilion/member/open-member";
import type { Files } from "@vermilion/member/ports/index";
import type { Services } from "@vermilion/member/services";
import { Fault } from "@vermilion/node/fault";
import { makeStatement } from "@vermilion/node/founding/statement";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { systemClock } from "@vermilion/node/host/system-clock";
import { systemRandom } from "@vermilion/node/host/system-random";
import { connectPeers } from "@vermilion/node/peers/connect";
import type { Keys, Log } from "@vermilion/node/ports/index";
import { processPace } from "@vermilion/node/ports/pace";
import { Cannot } from "../cannot.ts";
import { chainsOf, type LocalChain } from "../config/chains.ts";
import { adminSocket, dataPaths } from "../config/paths.ts";
import { readMemberConfig } from "../config/read.ts";
import type { LogLevel, MemberFileConfig } from "../config/schemas.ts";
import { takeLock } from "../disk/lock.ts";
import { diskFiles } from "../files/on-disk.ts";
import { packagedDocsFile } from "../http/docs-files.ts";
import { prometheusMetrics } from "../http/prometheus.ts";
import { serveHttp } from "../http/server.ts";
import { openKeyFiles } from "../keys/jwk-files.ts";
import { pinoLog } from "../logs/pino.ts";
import { chooseSocketPlace, forgetSocketPlace } from "../sockets/address.ts";
import { serveSocket } from "../sockets/door.ts";
import {
  type ChainDatabase,
  type Database,
  type MemberDatabase,
  openChainDatabase,
  openMemberDatabase,
  sqliteApps,
  sqliteCalls,
  sqliteLedger,
  sqliteRaftStore,
  sqliteRecordKeys,
} from "../sqlite/index.ts";
import { adminDoor } from "./admin.ts";

export interface MemberProcessOptions {
  readonly data: string;
  readonly member: string;
  /** Over that of `config.json`; `info` where neither says. */
  readonly logLevel?: LogLevel;
  /** PEM files; over those of `config.json`. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** The owner asked through the admin socket that the process ends. */
  readonly onStopAsked: () => void;
}

export interface MemberProcess {
  readonly url: string;
  readonly port: number;
  readonly log: Log;
  /** Drains: running calls end, new ones are refused with `draining`, then everything is closed. May be called again. */
  stop(reason: string): Promise<void>;
}

const drainMs = 5_000;

/**
 * The composition root of one member on this computer: lock, storage, keys, peers, member, API, HTTP, admin socket; the list below is the
 * order in which they stand on each other, and they are closed in the opposite one. Throws `Cannot` with what a person must do.
 */
export async function runMember(options: MemberProcessOptions): Promise<MemberProcess> {
  const paths = dataPaths(options.data).member(options.member);
  const config = readMemberConfig(options.data, options.member);
  const [main] = chainsOf(options.data, options.member);
  if (main === undefined) throw new Error("bug: a member has a main chain");
  const tls = options.tls ?? config.tls;
  assertUrlFits(config, tls !== undefined);
  assertKeysPrivate(paths.keys);
  let isDraining = false;
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    const lock = takeLock(paths.lock) ?? fail(alreadyRunning(options.member));
    closers.push(() => lock.release());
    const log = pinoLog(paths.log, options.logLevel ?? config.logLevel ?? "info", { member: options.member }, config.logRetentionDays);
    closers.push(() => log.flush());
    const own = openStorage(openMemberDatabase, paths.database);
    closers.push(() => own.close());
    const database = openStorage(openChainDatabase, main.paths.database);
    closers.push(() => database.close());
    const { running, handle, apps, closePeers } = await compose(
      config,
      main,
      { own, database, files: diskFiles(main.paths.files) },
      openKeys(paths.keys),
      log,
      tls,
      () => isDraining,
    );
    closers.push(() => running.close(), closePeers);
    const server = await serveHttp({ handle, host: config.host, port: config.port, ...(tls && { tls }) });
    closers.push(() => server.close(drainMs));
    const door = await serveSocket(
      chooseSocketPlace(paths.home, adminSocket),
      adminDoor({ apps, clock: systemClock, stop: options.onStopAsked }),
    );
    closers.push(
      () => forgetSocketPlace(paths.home, adminSocket),
      () => door.close(),
    );
    running.start();
    log.info("started", { url: config.url, chain: running.chain, pid: process.pid });
    const stopping = (reason: string) => {
      log.info("stopping", { reason });
      isDraining = true;
      return closeAll();
    };
    let stopped: Promise<void> | undefined;
    return { url: config.url, port: server.port, log, stop: (reason) => (stopped ??= stopping(reason)) };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function compose(
  config: MemberFileConfig,
  { chain, genesis }: LocalChain,
  { own, database, files }: { readonly own: MemberDatabase; readonly database: ChainDatabase; readonly files: Files },
  keys: Keys,
  log: Log,
  tls: { readonly certificate: string } | undefined,
  isDraining: () => boolean,
) {
  const { member } = config;
  const world = { crypto: nativeCrypto, clock: systemClock, random: systemRandom, log, keys };
  const ca = tls === undefined ? {} : { ca: readFileSync(tls.certificate, "utf8") };
  const { directory, session, checkSession, peers } = connectPeers(world, { member, chain, ...ca });
  const apps = sqliteApps(own);
  const calls = sqliteCalls(own);
  const running: RunningMember = await openMember(
    {
      ...world,
      ledger: sqliteLedger(database),
      raftStore: sqliteRaftStore(database),
      recordKeys: sqliteRecordKeys(database),
      files,
      peers,
      pace: processPace,
    },
    { member, genesis },
  );
  await directory.follow(async () => (await running.services.members({})).items);
  const api = createApi({
    ...world,
    chains: oneChain(running.chain, { services: running.services, peers: running.peerDoor }),
    session,
    checkSession,
    calls,
    apps,
    baseUrl: config.url,
    member,
    metrics: prometheusMetrics(member, () => running.services.health({})),
    isDraining,
    docsFile: packagedDocsFile,
    ...(config.quotas === undefined ? {} : { quotas: config.quotas }),
    statement: () => ownStatement(config, running.services, keys),
  });
  return {
    running,
    apps,
    handle: (request: Request, caller: { readonly address?: string }) => api.fetch(request, caller),
    closePeers: () => peers.close(),
  };
}

/** Made when somebody asks: on this platform a signature costs nothing. */
async function ownStatement({ member, url }: MemberFileConfig, services: Services, keys: Keys): Promise<string | undefined> {
  const row = (await services.members({})).items.find(({ id }) => id === member);
  return row && makeStatement({ id: member, names: row.names, uscc: row.uscc, url }, keys, nativeCrypto);
}

function openStorage<Opened extends Database>(open: (file: string) => Opened, file: string): Opened {
  try {
    return open(file);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.code === "storage-layout-newer") {
      throw new Cannot(
        "storage-layout-newer",
        `${file} 由更新版本的程序写成，请升级程序`,
        `${file} was written by a newer version; upgrade`,
        error,
      );
    }
    throw new Cannot("storage-unusable", `无法打开 ${file}：${error.detail}`, `${file} cannot be opened: ${error.detail}`, error);
  }
}

function openKeys(folder: string): Keys {
  try {
    return openKeyFiles(folder);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Cannot("keys-unusable", `密钥不可用：${error.detail}`, `the keys cannot be used: ${error.detail}`, error);
  }
}

/** The folder that holds the keys must be its owner's alone, whoever may read a file inside is judged by `openKeyFiles`. */
function assertKeysPrivate(folder: string): void {
  for (const path of [folder, ...["sign.jwk", "log.jwk", "cosign.jwk", "agree.jwk", "wrap.key"].map((name) => join(folder, name))]) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined || (stat.mode & 0o077) === 0) continue;
    const wanted = stat.isDirectory() ? "700" : "600";
    throw new Cannot(
      "keys-readable-by-others",
      `${path} 可被其他用户读写；运行 chmod ${wanted} ${path}，并考虑谁可能读过它`,
      `${path} is open to others; run chmod ${wanted} ${path}, and think of who may have read it`,
    );
  }
}

/** The address that apps and peers sign for is in the genesis; serving another scheme would make every signature fail one by one. */
function assertUrlFits(config: MemberFileConfig, withTls: boolean): void {
  const isHttps = config.url.startsWith("https:");
  if (isHttps && !withTls) {
    throw new Cannot(
      "tls-unusable",
      `${config.member} 的地址是 ${config.url}，须给出证书与私钥（--tls-cert、--tls-key）`,
      `the address of ${config.member} is ${config.url}: give a certificate and its key (--tls-cert, --tls-key)`,
    );
  }
  if (!isHttps && withTls) {
    throw new Cannot(
      "tls-unusable",
      `联盟成立时 ${config.member} 的地址是 ${config.url}（无 TLS）；要用 TLS，请以 --tls-cert、--tls-key 重新建立联盟`,
      `the consortium was founded with ${config.url} (no TLS) for ${config.member}; found one with --tls-cert and --tls-key to use TLS`,
    );
  }
}

function alreadyRunning(member: string): Cannot {
  return new Cannot("already-running", `${member} 已在运行`, `${member} is running already`);
}

function fail(error: Error): never {
  throw error;
}
