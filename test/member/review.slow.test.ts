import { setTimeout as sleep } from "node:timers/promises";
import { knownVersions, operationCall } from "@vermilion/contracts";
import type { Json } from "@vermilion/ledger";
import type { MemberPlatform } from "@vermilion/member";
import { proposalOf } from "@vermilion/node/entries/proposal";
import { encodeProposalCall } from "@vermilion/node/peers/wire";
import type { Ledger } from "@vermilion/node/ports/index";
import { afterEach, describe, expect, test } from "vitest";
import { type Cluster, eventually, type Node, openCluster } from "../support/cluster.ts";
import { entryOf } from "../support/entries.ts";
import {
  caller,
  chainOf,
  equalHeads,
  good,
  insist,
  leaderOf,
  memberIds,
  openPermits,
  options,
  permit,
  permitFields,
  problemsOf,
  runningIds,
  servicesOf,
} from "./fixtures.ts";

/** Dangers that two hostile reviews found in consensus and turns, which take a whole consortium and some time to show. */

let cluster: Cluster;

afterEach(() => cluster.close());

/** All that every member holds is right, and nothing happened that may not happen. */
async function isSound(): Promise<void> {
  expect(await problemsOf(cluster)).toEqual([]);
  expect(linesOf("bug")).toEqual([]);
}

const linesOf = (event: string) => [...cluster.nodes.values()].flatMap(({ errors }) => errors).filter((error) => error.event === event);
const heightOf = async (id: string): Promise<number> => (await chainOf(cluster, id)).height;

let writes = 0;
/** A write that is repeated until it is committed. */
const issue = (id: string, withinMs = 10_000) => {
  const idempotencyKey = `write-${writes++}`;
  return insist(
    () => servicesOf(cluster, id).issueCertificate({ type: "permit", fields: permitFields }, caller, { waitMs: 500, idempotencyKey }),
    withinMs,
  );
};

/** Entries that change nothing, handed to the leader one after the other: the cheapest way to many blocks. */
async function load(leader: string, goesOn: () => boolean): Promise<void> {
  const { running, identity, stores } = cluster.node(leader);
  if (running === undefined) throw new Error(`${leader} is not running`);
  while (goesOn()) {
    const entry = entryOf(running.chain, [identity.keys.sign], [{ contract: "nothing", operation: "nothing", arguments: {} }], {
      time: Date.now(),
    });
    await running.peerDoor.handle("customs", "proposals", encodeProposalCall([proposalOf(entry, [])]));
    while (goesOn() && (await stores.ledger.entryPlace(entry.transactionHash)) === undefined) await sleep(1);
  }
}

test("a member that is more than 200 blocks behind catches up while others go on writing", async () => {
  cluster = await openPermits({}, 1);
  const leader = await leaderOf(cluster);
  await cluster.kill("tax");
  let wanted = true;
  const behind = await cluster.node("tax").stores.ledger.head();
  const loading = load(leader, () => wanted);
  const fallenBehind = (behind?.height ?? 0) + 230;
  await eventually(async () => (await heightOf(leader)) > fallenBehind, 30_000);
  await cluster.restart("tax");
  const then = await heightOf(leader);
  await eventually(async () => (await heightOf("tax")) >= then, 15_000);
  // Not only what had been missed: it keeps up.
  const later = await heightOf(leader);
  await eventually(async () => (await heightOf("tax")) >= later + 5, 15_000);
  wanted = false;
  await loading;
  await equalHeads(cluster);
  await isSound();
});

test("followers get final receipts while the load goes on", async () => {
  cluster = await openPermits({}, 1);
  let wanted = true;
  // So many that a leader hardly ever stands without a block in flight.
  const writers = memberIds.flatMap((id) => [id, id, id]);
  const loads = Promise.all(
    writers.map(async (id) => {
      while (wanted) await issue(id);
    }),
  );
  /** Leaves that the furthest member behind has and cannot prove final yet. */
  const lag = async (): Promise<number> => {
    const chains = await Promise.all(memberIds.map((id) => chainOf(cluster, id)));
    return Math.max(...chains.map(({ size, finalSize }) => size - finalSize));
  };
  const { size: start } = await chainOf(cluster, "customs");
  let greatest = 0;
  await eventually(async () => {
    greatest = Math.max(greatest, await lag());
    return (await chainOf(cluster, "customs")).size > start + 500;
  }, 30_000);
  // A few blocks of some entries each; without the cosignatures of the final size it comes to hundreds, and may be all.
  expect(greatest).toBeLessThan(100);
  const { transactionHash } = await issue("customs");
  expect(good(await servicesOf(cluster, "customs").receipt({ transactionHash }, { waitMs: 5_000 })).final).toBe(true);
  wanted = false;
  await loads;
  await equalHeads(cluster);
  await isSound();
});

