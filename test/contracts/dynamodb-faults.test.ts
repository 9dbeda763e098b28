import { randomBytes } from "node:crypto";
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type BatchWriteItemCommandInput,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { dynamoCalls, dynamoLedger, dynamoRaftStore, dynamoTable, type Item } from "@vermilion/aws/dynamodb/index";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { memoryChain, memoryTable } from "../support/memory/index.ts";
import { attachmentOf, commit, testChain } from "./chain.ts";
import { expectBug, expectFault, expectSame } from "./opened.ts";

/** What no emulator does: conflicts, throttling, answers that are lost, keys left unread, a table that is gone. */

const mock = mockClient(DynamoDBClient);
const pauses: number[] = [];
const attemptsMax = 4;
const patience = { attemptsMax, pause: async (n: number) => void pauses.push(n) };
const table = dynamoTable(new DynamoDBClient({ region: "eu-central-1" }), "member-ledger", patience);
const item: Item = { partition: "p", sort: "s", bytes: new Uint8Array([1]), number: 3 };
const put = { put: item, condition: "absent" } as const;
const attributes = { pk: { S: "p" }, sk: { S: "s" }, body: { B: new Uint8Array([1]) }, number: { N: "3" } };

beforeEach(() => {
  mock.reset();
  pauses.length = 0;
});

const named = (name: string) => Object.assign(new Error(`${name} of the test`), { name });
const cancelled = (...codes: string[]) =>
  new TransactionCanceledException({ message: "cancelled", $metadata: {}, CancellationReasons: codes.map((Code) => ({ Code })) });
const unmet = (stored?: ConditionalCheckFailedException["Item"]) =>
  new ConditionalCheckFailedException({ message: "unmet", $metadata: {}, ...(stored === undefined ? {} : { Item: stored }) });

