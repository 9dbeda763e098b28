import { describe, expect, test } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { eventually } from "../support/cluster.ts";
import { type Action, memoryStores, memoryTable } from "../support/memory/index.ts";
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
  insist(() => servicesOf(cluster, id).issue({ type: "permit", fields: permitFields }, caller, { ...options, idempotencyKey: key }));

const statusOf = async (cluster: Cluster, id: string): Promise<string> => (await servicesOf(cluster, id).health()).status;

describe("a member restored from an older copy", () => {
  test("notices, binds itself to nothing more, catches up and serves; the others go on", async () => {
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
      await cluster.restart(away);
      await equalHeads(cluster);

      await restore(old, copy);
      await eventually(async () => (await statusOf(cluster, old)) === "amnesic");
      const signed = await signedSince(cluster, old);
      const issued = await issue(cluster, leader, "three");
      await eventually(async () => (await chainOf(cluster, old)).height >= (issued.blockNumber ?? Number.POSITIVE_INFINITY));
      for (const { certificate } of [...later, issued]) {
        expect(good(await servicesOf(cluster, old).certificate(certificate)).status).toBe("valid");
      }
      expect(await signed()).toEqual([]);

      // What its own apps write goes through the others.
      const own = await issue(cluster, old, "four");
      expect(own.outcome).toBe("applied");
      const receipt = good(await servicesOf(cluster, old).receipt(own.transactionHash, { waitMs: 5_000 }));
      expect(receipt.final).toBe(true);
      expect(receipt.receipt).not.toContain(`test.example/${old} `);
      expect(await signed()).toEqual([]);
      for (const id of cluster.nodes.keys()) expect(await statusOf(cluster, id)).toBe(id === old ? "amnesic" : "ok");
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
      await restore(old, copy);
      await eventually(async () => (await statusOf(cluster, old)) === "amnesic");
      await cluster.kill(leader);
      const written = good(
        await servicesOf(cluster, other).issue({ type: "permit", fields: permitFields }, caller, { waitMs: 500, idempotencyKey: "two" }),
      );
      expect(written.status).toBe("pending");
      await cluster.restart(leader);
      expect((await issue(cluster, other, "two")).transactionHash).toBe(written.transactionHash);
      expect(await statusOf(cluster, old)).toBe("amnesic");
      expect(await problemsOf(cluster)).toEqual([]);
    } finally {
      await cluster.close();
    }
  });

  test("restored as the leader it was, it leads no more", async () => {
    const { cluster, restore, writesOf } = await openJournaled();
    try {
      const old = await leaderOf(cluster);
      const copy = writesOf(old);
      await issue(cluster, old, "one");
      await equalHeads(cluster);
      await restore(old, copy);
      await eventually(async () => (await statusOf(cluster, old)) === "amnesic");
      const issued = await issue(cluster, old === "tax" ? "customs" : "tax", "two");
      await eventually(async () => (await chainOf(cluster, old)).height >= (issued.blockNumber ?? Number.POSITIVE_INFINITY));
      expect(await statusOf(cluster, old)).toBe("amnesic");
      expect(await leaderOf(cluster)).not.toBe(old);
      expect(await problemsOf(cluster)).toEqual([]);
    } finally {
      await cluster.close();
    }
  });
});

/** Headers and acknowledgements that a member has signed since now, and cosignatures of it that anybody holds of later sizes. */
async function signedSince(cluster: Cluster, id: string): Promise<() => Promise<readonly string[]>> {
  const { table } = cluster.node(id).stores;
  const { size: then } = await chainOf(cluster, id);
  const places = async () =>
    (await table.query("reservation", {})).items.map(({ sort }) => sort).filter((sort) => !sort.startsWith("size/"));
  const before = await places();
  return async () => {
    const cosigned: string[] = [];
    const { size: now } = await chainOf(cluster, id);
    for (const { id: other, stores } of cluster.nodes.values()) {
      for (let size = then + 1; size <= now; size++) {
        if ((await stores.ledger.cosignatures(size)).has(id)) cosigned.push(`${other} holds a cosignature of ${size}`);
      }
    }
    return [...(await places()).filter((place) => !before.includes(place)), ...cosigned];
  };
}
