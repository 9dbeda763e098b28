import { dynamoCoordinator } from "@vermilion/aws/coordinator/store";
import type { Action } from "@vermilion/aws/dynamodb/index";
import { expect, test } from "vitest";
import {
  type MemoryTable,
  memoryApps,
  memoryCalls,
  memoryFiles,
  memoryLedger,
  memoryRaftStore,
  memoryRecordKeys,
  memoryTable,
} from "../support/memory/index.ts";
import { appsSuite } from "./apps.suite.ts";
import { callsSuite } from "./calls.suite.ts";
import { commit, testChain } from "./chain.ts";
import { coordinatorSuite } from "./coordinator.suite.ts";
import { filesRoomSuite, filesSuite } from "./files.suite.ts";
import { ledgerSuite } from "./ledger.suite.ts";
import { expectBug, expectSame, type OpenChain, testChains } from "./opened.ts";
import { raftStoreSuite } from "./raft-store.suite.ts";
import { recordKeysSuite } from "./record-keys.suite.ts";
import { tableSuite } from "./table.suite.ts";

function opener<Port>(make: (table: MemoryTable, chain: string) => Port): OpenChain<Port> {
  return async () => {
    const table = memoryTable();
    const [chain, other] = testChains;
    return {
      port: make(table, chain),
      reopen: async () => make(table, chain),
      otherChain: async () => make(table, other),
      close: async () => undefined,
      faults: table.faults,
    };
  };
}

ledgerSuite("memory", opener(memoryLedger));
raftStoreSuite("memory", opener(memoryRaftStore));
recordKeysSuite("memory", opener(memoryRecordKeys));
filesSuite("memory", opener(memoryFiles));
filesRoomSuite("memory", opener(memoryFiles));
callsSuite(
  "memory",
  opener((table) => memoryCalls(table)),
);
appsSuite(
  "memory",
  opener((table) => memoryApps(table)),
);
tableSuite(
  "memory",
  opener((table) => table),
);
coordinatorSuite(
  "memory",
  opener((table, chain) => dynamoCoordinator(chain, table)),
);

test("a turn that falls asleep inside `publish` and wakes after two higher blocks replaces none of their rows", async () => {
  const table = memoryTable();
  let wake = () => {};
  const asleep = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const sleepy: MemoryTable = { ...table, write: async (action) => asleep.then(() => table.write(action)) };
  const [ledger, chain] = [memoryLedger(table), testChain()];
  await commit(ledger, chain.next());
  const late = memoryLedger(sleepy).publish(
    chain.next({
      writes: [
        { key: "counter", value: 1 },
        { key: "old", value: 1 },
      ],
    }).publication,
  );
  await commit(ledger, chain.blocks[1]!);
  await commit(ledger, chain.next());
  await commit(ledger, chain.next());
  wake();
  await late;
  expect(await ledger.published()).toEqual(chain.blocks[3]!.block.after);
  expect(await ledger.stateRows(["counter", "old"])).toEqual([
    { key: "counter", value: 3, height: 3 },
    { key: "old", value: 1, height: 1 },
  ]);
  expectSame(await ledger.tiles([{ level: 0, index: 0 }]), [chain.blocks[3]!.publication.tiles[0]!.hashes]);
});

test("the table refuses what DynamoDB refuses", async () => {
  const table = memoryTable();
  const put = (place: number, bytes: number): Action => ({ put: { partition: "p", sort: `${place}`, bytes: new Uint8Array(bytes) } });
  const many = (count: number, bytes: number) => Array.from({ length: count }, (_, place) => put(place, bytes));
  await expectBug(() => table.transact(many(101, 1)), /101 items/);
  await expectBug(() => table.transact([]), /0 items/);
  await expectBug(() => table.transact([put(1, 400 * 1024)]), /item p 1 of/);
  await expectBug(() => table.transact(many(11, 399 * 1024)), /a transaction of/);
  await expectBug(() => table.transact([put(1, 1), put(1, 1)]), /one item twice/);
  await expectBug(() => table.getMany(Array.from({ length: 101 }, () => ({ partition: "p", sort: "s" }))), /101 keys/);
  await expectBug(
    () =>
      table.getMany([
        { partition: "p", sort: "s" },
        { partition: "p", sort: "s" },
      ]),
    /one key twice/,
  );
  await expectBug(() => table.has([]), /0 keys/);
  await expectBug(() => table.write(put(1, 400 * 1024)), /item p 1 of/);
  expect((await table.query("p", {})).items).toEqual([]);
  expect(await table.transact(many(100, 30_000))).toBe("done");
  const page = await table.query("p", {});
  expect(page.items.length).toBeLessThan(100);
  expect(page.last).toBe(page.items.at(-1)?.sort);
});

test("a write tells what stands there where its condition fails", async () => {
  const table = memoryTable();
  const item = { partition: "p", sort: "a", bytes: new Uint8Array(1), number: 5 };
  expect(await table.write({ put: item, condition: { is: 5 } })).toEqual({ unmet: undefined });
  expect(await table.write({ put: item, condition: { below: 5 } })).toBe("done");
  expect(await table.write({ put: { ...item, number: 6 }, condition: "absent" })).toEqual({ unmet: item });
  expect(await table.write({ remove: item, condition: { is: 4 } })).toEqual({ unmet: item });
  expect(await table.write({ remove: item, condition: { is: 5 } })).toBe("done");
});

test("one failed condition cancels the whole transaction", async () => {
  const table = memoryTable();
  const item = (sort: string, number: number) => ({ partition: "p", sort, bytes: new Uint8Array(1), number });
  await table.transact([{ put: item("a", 5) }]);
  expect(
    await table.transact([
      { put: item("b", 1), condition: "absent" },
      { put: item("a", 4), condition: { below: 4 } },
      { put: item("c", 1), condition: { is: 1 } },
    ]),
  ).toEqual({ cancelled: [1, 2] });
  expect(await table.get({ partition: "p", sort: "b" })).toBeUndefined();
  expect((await table.get({ partition: "p", sort: "a" }))?.number).toBe(5);
});
