import { afterEach, expect, test } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { countingTable } from "../support/counting-table.ts";
import { memoryStores } from "../support/memory/index.ts";
import { caller, equalHeads, good, openPermits, options, permitFields, servicesOf } from "./fixtures.ts";

let cluster: Cluster | undefined;
afterEach(async () => cluster?.close());

test("a member that was away reads each block that it is given a few times, however many come in one message", async () => {
  cluster = await openPermits();
  await cluster.kill("tax");
  const blocks = 60;
  for (let n = 0; n < blocks; n++)
    good(await servicesOf(cluster, "platform").issueCertificate({ type: "permit", fields: permitFields }, caller, options));
  const node = cluster.node("tax");
  const counting = countingTable(node.stores.table);
  node.stores = memoryStores({ ...counting.table, faults: node.stores.table.faults });
  await cluster.restart("tax");
  await equalHeads(cluster);
  expect((counting.taken().reads.get("block") ?? 0) / blocks).toBeLessThan(8);
});
