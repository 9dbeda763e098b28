import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type MemberPlatform, openChain, type RunningChain } from "@vermilion/member";
import { chainRules } from "@vermilion/member/rules";
import { Fault, found, type GenesisFile, nativeCrypto } from "@vermilion/node";
import type { Log, PeerCall, Peers } from "@vermilion/node/ports/index";
import { processPace } from "@vermilion/node/ports/pace";
import { makeMember, type TestMember } from "./entries.ts";
import { type MemoryStores, memoryStores } from "./memory/index.ts";
import { memoryKeys } from "./memory-keys.ts";

/** Whole members over the memory platform in one process; calls between them go through `network`, which a test may spoil. */
export interface Cluster {
  readonly genesis: GenesisFile;
  readonly network: Network;
  readonly nodes: ReadonlyMap<string, Node>;
  node(id: string): Node;
  /** Opens a member over its old stores, as a new process would. */
  restart(id: string): Promise<void>;
  /** Ends a member without a goodbye: what it was doing goes on into the void. */
  kill(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface Node {
  readonly id: string;
  readonly identity: TestMember;
  stores: MemoryStores;
  running: RunningChain | undefined;
  readonly errors: { readonly event: string; readonly fields: unknown }[];
}

interface Network {
  /** Answers what to do with a call before it is delivered, and with its answer. `repeat`: it arrives twice, the second answer counts. */
  spoil: (from: string, to: string, call: PeerCall) => "deliver" | "drop" | "lose-answer" | "repeat";
  /** May replace the bytes of an answer. */
  alter: (from: string, to: string, call: PeerCall, answer: Uint8Array) => Uint8Array;
  calls: number;
}

export interface ClusterOptions {
  readonly members?: readonly string[];
  /** ms that a member's clock is ahead. */
  readonly clockAheadMs?: Readonly<Record<string, number>>;
  /** Puts something of the test's own between a member and its ports, each time that it is opened. */
  readonly platform?: (node: Node, platform: MemberPlatform) => MemberPlatform;
}

export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const identities = (options.members ?? ["platform", "inspection", "customs", "tax"]).map(makeMember);
  const keys = Object.fromEntries(identities.map((identity) => [identity.id, memoryKeys(identity)]));
  const genesis = await found(
    {
      name: "test.example",
      names: { zh: "测试联盟", en: "Test consortium" },
      time: Date.now() - 1_000,
      id: randomBytes(16).toString("hex"),
    },
    identities.map(({ id, uscc }) => ({
      about: { id, names: { zh: id, en: id }, uscc, url: `http://${id}.test.example` },
      keys: keys[id]!,
    })),
    nativeCrypto,
    chainRules,
  );
  if ("refused" in genesis) throw new Error(genesis.detail);
  const network: Network = { spoil: () => "deliver", alter: (_from, _to, _call, answer) => answer, calls: 0 };
  const nodes = new Map<string, Node>();
  const peersOf = (from: string): Peers => ({
    async call(to, call, body) {
      network.calls += 1;
      const fate = network.spoil(from, to, call);
      const target = nodes.get(to)?.running;
      // A call crosses the event loop at least once, as a real one would.
      await sleep(0);
      if (fate === "drop" || target === undefined) throw new Fault("peer-unreachable", `${to} does not answer`);
      if (fate === "repeat") await target.peerDoor.handle(from, call, body);
      const answer = await target.peerDoor.handle(from, call, body);
      await sleep(0);
      if (fate === "lose-answer") throw new Fault("peer-unreachable", "the answer was lost");
      return network.alter(from, to, call, answer);
    },
  });
  const open = async (node: Node): Promise<void> => {
    const log: Log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (event, fields) => void (process.env["CLUSTER_LOG"] === undefined || console.warn(node.id, event, fields)),
      error: (event, fields) => {
        node.errors.push({ event, fields });
        if (process.env["CLUSTER_LOG"] !== undefined) console.error(node.id, event, fields);
      },
    };
    const ahead = options.clockAheadMs?.[node.id] ?? 0;
    const platform: MemberPlatform = {
      crypto: nativeCrypto,
      ...node.stores,
      keys: keys[node.id]!,
      peers: peersOf(node.id),
      clock: { now: () => Date.now() + ahead, sleep: (ms) => sleep(ms) },
      random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
      log,
      pace: processPace,
    };
    node.running = await openChain(options.platform?.(node, platform) ?? platform, { member: node.id, genesis });
    node.running.start();
  };
  for (const identity of identities) {
    const node: Node = { id: identity.id, identity, stores: memoryStores(), running: undefined, errors: [] };
    nodes.set(identity.id, node);
  }
  for (const node of nodes.values()) await open(node);
  const node = (id: string): Node => {
    const found = nodes.get(id);
    if (found === undefined) throw new Error(`no member ${id}`);
    return found;
  };
  const kill = async (id: string): Promise<void> => {
    const old = node(id).running;
    node(id).running = undefined;
    await old?.close();
  };
  return {
    genesis,
    network,
    nodes,
    node,
    kill,
    restart: async (id) => {
      await kill(id);
      node(id).stores = memoryStores(node(id).stores.table);
      await open(node(id));
    },
    close: async () => {
      await Promise.all([...nodes.keys()].map(kill));
    },
  };
}

export async function eventually<T>(look: () => Promise<T | undefined | false>, withinMs = 10_000): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error("did not come about in time");
    await sleep(20);
  }
}
