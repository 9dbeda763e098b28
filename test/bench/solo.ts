import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  chainOf,
  dataPaths,
  foundConsortium,
  isFounded,
  openChainDatabase,
  openKeyFiles,
  readGenesis,
  sampleUscc,
  sqliteLedger,
  sqliteRaftStore,
  sqliteRecordKeys,
  systemClock,
  systemRandom,
} from "@vermilion/local";
import { diskFiles } from "@vermilion/local/files/on-disk";
import { openChain, type RunningChain } from "@vermilion/member";
import { Fault, nativeCrypto } from "@vermilion/node";
import type { Keys } from "@vermilion/node/ports/index";
import { processPace } from "@vermilion/node/ports/pace";
import type { Cleanup } from "./cleanup.ts";
import { type Latency, latencyOf, type Settings } from "./figure.ts";
import { benchFields, benchType, benchTypeId, type Shown } from "./material.ts";

const member = "solo";
/** Calls that are under way at one time. */
export const callsUnderWay = 16;
const pollMs = 4;

export interface Solo {
  readonly member: string;
  readonly running: RunningChain;
  readonly keys: Keys;
  readonly file: string;
  readonly counts: { checks: number };
}

export interface Ready {
  readonly calls: readonly Uint8Array[];
  readonly entries: number;
  readonly entryBytes: number;
}

/** One member of a consortium of one, on the local platform, in this process, with a certificate to speak of. */
export async function openSolo(settings: Settings, cleanup: Cleanup): Promise<Solo & { readonly shown: Shown }> {
  const solo = await openSoloIn(join(cleanup.temporaryFolder(settings.folder), "data"), settings, cleanup);
  return { ...solo, shown: await issueOne(solo.running) };
}

/** The same in a folder that stays, founded there unless it was before. */
export async function openSoloIn(data: string, settings: Settings, cleanup: Cleanup): Promise<Solo> {
  const founders = [{ id: member, names: { zh: member, en: member }, uscc: sampleUscc(0), port: 7301 }];
  const config = { version: 1 as const, name: "bench.example", names: { zh: "基准", en: "Bench" }, members: founders };
  if (!isFounded(data)) await foundConsortium({ data, config, clock: systemClock, random: systemRandom });
  const paths = dataPaths(data).member(member);
  const main = chainOf(data, member, "main").paths;
  const database = openChainDatabase(main.database);
  cleanup.add(() => database.close());
  const keys = openKeyFiles(paths.keys);
  const counts = { checks: 0 };
  const silent = () => undefined;
  const running = await openChain(
    {
      crypto: {
        ...nativeCrypto,
        verify: (jwk, message, signature) => {
          counts.checks += 1;
          return nativeCrypto.verify(jwk, message, signature);
        },
        verifyApart: (jwk, message, signature) => {
          counts.checks += 1;
          return nativeCrypto.verifyApart(jwk, message, signature);
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
      files: diskFiles(main.files),
      recordKeys: sqliteRecordKeys(database),
      pace: processPace,
      peers: { call: async (to) => Promise.reject(new Fault("peer-unreachable", `there is no ${to}`)) },
    },
    { member, genesis: readGenesis(data) },
  );
  cleanup.add(() => running.close());
  running.start();
  return { member, running, keys, file: main.database, counts };
}

/** The certificate that the entries speak of; each attempt waits until the member leads itself. */
async function issueOne(running: RunningChain): Promise<Shown> {
  const caller = { app: "desk", operator: "bench" };
  const waiting = { waitMs: 20_000 };
  const defined = await running.services.defineType({ type: benchType([member]) }, caller, waiting);
  if ("refused" in defined) throw new Error(`the type was refused: ${defined.refused} ${defined.detail}`);
  const issued = await running.services.issueCertificate({ type: benchTypeId, fields: benchFields() }, caller, waiting);
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

export interface Offered {
  readonly offeredPerS: number;
  readonly achievedPerS: number;
  /** From when an entry was due until it was published. */
  readonly latencyMs: Latency;
}

/**
 * Open loop: each call is handed in when its time has come, whether or not those before it are answered, so that a member that falls behind
 * shows it in every later latency (no coordinated omission). The k-th entry that is published counts as the k-th that was due.
 */
export async function offer({ running }: Solo, { calls, entries }: Ready, offeredPerS: number): Promise<Offered> {
  const perCall = Math.ceil(entries / calls.length);
  const first = (await head(running)).entries;
  const began = performance.now();
  const dueAt = (entry: number) => (Math.floor(entry / perCall) * perCall * 1_000) / offeredPerS;
  const latencies: number[] = [];
  const under: Promise<unknown>[] = [];
  let handed = 0;
  while (latencies.length < entries) {
    const now = performance.now() - began;
    for (; handed < calls.length && dueAt(handed * perCall) <= now; handed++) {
      const body = calls[handed];
      if (body !== undefined) under.push(running.peerDoor.handle(member, "proposals", body));
    }
    const published = (await head(running)).entries - first;
    for (const at = performance.now() - began; latencies.length < published; ) latencies.push(at - dueAt(latencies.length));
    await sleep(pollMs);
  }
  const seconds = (performance.now() - began) / 1_000;
  await Promise.all(under);
  return { offeredPerS: Math.round(offeredPerS), achievedPerS: Math.round(entries / seconds), latencyMs: latencyOf(latencies) };
}

/** Leaves that are no headers are entries. */
export async function head(running: RunningChain): Promise<{ height: number; entries: number }> {
  const [chain] = (await running.services.health({})).chains;
  if (chain === undefined) throw new Error("a member without a chain");
  return { height: chain.height, entries: chain.size - chain.height - 1 };
}