describe("what passes by itself", () => {
  test("a transaction in conflict is tried again under the same token", async () => {
    mock
      .on(TransactWriteItemsCommand)
      .rejectsOnce(cancelled("None", "TransactionConflict"))
      .rejectsOnce(cancelled("ThrottlingError", "ConditionalCheckFailed"))
      .rejectsOnce(named("TransactionInProgressException"))
      .resolves({});
    expect(await table.transact([put, { remove: { partition: "p", sort: "t" } }])).toBe("done");
    const tokens = mock.commandCalls(TransactWriteItemsCommand).map(({ args }) => args[0].input.ClientRequestToken);
    expect(tokens.length).toBe(4);
    expect(new Set(tokens).size).toBe(1);
    expect(pauses).toEqual([1, 2, 3]);
  });

  test("conditions that failed are an answer at once", async () => {
    mock.on(TransactWriteItemsCommand).rejects(cancelled("None", "ConditionalCheckFailed", "ConditionalCheckFailed"));
    expect(await table.transact([put, put, put])).toEqual({ cancelled: [1, 2] });
    expect(pauses).toEqual([]);
  });

  test.each(["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "TransactionConflictException"])(
    "%s for ever is given up after some attempts",
    async (name) => {
      mock.onAnyCommand().rejects(named(name));
      await expectFault(table.write(put), "storage-failed");
      expect(mock.commandCalls(PutItemCommand).length).toBe(attemptsMax);
      await expectFault(table.get(item), "storage-failed");
      await expectFault(table.query("p", {}), "storage-failed");
      await expectFault(table.transact([put]), "storage-failed");
      await expectFault(table.getMany([item]), "storage-failed");
    },
  );

  test("throttling that ends is waited out", async () => {
    mock.on(GetItemCommand).rejectsOnce(named("ThrottlingException")).resolves({ Item: attributes });
    expect(await table.get(item)).toEqual(item);
  });
});

describe("answers that were lost", () => {
  /** A table with one place: a write happens, and the answer of the first one is lost, so that the SDK sends it again. */
  function losing(): { stored: () => ConditionalCheckFailedException["Item"] } {
    let stored: ConditionalCheckFailedException["Item"];
    mock.on(PutItemCommand).callsFake((input) => {
      if (stored !== undefined) throw unmet(stored);
      stored = input.Item;
      // As if it had come back after the SDK's own second attempt was throttled: ours is the third.
      throw named("ThrottlingException");
    });
    return { stored: () => stored };
  }

  test("a write that happened knows itself again", async () => {
    const { stored } = losing();
    expect(await table.write(put)).toBe("done");
    expect(stored()?.["number"]).toEqual({ N: "3" });
    expect(mock.commandCalls(PutItemCommand).length).toBe(2);
  });

  test("the same write by another caller is none of ours, though all its bytes are the same", async () => {
    losing();
    expect(await table.write(put)).toBe("done");
    expect(await table.write(put)).toEqual({ unmet: item });
  });

  test("so that a claim is won once, also by one who lost the answer", async () => {
    losing();
    const calls = dynamoCalls(table);
    expect(await calls.claim("jti", 5)).toBe(true);
    expect(await calls.claim("jti", 5)).toBe(false);
  });

  test("a write of which nobody knows whether it happened is a fault, and is not tried again under its condition", async () => {
    mock.on(PutItemCommand).rejects(named("InternalServerError"));
    await expectFault(table.write(put), "storage-failed");
    mock.on(PutItemCommand).rejects(Object.assign(new Error("socket hang up"), { name: "TimeoutError" }));
    await expectFault(table.write(put), "storage-failed");
    expect(pauses).toEqual([]);
  });
});

describe("what an operator must mend", () => {
  test.each(["ResourceNotFoundException", "InaccessibleEncryptionCredentialsException", "UnrecognizedClientException"])(
    "%s is a fault, at once",
    async (name) => {
      mock.onAnyCommand().rejects(named(name));
      await expectFault(table.get(item), "storage-failed");
      await expectFault(table.write(put), "storage-failed");
      await expectFault(table.identity(), "storage-failed");
      expect(pauses).toEqual([]);
    },
  );

  test("writes that are denied are told from reads that are", async () => {
    mock.onAnyCommand().rejects(named("AccessDeniedException"));
    await expectFault(table.write(put), "storage-read-only");
    await expectFault(table.transact([put]), "storage-read-only");
    await expectFault(table.get(item), "storage-failed");
  });

  test.each(["ValidationException", "ItemCollectionSizeLimitExceededException"])("%s is a bug", async (name) => {
    mock.onAnyCommand().rejects(named(name));
    await expectBug(() => table.write(put), new RegExp(name));
    mock.on(TransactWriteItemsCommand).rejects(cancelled("None", "ValidationError"));
    await expectBug(() => table.transact([put, put]), /refuses a write of table member-ledger/);
  });

  test("an item that no store has written is a fault", async () => {
    mock.on(GetItemCommand).resolves({ Item: { pk: { S: "p" }, sk: { S: "s" } } });
    await expectFault(table.get(item), "storage-failed");
  });
});

describe("answers that are not whole", () => {
  const keys = Array.from({ length: 5 }, (_, n) => ({ partition: "p", sort: `${n}` }));
  const found = (sort: string) => ({ ...attributes, sk: { S: sort } });

  test("keys left unread are asked for again", async () => {
    const left = keys.map(({ sort }) => ({ pk: { S: "p" }, sk: { S: sort } }));
    const rest = (from: number) => ({ UnprocessedKeys: { "member-ledger": { Keys: left.slice(from) } } });
    mock
      .on(BatchGetItemCommand)
      .resolvesOnce({ Responses: { "member-ledger": [found("1"), found("0")] }, ...rest(2) })
      .resolvesOnce({ Responses: {}, ...rest(2) })
      .resolvesOnce({ Responses: { "member-ledger": [found("4")] }, UnprocessedKeys: {} });
    const items = await table.getMany(keys);
    expect(items.map((one) => one?.sort)).toEqual(["0", "1", undefined, undefined, "4"]);
    expect(pauses).toEqual([1]);
    expect(mock.commandCalls(BatchGetItemCommand)[2]?.args[0].input.RequestItems?.["member-ledger"]?.Keys).toEqual(left.slice(2));
  });

  test("keys that are never read are a fault, not absent items", async () => {
    mock.on(BatchGetItemCommand).callsFake((input) => ({ Responses: {}, UnprocessedKeys: input.RequestItems }));
    await expectFault(table.getMany(keys), "storage-failed");
    await expectFault(table.has(keys), "storage-failed");
  });

  test("items left unwritten are written again; where none goes through, it is a fault", async () => {
    const items = keys.map((key) => ({ ...key, bytes: new Uint8Array(0) }));
    const leaveFrom = (from: number) => (input: BatchWriteItemCommandInput) => ({
      UnprocessedItems: { "member-ledger": input.RequestItems?.["member-ledger"]?.slice(from) ?? [] },
    });
    mock.on(BatchWriteItemCommand).callsFakeOnce(leaveFrom(2)).callsFakeOnce(leaveFrom(0)).callsFakeOnce(leaveFrom(3));
    await table.putMany(items);
    expect(pauses).toEqual([1, 2]);
    const written = mock.commandCalls(BatchWriteItemCommand).map(({ args }) => args[0].input.RequestItems?.["member-ledger"]?.length);
    expect(written).toEqual([5, 3, 3]);
    mock.on(BatchWriteItemCommand).callsFake(leaveFrom(0));
    await expectFault(table.putMany(items), "storage-failed");
  });

  test("a page of 1 MB that ends before the limit is gone on after; a count goes over all pages", async () => {
    mock
      .on(QueryCommand)
      .resolvesOnce({ Items: [found("0")], Count: 1, LastEvaluatedKey: { pk: { S: "p" }, sk: { S: "0" } } })
      .resolvesOnce({ Items: [], Count: 0, LastEvaluatedKey: { pk: { S: "p" }, sk: { S: "1" } } })
      .resolves({ Items: [found("2")], Count: 1 });
    expect(await table.count("p")).toBe(2);
    expect(mock.commandCalls(QueryCommand)[2]?.args[0].input.ExclusiveStartKey).toEqual({ pk: { S: "p" }, sk: { S: "1" } });
    expect((await table.query("p", { limit: 10 })).last).toBeUndefined();
  });

  test("every read that may decide is strongly consistent", async () => {
    mock.onAnyCommand().resolves({});
    await Promise.all([table.get(item), table.getMany(keys), table.has(keys), table.query("p", {}), table.count("p")]);
    const inputs = mock.calls().map(({ args }) => args[0].input as { ConsistentRead?: boolean; RequestItems?: object });
    expect(inputs.length).toBe(5);
    for (const input of inputs) expect(JSON.stringify(input)).toContain('"ConsistentRead":true');
  });
});

describe("a table restored from a backup", () => {
  test("is another table, though it holds the mark of the old one", async () => {
    const memory = memoryTable();
    let id = "one";
    const raft = () => dynamoRaftStore(memoryChain, { ...memory, identity: async () => id }, { now: Date.now });
    expect(await raft().isSetBack()).toBe("maybe");
    await raft().noteOpened();
    expect(await raft().isSetBack()).toBe("no");
    id = "two";
    expect(await raft().isSetBack()).toBe("yes");
    await raft().noteOpened();
    expect(await raft().isSetBack()).toBe("no");
  });

  test("is told by the id of the table, also to a process that has outlived the old one", async () => {
    const fresh = dynamoTable(new DynamoDBClient({ region: "eu-central-1" }), "member-raft", patience);
    mock
      .on(DescribeTableCommand)
      .resolvesOnce({ Table: { TableId: "id-1" } })
      .resolves({ Table: { TableId: "id-2" } });
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      expect([await fresh.identity(), await fresh.identity()]).toEqual(["id-1", "id-1"]);
      vi.setSystemTime(Date.now() + 61_000);
      expect(await fresh.identity()).toBe("id-2");
    } finally {
      vi.useRealTimers();
    }
  });

  test("is told by the id of the table, asked for once a minute, and again at once after a failure", async () => {
    const fresh = dynamoTable(new DynamoDBClient({ region: "eu-central-1" }), "member-raft", patience);
    mock
      .on(DescribeTableCommand)
      .rejectsOnce(named("ResourceNotFoundException"))
      .resolves({ Table: { TableId: "id-1" } });
    await expectFault(fresh.identity(), "storage-failed");
    expect([await fresh.identity(), await fresh.identity()]).toEqual(["id-1", "id-1"]);
    expect(mock.commandCalls(DescribeTableCommand).length).toBe(2);
  });
});

