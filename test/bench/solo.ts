import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  dataPaths,
  foundConsortium,
  openDatabase,
  openKeyFiles,
  readGenesis,
  sampleUscc,
  sqliteLedger,
  sqliteRaftStore,
  sqliteRecordKeys,
  systemClock,
  systemRandom,
} from "@vermilion/local";
import { diskFiles } from "@vermilion/local/disk-files";
import { Fault, type Keys, nativeCrypto, openMember, type RunningMember } from "@vermilion/member";
import { processPace } from "@vermilion/member/turns/pace";
import type { Cleanup } from "./cleanup.ts";
import type { Settings } from "./figure.ts";
import { benchFields, benchType, benchTypeId, type Shown } from "./material.ts";

const member = "solo";
/** Calls that are under way at one time. */
export const callsUnderWay = 16;
const pollMs = 4;

export interface Solo {
  readonly running: RunningMember;
  readonly keys: Keys;
  readonly file: string;
  readonly shown: Shown;
  readonly counts: { checks: number };
}

export interface Ready {
  readonly calls: readonly Uint8Array[];
  readonly entries: number;
  readonly entryBytes: number;
}

/** One member of a consortium of one, on the local platform, in this process, with a certificate to speak of. */
export async function openSolo(settings: Settings, cleanup: Cleanup): Promise<Solo> {
  const data = join(cleanup.temporaryFolder(settings.folder), "data");
  const founders = [{ id: member, names: { zh: member, en: member }, uscc: sampleUscc(0), port: 7301 }];
  const config = { version: 1 as const, name: "bench.example", names: { zh: "基准", en: "Bench" }, members: founders };
  await foundConsortium({ data, config, clock: systemClock, random: systemRandom });
  const paths = dataPaths(data).member(member);
  const database = openDatabase(paths.database);
  cleanup.add(() => database.close());
  const keys = openKeyFiles(paths.keys);
  const counts = { checks: 0 };
  const silent = () => undefined;
  const running = await openMember(
    {
      crypto: {
        ...nativeCrypto,
        verify: (jwk, message, signature) => {
          counts.checks += 1;
          return nativeCrypto.verify(jwk, message, signature);
        },
      },
      keys,
      clock: systemClock,
      random: systemRandom,
      log: {
        debug: silent,
        info: silent,
        warn: silent,
        error: (event, fields) => settings.progress(`N0: ${event} ${JSON.stringify(fields)}`),
      },
      ledger: sqliteLedger(database),
      raftStore: sqliteRaftStore(database),
      files: diskFiles(paths.files),
      recordKeys: sqliteRecordKeys(database),
      pace: processPace,
      peers: { call: async (to) => Promise.reject(new Fault("peer-unreachable", `there is no ${to}`)) },
    },
    { member, genesis: readGenesis(data) },
  );
  cleanup.add(() => running.close());
  running.start();
  return { running, keys, file: paths.database, shown: await issueOne(running), counts };
}

/** The certificate that the entries speak of; each attempt waits until the member leads itself. */
async function issueOne(running: RunningMember): Promise<Shown> {
  const caller = { app: "desk", operator: "bench" };
  const waiting = { waitMs: 20_000 };
  const defined = await running.services.defineType(
    benchType([member]) as Parameters<typeof running.services.defineType>[0],
    caller,
    waiting,
  );
  if ("refused" in defined) throw new Error(`the type was refused: ${defined.refused} ${defined.detail}`);
  const issued = await running.services.issue({ type: benchTypeId, fields: benchFields() }, caller, waiting);
  if ("refused" in issued) throw new Error(`the certificate was refused: ${issued.refused} ${issued.detail}`);
  return { certificate: issued.certificate, issuerSigned: issued.issuerSignedSha256, issuerCode: sampleUscc(0) };
}

/** Seconds from the first call to the last entry published. */
export async function handIn({ running }: Solo, { calls, entries }: Ready): Promise<number> {
  const wanted = (await head(running)).entries + entries;
  const left = [...calls];
  const began = performance.now();
  const send = async (): Promise<void> => {
    for (let body = left.shift(); body !== undefined; body = left.shift()) await running.peerDoor.handle(member, "proposals", body);
  };
  await Promise.all(Array.from({ length: callsUnderWay }, send));
  while ((await head(running)).entries < wanted) await sleep(pollMs);
  return (performance.now() - began) / 1_000;
}

/** Leaves that are no headers are entries. */
export async function head(running: RunningMember): Promise<{ height: number; entries: number }> {
  const [chain] = (await running.services.health()).chains;
  if (chain === undefined) throw new Error("a member without a chain");
  return { height: chain.height, entries: chain.size - chain.height - 1 };
}
