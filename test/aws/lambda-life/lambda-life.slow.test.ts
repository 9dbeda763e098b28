import { setTimeout as sleep } from "node:timers/promises";
import { chainRules } from "@vermilion/member/rules";
import { fsck, nativeCrypto } from "@vermilion/node";
import { describe, expect, test } from "vitest";
import { Random } from "../../consensus/random.ts";
import { caller, good, memberIds, permit, permitFields } from "../../member/fixtures.ts";
import { eventually } from "../../support/cluster.ts";
import type { Account } from "./account.ts";
import { calm, openAccounts, settle } from "./accounts.ts";

/**
 * Four members whose processes live as on Lambda: started by a call, frozen between calls, several at once over the same tables, ended at any
 * await. What runs is what runs there: the drivers, the invocations, the coordinator's acts and the DynamoDB layout.
 */

/** As a careful client: again with the same key until it is committed. */
async function issue(account: Account, key: string): Promise<string> {
  return eventually(async () => {
    try {
      const options = { waitMs: 2_000, idempotencyKey: key };
      const answer = await account.invoke(
        (member) => member.services.issueCertificate({ type: "permit", fields: permitFields }, caller, options),
        "entries",
      );
      // A member that is a block behind asks the leader before it says no; that call may be the one that is lost.
      if ("refused" in answer && answer.refused === "unknown-type") return undefined;
      const written = good(answer);
      return written.status === "committed" && written.outcome?.kind === "applied" ? written.certificate : undefined;
    } catch (error) {
      if (error instanceof Error && /process has ended|unreachable|stale|no answer/.test(error.message)) return undefined;
      throw error;
    }
  }, 60_000);
}

async function heads(accounts: ReadonlyMap<string, Account>): Promise<ReadonlySet<string>> {
  const standings = await Promise.all([...accounts.values()].map(({ stores }) => stores.ledger.published()));
  return new Set(standings.map((standing) => `${standing?.height} ${standing?.hash} ${standing?.state}`));
}

async function defineType(accounts: ReadonlyMap<string, Account>): Promise<void> {
  const platform = accounts.get("platform")!;
  await eventually(async () => {
    const answer = await platform
      .invoke((member) => member.services.defineType({ type: permit }, caller, { waitMs: 2_000, idempotencyKey: "type" }), "entries")
      .catch(() => undefined);
    return answer !== undefined && !("refused" in answer) && answer.status === "committed";
  }, 60_000);
}

describe("members on Lambda", () => {
  test("a network that nobody calls does nothing at all; a lone entry wakes it, is final with its answer, and it sleeps again", async () => {
    const accounts = await openAccounts(calm);
    await defineType(accounts);
    await settle(accounts);
    for (const id of ["platform", "tax"]) {
      await issue(accounts.get(id)!, `lone ${id}`);
      await settle(accounts);
      expect((await heads(accounts)).size).toBe(1);
      const before = [...accounts.values()].map(({ storeCalls }) => storeCalls);
      await sleep(500);
      expect([...accounts.values()].map(({ storeCalls }) => storeCalls)).toEqual(before);
    }
    const platform = accounts.get("platform")!;
    expect(await platform.stores.ledger.finalSize()).toBe((await platform.stores.ledger.published())?.size);
  });

  test("a head is final when the call that made it has been answered: nobody has to be woken for a lone entry", async () => {
    const accounts = await openAccounts({ ...calm, misfortune: { ...calm.misfortune, lostWakeUp: () => true } });
    await defineType(accounts);
    const platform = accounts.get("platform")!;
    for (let round = 0; round < 5; round++) {
      await issue(platform, `round ${round}`);
      expect(await platform.stores.ledger.finalSize()).toBe((await platform.stores.ledger.published())?.size);
    }
    expect([...accounts.values()].map(({ executions }) => executions)).toEqual([0, 0, 0, 0]);
  });

  test("a call ends when its work is done, not with the next tick", async () => {
    const accounts = await openAccounts({ ...calm, tickMs: 1_500 });
    await defineType(accounts);
    const platform = accounts.get("platform")!;
    for (let round = 0; round < 3; round++) {
      const before = Date.now();
      await issue(platform, `round ${round}`);
      expect(Date.now() - before).toBeLessThan(1_000);
    }
  });

  test("a call that is repeated takes up the entry of the first one, whose process ended when the entry was stored", async () => {
    let isDying = false;
    let isCut = false;
    const accounts = await openAccounts({ lost: () => isCut, misfortune: { death: () => isDying, lostWakeUp: () => true } });
    await defineType(accounts);
    const platform = accounts.get("platform")!;
    const input = { type: "permit", fields: permitFields };
    const issued = (waitMs: number) =>
      platform.invoke((member) => member.services.issueCertificate(input, caller, { waitMs, idempotencyKey: "twice" }), "entries");
    const { raftStore } = platform.stores;
    isCut = true;
    const first = issued(2_000).catch(() => undefined);
    await eventually(async () => (await raftStore.load()).state?.tail.length === 1);
    isDying = true;
    expect(await first).toBeUndefined();
    isDying = false;
    isCut = false;
    expect(good(await issued(10_000)).status).toBe("committed");
  });

  test.each([1, 2, 3])("40 certificates at once, processes that die at any await, lost calls and lost wake-ups, seed %i", async (seed) => {
    const random = new Random(seed);
    const chance = (probability: number) => () => random.chance(probability);
    let isOver = false;
    const unless = (event: () => boolean) => () => !isOver && event();
    const accounts = await openAccounts({
      lost: unless(chance(0.02)),
      misfortune: { death: unless(chance(0.001)), lostWakeUp: unless(chance(0.2)) },
    });
    await defineType(accounts);
    const watchdog = (async () => {
      for (; !isOver; await sleep(2_000)) await settleOnce(accounts);
    })();
    const certificates = await Promise.all(
      Array.from({ length: 40 }, (_, place) => issue(accounts.get(memberIds[place % 4]!)!, `certificate ${place}`)),
    );
    isOver = true;
    await watchdog;
    await settle(accounts);
    expect(new Set(certificates).size).toBe(40);
    expect((await heads(accounts)).size).toBe(1);
    for (const account of accounts.values()) {
      const rows = await account.stores.ledger.stateRange("certificate/", undefined, 1_000);
      expect(rows.filter(({ value }) => value !== null).length).toBe(40);
      expect((await fsck({ ledger: account.stores.ledger, crypto: nativeCrypto, rules: chainRules }, account.genesis)).findings).toEqual(
        [],
      );
      expect(account.errors.filter(({ event }) => event !== "bug")).toEqual([]);
      expect(account.errors).toEqual([]);
    }
    expect([...accounts.values()].reduce((sum, { coldStarts }) => sum + coldStarts, 0)).toBeGreaterThan(4);
  });
});

async function settleOnce(accounts: ReadonlyMap<string, Account>): Promise<void> {
  const all = [...accounts.values()];
  const heights = await Promise.all(all.map(async ({ stores }) => (await stores.ledger.published())?.height ?? -1));
  await Promise.all(all.map((account) => account.watch(heights)));
}
