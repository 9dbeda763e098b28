import { chainTable } from "@vermilion/aws/dynamodb/chain-table";
import { describe, expect, test } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { eventually } from "../support/cluster.ts";
import { type Action, memoryChain, memoryStores, memoryTable } from "../support/memory/index.ts";
import {
  caller,
  chainOf,
  equalHeads,
  good,
  insist,
  leaderOf,
  openPermits,
  options,
  permitFields,
  problemsOf,
  runningIds,
  servicesOf,
} from "./fixtures.ts";
import { journaled } from "./fuse.ts";

/** Four members of which every write is remembered, so that any of them can be set back to what it once held. */
async function openJournaled() {
  const journals = new Map<string, (readonly Action[])[]>();
  const cluster = await openPermits({
    platform: (node, platform) => {
      const { table, journal } = journaled(node.stores.table);
      const all = [...(journals.get(node.id) ?? [])];
      journals.set(node.id, all);
      journal.push = (...actions) => all.push(...actions);
      const { ledger, raftStore, recordKeys, calls, apps } = memoryStores(table);
      return { ...platform, ledger, raftStore, recordKeys, calls, apps };
    },
  });
  const restore = async (id: string, writes: number): Promise<void> => {
    const journal = (journals.get(id) ?? []).slice(0, writes);
    journals.set(id, journal);
    const table = memoryTable();
    for (const actions of journal) await table.transact(actions);
    await cluster.kill(id);
    cluster.node(id).stores = memoryStores(table);
    await cluster.restart(id);
  };
  return { cluster, restore, writesOf: (id: string) => journals.get(id)?.length ?? 0 };
}

const issue = async (cluster: Cluster, id: string, key: string) =>
  insist(() =>
    servicesOf(cluster, id).issueCertificate({ type: "permit", fields: permitFields }, caller, { ...options, idempotencyKey: key }),
  );

const statusOf = async (cluster: Cluster, id: string): Promise<string> => (await servicesOf(cluster, id).health({})).status;