test.each(["failBefore", "failAfter"] as const)(
  "a block and a proposal of several items, cut at each write (%s), are whole or not there",
  async (when) => {
    for (let cut = 1; cut <= 5; cut++) {
      const memory = memoryTable();
      const { block } = testChain().next({ entries: Array.from({ length: 20 }, () => new Uint8Array(randomBytes(60_000))) });
      const attachments = [attachmentOf(new Uint8Array(randomBytes(262_144))), attachmentOf(new Uint8Array(randomBytes(262_144)))];
      const proposal = { transactionHash: "c".repeat(64), author: "a", id: "i", entry: new Uint8Array(9), attachments, until: 5 };
      const [ledger, raft] = [
        dynamoLedger({ chain: memoryChain, ledger: memory }),
        dynamoRaftStore(memoryChain, memory, { now: Date.now }),
      ];
      memory.faults[when](cut);
      await ledger.saveBlock(block).catch(() => undefined);
      const found = await ledger.readBlock(block.after.hash);
      expectSame(found ?? block, block);
      await ledger.saveBlock(block);
      expectSame(await ledger.readBlock(block.after.hash), block);
      memory.faults[when](cut);
      await raft.addProposal(proposal).catch(() => undefined);
      const count = await raft.proposalCount();
      expectSame(await raft.proposals(9, 9), count === 0 ? [] : [proposal]);
      await raft.addProposal(proposal);
      expectSame(await raft.proposals(9, 9), [proposal]);
    }
  },
);

