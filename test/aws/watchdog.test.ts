import { watch } from "@vermilion/aws/coordinator/watch";
import type { Meter } from "@vermilion/aws/lambda/meter";
import { statePrefixes } from "@vermilion/contracts";
import { unfinishedWork } from "@vermilion/member/unfinished";
import { Fault } from "@vermilion/node";
import { expect, test } from "vitest";
import { memoryChain, memoryStores } from "../support/memory/index.ts";

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const meter: Meter = { count: () => undefined };

test("what can be measured or not, work that is found is begun", async () => {
  const { table, ledger, raftStore } = memoryStores();
  const wakes: string[] = [];
  const starter = {
    wake: async () => (wakes.push("wake") > 0 ? ("started" as const) : ("running" as const)),
    reviveLost: async () => undefined,
  };
  // The pointer of a proposal whose body is gone: who measures may read, and so may not remove it.
  const away = {
    ...raftStore,
    proposalCount: async () => 1,
    proposals: () => Promise.reject(new Fault("storage-read-only", "writing is denied")),
  };
  const needs = {
    chain: memoryChain,
    member: "tax",
    ledger,
    raftStore: away,
    raftTable: table,
    starter,
    meter,
    log: silent,
    clock: { now: Date.now, sleep: async () => undefined },
    fetch,
  };
  await watch(needs).catch(() => undefined);
  expect(wakes).toEqual(["wake"]);
});

test("a grant that is due is found behind any number of those that were given", async () => {
  const { ledger, raftStore } = memoryStores();
  const prefix = statePrefixes.due("tax");
  const given = Array.from({ length: 150 }, (_, n) => ({ key: `${prefix}${String(n).padStart(4, "0")}`, value: null, height: 5 }));
  const rows = [...given, { key: `${prefix}9999`, value: {}, height: 6 }];
  const stateRange: typeof ledger.stateRange = async (_prefix, after, limit) =>
    rows.filter(({ key }) => after === undefined || key > after).slice(0, limit);
  expect(await unfinishedWork({ ledger: { ...ledger, stateRange }, raftStore, member: "tax" })).toEqual(["grants are due"]);
  expect(
    await unfinishedWork({
      ledger: { ...ledger, stateRange: async (_p, a, l) => given.filter(({ key }) => a === undefined || key > a).slice(0, l) },
      raftStore,
      member: "tax",
    }),
  ).toEqual([]);
});