describe("clocks that were wrong for one block", () => {
  const dayMs = 86_400_000;
  let ahead: Record<string, number> = {};
  const fiveTimesAsFast = (platform: MemberPlatform): MemberPlatform => ({
    ...platform,
    clock: { now: () => platform.clock.now(), sleep: (ms) => platform.clock.sleep(ms / 5) },
  });
  const clocks = (node: Node, platform: MemberPlatform): MemberPlatform => ({
    ...platform,
    clock: { ...platform.clock, now: () => platform.clock.now() + (ahead[node.id] ?? 0) },
  });

  test.each([
    ["four members", memberIds, 0],
    ["four members of which one is down", memberIds, 1],
    ["two members", memberIds.slice(0, 2), 0],
    ["three members of which one is down", memberIds.slice(0, 3), 1],
  ] as const)("%s: a leader that was a day ahead, refused and put right, stops nobody", async (_what, members, down) => {
    ahead = {};
    cluster = await openCluster({ members, platform: (node, platform) => fiveTimesAsFast(clocks(node, platform)) });
    const type = { ...(permit as object), issuers: [...members], policies: [] };
    good(await servicesOf(cluster, "platform").defineType({ type }, caller, options));
    await equalHeads(cluster);
    const leader = await leaderOf(cluster);
    const followers = members.filter((id) => id !== leader);
    for (const id of followers.slice(0, down)) await cluster.kill(id);
    ahead[leader] = dayMs;
    const early = await servicesOf(cluster, leader).issueCertificate({ type: "permit", fields: permitFields }, caller, { waitMs: 0 });
    await eventually(async () => linesOf("block-refused").length > 0);
    await sleep(100);
    ahead = {};
    for (const id of runningIds(cluster)) expect((await issue(id)).outcome).toEqual({ kind: "applied" });
    for (const id of runningIds(cluster)) await cluster.restart(id);
    for (const id of runningIds(cluster)) expect((await issue(id)).outcome).toEqual({ kind: "applied" });
    // What was written under the wrong clock waits its time, as an entry of the future does.
    expect(good(early)).toMatchObject({ status: "pending" });
    await isSound();
  });

  test("a leader whose clock is ahead and that writes nothing itself does not stop the others", async () => {
    ahead = {};
    cluster = await openPermits({ platform: clocks });
    const leader = await leaderOf(cluster);
    const others = memberIds.filter((id) => id !== leader);
    ahead[leader] = 20 * 60_000;
    for (const id of others) expect((await issue(id)).outcome).toEqual({ kind: "applied" });
    expect(await leaderOf(cluster)).not.toBe(leader);
    await isSound();
  });

  test.each([1, 3])("all clocks were %i days ahead for one commit: every member goes on at once when they are right", async (days) => {
    ahead = {};
    cluster = await openPermits({ platform: clocks });
    ahead = Object.fromEntries(memberIds.map((id) => [id, days * dayMs]));
    await issue("customs");
    await equalHeads(cluster);
    ahead = {};
    for (const id of memberIds) expect((await issue(id)).outcome).toEqual({ kind: "applied" });
    expect(linesOf("block-refused")).toEqual([]);
    await equalHeads(cluster);
    await isSound();
  });
});

test("a member whose software does not know the rules in force leads no more; those that know them go on", async () => {
  /** Three members with a software to which the next version means what this one does; the fourth knows of no next version. */
  const next = (knownVersions().get("certificates") ?? 0) + 1;
  const outdated = "platform";
  const seesOldRules = (ledger: Ledger): Ledger => ({
    ...ledger,
    stateRows: async (keys) =>
      (await ledger.stateRows(keys)).map((row) =>
        row.key === "rules/certificates" ? { ...row, value: (row.value as Json[]).slice(0, 1) } : row,
      ),
  });
  cluster = await openPermits({
    platform: (node, platform) => (node.id === outdated ? platform : { ...platform, ledger: seesOldRules(platform.ledger) }),
  });
  expect(await leaderOf(cluster)).toBe(outdated);
  const { chain, height } = await chainOf(cluster, outdated);
  const keys = memberIds.map((id) => cluster.node(id).identity.keys.sign);
  const rules = operationCall("consortium.activate", { contract: "certificates", version: next, height: height + 2 });
  const entry = entryOf(chain, keys, [rules], { time: Date.now() });
  await cluster.node(outdated).running?.peerDoor.handle("customs", "proposals", encodeProposalCall([proposalOf(entry, [])]));
  await equalHeads(cluster);
  expect(good(await servicesOf(cluster, "customs").submission({ transactionHash: entry.transactionHash })).outcome).toEqual({
    kind: "applied",
  });

  for (const id of ["customs", "tax", "inspection"]) expect((await issue(id)).outcome).toEqual({ kind: "applied" });
  const [{ leader }, { status }] = [await chainOf(cluster, "customs"), await servicesOf(cluster, outdated).health({})];
  expect(leader).not.toBe(outdated);
  expect(status).toBe("upgrade-needed");
  // A process that starts anew learns it anew, from the first block that it cannot apply.
  await cluster.restart(outdated);
  expect((await issue("tax")).outcome).toEqual({ kind: "applied" });
  await eventually(async () => (await servicesOf(cluster, outdated).health({})).status === "upgrade-needed");
  expect(await heightOf("tax")).toBeGreaterThan(await heightOf(outdated));
  expect(linesOf("bug")).toEqual([]);
});
