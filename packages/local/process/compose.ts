import { readFileSync } from "node:fs";
import { createApi } from "@vermilion/api";
import { type ChainPlatform, openMember, type RunningChain } from "@vermilion/member/open-member";
import type { Apps } from "@vermilion/member/ports/index";
import { makeStatement } from "@vermilion/node/founding/statement";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { systemClock } from "@vermilion/node/host/system-clock";
import { systemRandom } from "@vermilion/node/host/system-random";
import { type ChainConnection, type Connections, connectPeers } from "@vermilion/node/peers/connect";
import type { Keys } from "@vermilion/node/ports/index";
import { processPace } from "@vermilion/node/ports/pace";
import type { LocalChain } from "../config/chains.ts";
import type { MemberFileConfig } from "../config/schemas.ts";
import { diskFiles } from "../files/on-disk.ts";
import { packagedDocsFile } from "../http/docs-files.ts";
import { prometheusMetrics } from "../http/prometheus.ts";
import type { LocalLog } from "../logs/pino.ts";
import {
  type ChainDatabase,
  type MemberDatabase,
  openChainDatabase,
  sqliteApps,
  sqliteCalls,
  sqliteLedger,
  sqliteRaftStore,
  sqliteRecordKeys,
} from "../sqlite/index.ts";
import { openStorage } from "./startable.ts";

export interface Parts {
  readonly config: MemberFileConfig;
  /** The main one first. */
  readonly chains: readonly LocalChain[];
  readonly database: MemberDatabase;
  readonly keys: Keys;
  readonly log: LocalLog;
  readonly tls: { readonly certificate: string } | undefined;
  readonly isDraining: () => boolean;
}

export interface Composed {
  readonly apps: Apps;
  handle(request: Request, caller: { readonly address?: string }): Response | Promise<Response>;
  start(): void;
  close(): Promise<void>;
}

const world = { crypto: nativeCrypto, clock: systemClock, random: systemRandom } as const;

/** A member of its parts: a node a chain, each over a file of its own, with one session and one set of connections; before them the API. */
export async function compose(parts: Parts): Promise<Composed> {
  const { config, keys, log, database, tls } = parts;
  const { member } = config;
  const ca = tls === undefined ? {} : { ca: readFileSync(tls.certificate, "utf8") };
  const connections = connectPeers({ ...world, keys }, { member, ...ca });
  const apps = sqliteApps(database);
  const opened: OpenedChain[] = [];
  const closeFiles = () => {
    for (const chain of opened) chain.database.close();
    connections.close();
  };
  try {
    for (const chain of parts.chains) opened.push(openFiles(chain, connections, log));
    const running = await openMember(
      { ...world, keys, pace: processPace, member },
      opened.map(({ platform }) => platform),
    );
    const doors = await Promise.all(running.chains.map((chain, at) => doorOf(chain, opened[at]?.connection)));
    const api = createApi({
      ...world,
      keys,
      log,
      chains: { main: running.chains[0]?.chain ?? "", of: (chain) => doors.find((door) => door.chain === chain) },
      session: connections.session,
      calls: sqliteCalls(database),
      apps,
      baseUrl: config.url,
      member,
      metrics: prometheusMetrics(member, () => Promise.all(running.chains.map(({ services }) => services.health({})))),
      isDraining: parts.isDraining,
      docsFile: packagedDocsFile,
      ...(config.quotas === undefined ? {} : { quotas: config.quotas }),
      statement: () => ownStatement(config, running.chains[0], keys),
    });
    return {
      apps,
      handle: (request, caller) => api.fetch(request, caller),
      start: () => running.start(),
      close: async () => {
        await running.close();
        closeFiles();
      },
    };
  } catch (error) {
    closeFiles();
    throw error;
  }
}

interface OpenedChain {
  readonly database: ChainDatabase;
  readonly connection: ChainConnection;
  readonly platform: ChainPlatform;
}

function openFiles({ chain, genesis, paths }: LocalChain, connections: Connections, log: LocalLog): OpenedChain {
  const database = openStorage(openChainDatabase, paths.database);
  const connection = connections.ofChain(chain);
  const platform: ChainPlatform = {
    genesis,
    log: log.ofChain(chain),
    ledger: sqliteLedger(database),
    raftStore: sqliteRaftStore(database),
    recordKeys: sqliteRecordKeys(database),
    files: diskFiles(paths.files),
    peers: connection.peers,
  };
  return { database, connection, platform };
}

/** What the API needs of a chain, whose members are known from now on. */
async function doorOf({ chain, services, peerDoor }: RunningChain, connection: ChainConnection | undefined) {
  if (connection === undefined) throw new Error("bug: a chain runs that was not opened");
  await connection.directory.follow(async () => (await services.members({})).items);
  return { chain, services, peers: peerDoor, checkSession: connection.checkSession };
}

/** Made when somebody asks: on this platform a signature costs nothing. */
async function ownStatement({ member, url }: MemberFileConfig, main: RunningChain | undefined, keys: Keys): Promise<string | undefined> {
  const row = (await main?.services.members({}))?.items.find(({ id }) => id === member);
  return row && makeStatement({ id: member, names: row.names, uscc: row.uscc, url }, keys, nativeCrypto);
}
