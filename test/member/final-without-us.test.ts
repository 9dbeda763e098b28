import { chainRules } from "@vermilion/member/rules";
import { Fault, nativeCrypto } from "@vermilion/node";
import { checkpointNote, cosignedAt, takeCosignatures } from "@vermilion/node/chain/finality";
import { checkGenesis } from "@vermilion/node/founding/genesis";
import { contextOf } from "@vermilion/node/open-node";
import { processPace } from "@vermilion/node/ports/pace";
import { afterEach, expect, test } from "vitest";
import { type Cluster, eventually } from "../support/cluster.ts";
import { memoryRaftStore, memoryTable } from "../support/memory/index.ts";
import { memoryKeys } from "../support/memory-keys.ts";
import { equalHeads, openPermits } from "./fixtures.ts";

let cluster: Cluster | undefined;
afterEach(async () => cluster?.close());

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

test("a size that others made final before this member cosigned it is signed for by a process that may not write", async () => {
  cluster = await openPermits();
  await equalHeads(cluster);
  const { identity, stores } = cluster.node("tax");
  const size = (await stores.ledger.published())?.size ?? 0;
  await eventually(async () => (await stores.ledger.finalSize()) === size);
  const genesis = checkGenesis(cluster.genesis, nativeCrypto, chainRules);
  if ("refused" in genesis) throw new Error(genesis.detail);
  // The same member with the cosignatures on their way, and none of its own made.
  const context = contextOf(
    {
      ...stores,
      ledger: { ...stores.ledger, finalSize: async () => 0 },
      raftStore: memoryRaftStore(memoryTable()),
      crypto: nativeCrypto,
      keys: memoryKeys(identity),
      peers: { call: () => Promise.reject(new Fault("peer-unreachable", "nobody")) },
      clock: { now: Date.now, sleep: async () => undefined },
      random: { bytes: (count) => new Uint8Array(count) },
      log: silent,
      pace: processPace,
      rules: chainRules,
    },
    { member: "tax", genesis: cluster.genesis },
    genesis,
  );
  await takeCosignatures(context, await cosignedAt(context, size));
  const reserve = () => Promise.reject(new Fault("storage-read-only", "writing is denied"));
  const note = await checkpointNote({ ...context, raftStore: { ...context.raftStore, reserve } }, size, 4);
  expect(note).toContain(`${context.origin}\n${size}\n`);
});
