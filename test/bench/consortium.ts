import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type AppCredentials, type Client, createClient, type Health } from "@vermilion/client";
import {
  chainOf,
  consortiumOf,
  dataPaths,
  defaultMembers,
  defaultName,
  foundConsortium,
  openKeyFiles,
  readAppFile,
  readGenesis,
  sampleUscc,
  startSupervisor,
  systemClock,
  systemRandom,
} from "@vermilion/local";
import { chainRules } from "@vermilion/member/rules";
import { checkGenesis, createPeerSession, createSessionCheck, nativeCrypto } from "@vermilion/node";
import { httpPeers } from "@vermilion/node/peers/http-peers";
import type { Keys, Peers } from "@vermilion/node/ports/index";
import type { Cleanup } from "./cleanup.ts";
import type { Settings } from "./figure.ts";
import { benchFields, benchType, benchTypeId, type Shown } from "./material.ts";

/** One of the four members: its process, and what this process needs to speak to it and in its name. */
export interface BenchMember {
  readonly id: string;
  readonly pid: number;
  readonly url: string;
  readonly app: AppCredentials;
  readonly client: Client;
  readonly keys: Keys;
  /** Calls to the other members, and to itself, signed by a session that this member's identity key has certified. */
  readonly peers: Peers;
  readonly database: string;
}

export interface BenchConsortium {
  readonly chain: string;
  readonly policy: string;
  readonly members: readonly BenchMember[];
  readonly shown: Shown;
  /** Ends all processes in order; the files stay until the end of the run. */
  stop(): Promise<void>;
}

type Chain = Health["chains"][number];

const cli = fileURLToPath(new URL("../../packages/cli/bin/vermilion.js", import.meta.url));

/**
 * The consortium that `npm start` runs, in a temporary folder and on free ports: four processes under a supervisor, real HTTP with signed
 * calls between them, one certificate issued. `profiles`: each process writes a V8 CPU profile there when it ends.
 */
export async function startConsortium(settings: Settings, cleanup: Cleanup, profiles?: string): Promise<BenchConsortium> {
  const data = join(cleanup.temporaryFolder(settings.folder), "data");
  const ids = [...defaultMembers];
  const config = consortiumOf(ids, { name: defaultName, firstPort: await freePorts(ids.length) });
  const genesis = await foundConsortium({ data, config, clock: systemClock, random: systemRandom });
  const checked = checkGenesis(readGenesis(data), nativeCrypto, chainRules);
  if ("refused" in checked || genesis.entry === "") throw new Error("the new genesis does not hold");
  const supervisor = await withNodeOptions(profiles === undefined ? undefined : `--cpu-prof --cpu-prof-dir=${profiles}`, () =>
    startSupervisor({
      data,
      command: (id) => ({ script: cli, args: ["member", id, "--data", data, "--supervised"] }),
      onChange: () => undefined,
      readyTimeoutMs: 60_000,
    }),
  );
  cleanup.add(
    () => supervisor.shutdown(),
    () => supervisor.kill(),
  );
  const members = supervisor.status().map(({ member: id, pid, url }): BenchMember => {
    const app = readAppFile(dataPaths(data).app(id, "desk"));
    const keys = openKeyFiles(dataPaths(data).member(id).keys);
    const world = { keys, clock: systemClock, crypto: nativeCrypto };
    const http = httpPeers({ ...world, session: createPeerSession({ ...world, member: id }) });
    const peers = http.ofChain({
      chain: checked.chain,
      checkSession: createSessionCheck({ ...world, memberKeyOf: async (other) => checked.membership.members.get(other)?.keys.sign }),
      urlOf: (other) => supervisor.status().find(({ member }) => member === other)?.url,
    });
    cleanup.add(() => http.close());
    const client = createClient({ baseUrl: url, app, operator: "bench", trust: "none" });
    return { id, pid: pid ?? 0, url, app, client, keys, peers, database: chainOf(data, id, "main").paths.database };
  });
  const shown = await issueOne(members);
  return { chain: checked.chain, policy: checked.membership.policyText, members, shown, stop: () => supervisor.shutdown() };
}

/** Children inherit this process's environment, so it has the variable for just as long as they are started. */
async function withNodeOptions<T>(value: string | undefined, start: () => Promise<T>): Promise<T> {
  const before = process.env["NODE_OPTIONS"];
  if (value !== undefined) process.env["NODE_OPTIONS"] = value;
  try {
    return await start();
  } finally {
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
  }
}

async function issueOne(members: readonly BenchMember[]): Promise<Shown> {
  const [issuer] = members;
  if (issuer === undefined) throw new Error("a consortium without members");
  await issuer.client.defineType({ type: benchType(members.map(({ id }) => id)) });
  const issued = await issuer.client.issueCertificate({ type: benchTypeId, fields: benchFields() });
  await everywhere(members, (chain) => chain.height >= (issued.blockNumber ?? 0));
  return { certificate: issued.certificate, issuerSigned: issued.issuerSignedSha256, issuerCode: sampleUscc(0) };
}

export async function chainsOf(members: readonly BenchMember[]): Promise<readonly Chain[]> {
  const all = await Promise.all(members.map(({ client }) => client.health()));
  return all.map(({ member, chains: [chain] }) => {
    if (chain === undefined) throw new Error(`${member} has no chain`);
    return chain;
  });
}

/** Leaves that are no headers are entries. */
export function entriesOf({ size, height }: Pick<Chain, "size" | "height">): number {
  return size - height - 1;
}

const lookAgainMs = 10;
const patienceMs = 120_000;

/** Waits until `holds` of every member's chain at one look. Answers the chains. */
export async function everywhere(members: readonly BenchMember[], holds: (chain: Chain) => boolean): Promise<readonly Chain[]> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const chains = await chainsOf(members);
    if (chains.every(holds)) return chains;
    if (Date.now() > giveUpAt) throw new Error(`the members did not get there: ${JSON.stringify(chains)}`);
    await sleep(lookAgainMs);
  }
}

/** Waits until all are asleep with the whole chain final and one head. Throws where heads of one height differ. */
export async function atRest(members: readonly BenchMember[]): Promise<Chain> {
  const chains = await everywhere(members, (chain) => chain.asleep && chain.finalSize === chain.size);
  const [first] = chains;
  if (first === undefined) throw new Error("a consortium without members");
  const same = chains.every(
    ({ height, headHash, state }) => height === first.height && headHash === first.headHash && state === first.state,
  );
  if (same) return first;
  if (chains.some(({ height, headHash }) => height === first.height && headHash !== first.headHash))
    throw new Error("two heads at one height");
  return atRest(members);
}

/** Seconds of CPU that the members and this process have used; undefined where the system does not say it in /proc (proc(5), stat). */
export function cpuNow(members: readonly BenchMember[]): { members: number; load: number } | undefined {
  const { user, system } = process.cpuUsage();
  try {
    const used = members.map(({ pid }) => {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      // After the name in brackets: utime and stime are the 14th and 15th fields, in ticks of 1/100 s.
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) / 100;
    });
    return { members: used.reduce((sum, seconds) => sum + seconds, 0), load: (user + system) / 1e6 };
  } catch {
    return undefined;
  }
}

/** The first of `count` ports in a row that nobody listens on now. */
async function freePorts(count: number): Promise<number> {
  for (let tried = 0; tried < 50; tried++) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await Promise.all(Array.from({ length: count }, (_, at) => isFree(first + at)));
    if (!free.includes(false)) return first;
  }
  throw new Error("no free ports");
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}
