import { expect, test } from "vitest";
import { caller, chainOf, equalHeads, good, leaderOf, openPermits, options, permitFields, servicesOf } from "../member/fixtures.ts";
import { type CountingTable, countingTable, type Units } from "../support/counting-table.ts";
import { memoryStores } from "../support/memory/index.ts";

/**
 * What a certificate costs in DynamoDB, counted where four real members issue some: at the leader, which takes them in itself, and at a
 * follower, in processes that run all the time. `npm run bench:cost` counts the same where they live as on Lambda.
 */

// On-demand, us-east-1, USD per million units.
const writePrice = 0.625;
const readPrice = 0.125;

interface Bill {
  readonly writes: number;
  readonly reads: number;
  readonly calls: number;
  readonly usdPerMillion: number;
}

async function billed(issued: number, at: string, atOnce: number) {
  const counters = new Map<string, CountingTable>();
  const cluster = await openPermits({
    platform: (node, platform) => {
      const counter = countingTable(node.stores.table);
      counters.set(node.id, counter);
      const { ledger, raftStore, recordKeys, calls, apps } = memoryStores({ ...counter.table, faults: node.stores.table.faults });
      return { ...platform, ledger, raftStore, recordKeys, calls, apps };
    },
  });
  try {
    const leader = await leaderOf(cluster);
    const follower = [...cluster.nodes.keys()].find((id) => id !== leader) ?? "";
    const issue = async (number: number) =>
      good(
        await servicesOf(cluster, leader).issueCertificate({ type: "permit", fields: permitFields }, caller, {
          ...options,
          idempotencyKey: `${atOnce}-${number}`,
        }),
      );
    await issue(issued);
    await equalHeads(cluster);
    const { height: before } = await chainOf(cluster, leader);
    for (const counter of counters.values()) counter.taken();
    for (let number = 0; number < issued; number += atOnce) await Promise.all(Array.from({ length: atOnce }, (_, n) => issue(number + n)));
    await equalHeads(cluster);
    const blocks = (await chainOf(cluster, leader)).height - before;
    const units = counters.get(at === "leader" ? leader : follower)?.taken();
    if (units === undefined) throw new Error("every member has a counter");
    return { units, blocks };
  } finally {
    await cluster.close();
  }
}

function billOf({ writes, reads, calls }: Units, issued: number): Bill {
  const sum = (units: ReadonlyMap<string, number>) => [...units.values()].reduce((total, one) => total + one, 0) / issued;
  const usdPerMillion = sum(writes) * writePrice + sum(reads) * readPrice;
  const rounded = (value: number) => Math.round(value * 10) / 10;
  return {
    writes: rounded(sum(writes)),
    reads: rounded(sum(reads)),
    calls: rounded(calls / issued),
    usdPerMillion: rounded(usdPerMillion),
  };
}

test.each([
  ["leader", 10, 1, 160],
  ["leader", 200, 100, 60],
  ["follower", 200, 100, 40],
])("units of a certificate at a %s: %i of them, %i at once", async (at, issued, atOnce, writesMax) => {
  const { units, blocks } = await billed(issued, at, atOnce);
  const bill = billOf(units, issued);
  const parts = (of: ReadonlyMap<string, number>) =>
    [...of]
      .sort(([, one], [, other]) => other - one)
      .map(([name, count]) => `${name} ${(count / issued).toFixed(2)}`)
      .join(", ");
  console.log(JSON.stringify({ at, issued, blocks, ...bill, writesBy: parts(units.writes), readsBy: parts(units.reads) }, null, 1));
  expect(bill.writes).toBeLessThan(writesMax);
});