describe("a member restored from an older copy", () => {
  test("notices, binds itself to nothing until the others have let it rejoin, and then counts again", async () => {
    const { cluster, restore, writesOf } = await openJournaled();
    try {
      await issue(cluster, "platform", "before");
      await equalHeads(cluster);
      const leader = await leaderOf(cluster);
      const [old = "", away = "", writer = ""] = [...cluster.nodes.keys()].filter((id) => id !== leader);
      const copy = writesOf(old);
      // With one member away each commit needs the signature of the one that will forget: its own hand will tell it.
      await cluster.kill(away);
      const later = [await issue(cluster, leader, "one"), await issue(cluster, writer, "two")];
      await equalHeads(cluster);

      // Without the one that is away the others are no majority: nothing lets it rejoin.
      await restore(old, copy);
      await eventually(async () => (await statusOf(cluster, old)) === "amnesic");
      const signed = await signedSince(cluster, old);
      const { height } = await chainOf(cluster, leader);
      await eventually(async () => (await chainOf(cluster, old)).height === height);
      for (const { certificate } of later) expect(good(await servicesOf(cluster, old).certificate({ certificate })).status).toBe("valid");
      expect(await servicesOf(cluster, old).health({})).toMatchObject({ status: "amnesic", ready: true, reasons: [{ code: "amnesic" }] });
      expect(await signed()).toEqual([]);

      await cluster.restart(away);
      await eventually(async () => (await statusOf(cluster, old)) === "ok");
      expect(await incarnationsOf(cluster, leader)).toEqual({ [old]: 1 });
      expect((await signed()).filter(({ height: at }) => at <= height)).toEqual([]);

      // It is needed again, and there.
      await cluster.kill(away);
      const issued = await issue(cluster, old, "three");
      expect(issued.outcome).toEqual({ kind: "applied" });
      const receipt = good(await servicesOf(cluster, old).receipt({ transactionHash: issued.transactionHash }, { waitMs: 5_000 }));
      expect(receipt).toMatchObject({ final: true, receipt: expect.stringContaining(`test.example/${old} `) });
      await cluster.restart(away);
      await equalHeads(cluster);
      expect(await problemsOf(cluster)).toEqual([]);
    } finally {
      await cluster.close();
    }
  });

  test("does not vote: with another member down, nothing is committed, and all goes on when that one is back", async () => {
    const { cluster, restore, writesOf } = await openJournaled();
    try {
      const leader = await leaderOf(cluster);
      const [old = "", other = ""] = [...cluster.nodes.keys()].filter((id) => id !== leader);
      const copy = writesOf(old);
      await issue(cluster, "platform", "one");
      await equalHeads(cluster);
      await cluster.kill(leader);
      await restore(old, copy);
      await eventually(async () => (await statusOf(cluster, old)) === "amnesic");
      const written = good(
        await servicesOf(cluster, other).issueCertificate({ type: "permit", fields: permitFields }, caller, {
          waitMs: 500,
          idempotencyKey: "two",
        }),
      );
      expect(written.status).toBe("pending");
      expect(await statusOf(cluster, old)).toBe("amnesic");
      await cluster.restart(leader);
      expect((await issue(cluster, other, "two")).transactionHash).toBe(written.transactionHash);
      await eventually(async () => (await statusOf(cluster, old)) === "ok");
      expect(await problemsOf(cluster)).toEqual([]);
    } finally {
      await cluster.close();
    }
  });

  test("restored as the leader it was, it leads no more before it has rejoined", async () => {
    const { cluster, restore, writesOf } = await openJournaled();
    try {
      const old = await leaderOf(cluster);
      const copy = writesOf(old);
      await issue(cluster, old, "one");
      await equalHeads(cluster);
      const signedBefore = await cluster.node(old).stores.raftStore.highestReserved("size/");
      await restore(old, copy);
      await eventually(async () => (await incarnationsOf(cluster, old))[old] === 1);
      await eventually(async () => (await statusOf(cluster, old)) === "ok");
      const issued = await issue(cluster, old === "tax" ? "customs" : "tax", "two");
      await eventually(async () => (await chainOf(cluster, old)).height >= (issued.blockNumber ?? Number.POSITIVE_INFINITY));
      expect(signedBefore).toBeDefined();
      expect(await leaderOf(cluster)).not.toBe(old);
      expect(await problemsOf(cluster)).toEqual([]);
    } finally {
      await cluster.close();
    }
  });

  test("rejoins again and again, each time by a word that no copy of its memory can hold", async () => {
    const { cluster, restore, writesOf } = await openJournaled();
    try {
      const [old = ""] = [...cluster.nodes.keys()].filter((id) => id !== "platform");
      const copy = writesOf(old);
      for (let time = 1; time <= 3; time++) {
        await issue(cluster, "platform", `before ${time}`);
        await equalHeads(cluster);
        await restore(old, copy);
        await eventually(async () => (await incarnationsOf(cluster, "platform"))[old] === time);
        await eventually(async () => (await statusOf(cluster, old)) === "ok");
      }
      await equalHeads(cluster);
      expect(await problemsOf(cluster)).toEqual([]);
    } finally {
      await cluster.close();
    }
  });
});

async function incarnationsOf(cluster: Cluster, id: string): Promise<Readonly<Record<string, number>>> {
  const members = await servicesOf(cluster, id).members({});
  return Object.fromEntries(members.items.flatMap(({ id: member, incarnation }) => (incarnation === 0 ? [] : [[member, incarnation]])));
}

/** Heights of headers and acknowledgements that a member has signed since now, and of blocks whose tree it has cosigned since. */
async function signedSince(
  cluster: Cluster,
  id: string,
): Promise<() => Promise<readonly { readonly height: number; readonly what: string }[]>> {
  const table = chainTable(cluster.node(id).stores.table, memoryChain);
  // The others hold what it cosigned before it was set back, and it may not have caught up with them yet.
  const sizes = await Promise.all(runningIds(cluster).map(async (one) => (await chainOf(cluster, one)).size));
  const then = Math.max(...sizes);
  const places = async () =>
    (await table.query("reservation", {})).items.map(({ sort }) => sort).filter((sort) => !sort.startsWith("size/"));
  const before = await places();
  return async () => {
    const fresh = (await places()).filter((place) => !before.includes(place));
    const signed = fresh.map((what) => ({ height: Number(what.split("/").at(-1)), what }));
    const { size: now } = await chainOf(cluster, id);
    for (const { id: other, stores } of cluster.nodes.values()) {
      for (let size = then + 1; size <= now; size++) {
        if ((await stores.ledger.cosignatures(size)).has(id))
          signed.push({ height: size, what: `${other} holds a cosignature of ${size}` });
      }
    }
    return signed;
  };
}
