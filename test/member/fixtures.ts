import { setTimeout as sleep } from "node:timers/promises";
import type { Json, JsonObject } from "@vermilion/ledger";
import type { Caller, MemberPlatform, Services, WriteOptions } from "@vermilion/member";
import { chainRules } from "@vermilion/member/rules";
import { Fault, fsck, nativeCrypto } from "@vermilion/node";
import { type Cluster, type ClusterOptions, eventually, type Node, openCluster } from "../support/cluster.ts";

/** What the fault and tamper suites share: a small certificate type, faster members, and the questions asked after every fault. */

export const caller: Caller = { app: "desk", operator: "zhang-san" };
export const options: WriteOptions = { waitMs: 10_000 };
export const memberIds = ["platform", "inspection", "customs", "tax"] as const;

/** A type that every member may issue; customs may read the name for clearance without being asked again. */
export const permit: JsonObject = {
  id: "permit",
  version: 1,
  names: { zh: "许可证", en: "Permit" },
  code: "11100000000019991T001",
  issuers: [...memberIds],
  parts: [],
  policies: [{ reader: "customs", part: "main", fields: ["name"], purposes: ["clearance"] }],
  fields: [
    field("name", { type: "string", minLength: 1, maxLength: 40 }, 1),
    field("creditCode", { type: "string", format: "uscc" }, 2),
    field("quantity", { type: "integer", minimum: 0, maximum: 1_000 }, 3),
  ],
};

function field(name: string, schema: Json, order: number): Json {
  return { name, names: { zh: name, en: name }, part: "main", schema, sensitivity: "internal", required: true, order };
}

export const permitFields = { name: "厦门市𠮷龘国际贸易", creditCode: "91350200MA2XQ7K095", quantity: 12 };

export function good<T extends object>(answer: T): Exclude<T, { refused: string }> {
  if ("refused" in answer) throw new Error(JSON.stringify(answer));
  return answer as Exclude<T, { refused: string }>;
}

/** A member whose timers run `factor` times as fast; what it reads from the clock stays true. */
function hastened(platform: MemberPlatform, factor: number): MemberPlatform {
  return { ...platform, clock: { now: () => platform.clock.now(), sleep: (ms) => platform.clock.sleep(ms / factor) } };
}

/** Four members with the type defined, whose timers run five times as fast. */
export async function openPermits(given: ClusterOptions = {}, factor = 5): Promise<Cluster> {
  const inner = given.platform ?? ((_node: Node, platform: MemberPlatform) => platform);
  const cluster = await openCluster({ ...given, platform: (node, platform) => inner(node, hastened(platform, factor)) });
  good(await servicesOf(cluster, "platform").defineType({ type: permit }, caller, options));
  await equalHeads(cluster);
  return cluster;
}

export function servicesOf(cluster: Cluster, id: string): Services {
  const { running } = cluster.node(id);
  if (running === undefined) throw new Error(`${id} is not running`);
  return running.services;
}

export async function chainOf(cluster: Cluster, id: string) {
  const [chain] = (await servicesOf(cluster, id).health({})).chains;
  if (chain === undefined) throw new Error("a member has a chain");
  return chain;
}

export const runningIds = (cluster: Cluster): string[] =>
  [...cluster.nodes.values()].filter(({ running }) => running !== undefined).map(({ id }) => id);

/** The member that leads and that all running members know as the leader. */
export function leaderOf(cluster: Cluster): Promise<string> {
  return eventually(async () => {
    const chains = await Promise.all(runningIds(cluster).map((id) => chainOf(cluster, id)));
    const [first] = chains;
    const { leader } = first ?? { leader: null };
    const agreed = leader !== null && chains.every((chain) => chain.leader === leader && chain.term === first?.term);
    return agreed && runningIds(cluster).includes(leader) ? leader : undefined;
  });
}

/** Waits until all running members stand at one head, have one state and nothing more to do. */
export async function equalHeads(cluster: Cluster, withinMs = 15_000): Promise<string> {
  let seen: unknown;
  try {
    return await eventually(async () => {
      const chains = await Promise.all(runningIds(cluster).map((id) => chainOf(cluster, id)));
      seen = chains.map(({ role, term, height, asleep, finalSize, size, leader }) => ({
        role,
        term,
        height,
        asleep,
        finalSize,
        size,
        leader,
      }));
      const heads = new Set(chains.map(({ headHash, state }) => `${headHash} ${state}`));
      return heads.size === 1 && chains.every(({ asleep, finalSize, size }) => asleep && finalSize === size) ? [...heads][0] : undefined;
    }, withinMs);
  } catch {
    throw new Error(`no four equal heads: ${JSON.stringify(seen)}`);
  }
}

/** No member's ledger has anything wrong in it, and no member ever reserved one place for two things. */
export async function problemsOf(cluster: Cluster): Promise<unknown[]> {
  const problems: unknown[] = [];
  for (const node of cluster.nodes.values()) {
    const { findings } = await fsck({ ledger: node.stores.ledger, crypto: nativeCrypto, rules: chainRules }, cluster.genesis);
    problems.push(...findings.map((finding) => ({ member: node.id, ...finding })));
    const serious = node.errors.filter(({ event }) => event === "size-signed-for-another-tree" || event === "member-misbehaved");
    problems.push(...serious.map((error) => ({ member: node.id, ...error })));
  }
  return problems;
}

/** How many live rows of the published state of a member stand under a prefix. */
export async function countRows(cluster: Cluster, id: string, prefix: string): Promise<number> {
  let count = 0;
  for (let after: string | undefined; ; ) {
    const rows = await cluster.node(id).stores.ledger.stateRange(prefix, after, 1_000);
    count += rows.filter(({ value }) => value !== null).length;
    if (rows.length < 1_000) return count;
    after = rows.at(-1)?.key;
  }
}

/** A write repeated with its Idempotency-Key until it is committed: what a careful client does. A fault or "pending" is no answer yet. */
export async function insist<T extends object>(write: () => Promise<T>, withinMs = 20_000): Promise<Exclude<T, { refused: string }>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      const answer = await write();
      if ("refused" in answer || ("status" in answer && answer.status === "committed")) return good(answer);
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
    }
    if (Date.now() > deadline) throw new Error("not committed in time");
    await sleep(10);
  }
}