test("a proposal whose body has expired, since the member was away, waits no more", async () => {
  const memory = memoryTable();
  const raft = dynamoRaftStore(memoryChain, memory, { now: Date.now });
  const [transactionHash, until] = ["b".repeat(64), 1_700_000_000_001];
  await raft.addProposal({ transactionHash, author: "author", id: "id", entry: new Uint8Array(9), attachments: [], until });
  const { items } = await memory.query(`${memoryChain}/proposal/${transactionHash}`, {});
  expect(items.map(({ expires }) => expires)).toEqual([1_700_086_401]);
  for (const remove of items) await memory.write({ remove });
  expect(await raft.proposalCount()).toBe(1);
  expect(await raft.proposals(10, 1_000)).toEqual([]);
  expect(await raft.proposalCount()).toBe(0);
  expect(await raft.proposalById("author", "id")).toBeUndefined();
});

test("sealed attachments stand in the table of records only, and a process without it has none", async () => {
  const [ledgerTable, records] = [memoryTable(), memoryTable()];
  const ledger = dynamoLedger({ chain: memoryChain, ledger: ledgerTable, records });
  await commit(ledger, testChain().next());
  const sha256 = "a".repeat(64);
  await ledger.saveSealed({ sha256, bytes: new Uint8Array(3) });
  expect(await ledgerTable.count(`${memoryChain}/sealed/${sha256}`)).toBe(0);
  expect(await records.count(`${memoryChain}/sealed/${sha256}`)).toBe(1);
  const open = dynamoLedger({ chain: memoryChain, ledger: ledgerTable });
  expect((await open.head())?.height).toBe(0);
  await expectBug(() => open.sealed(sha256), /sealed attachments/);
});

test("a removal that was conditional tells what stands there", async () => {
  mock.on(DeleteItemCommand).rejectsOnce(unmet(attributes)).rejectsOnce(unmet()).resolves({});
  const remove = { remove: item, condition: { is: 4 } } as const;
  expect(await table.write(remove)).toEqual({ unmet: item });
  expect(await table.write(remove)).toEqual({ unmet: undefined });
  expect(await table.write(remove)).toBe("done");
});
