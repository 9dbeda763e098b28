import { systemClock } from "@vermilion/node/host/system-clock";
import type { Log } from "@vermilion/node/ports/index";
import { chainsOf } from "../config/chains.ts";
import { adminSocket, dataPaths } from "../config/paths.ts";
import { readMemberConfig } from "../config/read.ts";
import type { LogLevel } from "../config/schemas.ts";
import { serveHttp } from "../http/server.ts";
import { pinoLog } from "../logs/pino.ts";
import { chooseSocketPlace, forgetSocketPlace } from "../sockets/address.ts";
import { serveSocket } from "../sockets/door.ts";
import { openMemberDatabase } from "../sqlite/index.ts";
import { adminDoor } from "./admin.ts";
import { compose } from "./compose.ts";
import { assertKeysPrivate, assertUrlFits, lockMember, openKeys, openStorage } from "./startable.ts";

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
 * Runs one member on this computer: lock, log, storage, what is composed of them, HTTP, admin socket; the list below is the order in which they
 * stand on each other, and they are closed in the opposite one. Throws `Cannot` with what a person must do.
 */
export async function runMember(options: MemberProcessOptions): Promise<MemberProcess> {
  const { data, member } = options;
  const paths = dataPaths(data).member(member);
  const config = readMemberConfig(data, member);
  const chains = chainsOf(data, member);
  const tls = options.tls ?? config.tls;
  assertUrlFits(config, tls !== undefined);
  assertKeysPrivate(paths.keys);
  let isDraining = false;
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async () => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    const lock = lockMember(member, paths.lock);
    closers.push(() => lock.release());
    const log = pinoLog(paths.log, options.logLevel ?? config.logLevel ?? "info", { member }, config.logRetentionDays);
    closers.push(() => log.flush());
    const database = openStorage(openMemberDatabase, paths.database);
    closers.push(() => database.close());
    const composed = await compose({ config, chains, database, keys: openKeys(paths.keys), log, tls, isDraining: () => isDraining });
    closers.push(composed.close);
    const server = await serveHttp({ handle: composed.handle, host: config.host, port: config.port, ...(tls && { tls }) });
    closers.push(() => server.close(drainMs));
    const door = await serveSocket(
      chooseSocketPlace(paths.home, adminSocket),
      adminDoor({ apps: composed.apps, clock: systemClock, stop: options.onStopAsked }),
    );
    closers.push(
      () => forgetSocketPlace(paths.home, adminSocket),
      () => door.close(),
    );
    composed.start();
    log.info("started", { url: config.url, chains: chains.map(({ chain }) => chain), pid: process.pid });
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
