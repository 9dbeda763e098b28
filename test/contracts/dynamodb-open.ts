import { randomUUID } from "node:crypto";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoTable, type Item, type Table } from "@vermilion/aws/dynamodb/index";
import type { WriteFaults } from "../support/memory/index.ts";
import { type OpenChain, testChains } from "./opened.ts";

const tableName = "contracts";

/** A client of an emulator; `faults` strike its writes. */
interface FaultyClient {
  readonly client: DynamoDBClient;
  readonly faults: WriteFaults;
}

function emulatorClient(endpoint: string): FaultyClient {
  const client = new DynamoDBClient({
    endpoint,
    region: "eu-central-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  return { client, faults: clientFaults(client) };
}

/** The one table of all suites, with the keys that the stack gives to each of a member's tables. */
export async function createTable(endpoint: string): Promise<void> {
  const { client } = emulatorClient(endpoint);
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
      ],
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
    }),
  );
  client.destroy();
}

/** An adapter over an empty part of the table; opening it again is another client, as another process would have it. */
export function dynamoOpener<Port>(endpoint: () => string, make: (table: Table, chain: string) => Port): OpenChain<Port> {
  return async () => {
    const part = randomUUID();
    const first = emulatorClient(endpoint());
    const clients = [first];
    const portOf = ({ client }: FaultyClient, chain: string = testChains[0]) => make(partOf(dynamoTable(client, tableName), part), chain);
    return {
      port: portOf(first),
      async reopen() {
        const another = emulatorClient(endpoint());
        clients.push(another);
        return portOf(another);
      },
      otherChain: async () => portOf(first, testChains[1]),
      async close() {
        for (const { client } of clients) client.destroy();
      },
      faults: first.faults,
    };
  };
}

/** A table within the table, for one test: its partition keys have a prefix that nobody else has. */
function partOf(table: Table, part: string): Table {
  const into = <T extends { readonly partition: string }>(key: T): T => ({ ...key, partition: `${part}/${key.partition}` });
  const outOf = <T extends Item | undefined>(item: T): T =>
    item === undefined ? item : { ...item, partition: item.partition.slice(part.length + 1) };
  const actionInto = (action: Parameters<Table["write"]>[0]) =>
    "put" in action ? { ...action, put: into(action.put) } : { ...action, remove: into(action.remove) };
  return {
    get: async (key) => outOf(await table.get(into(key))),
    getMany: async (keys) => (await table.getMany(keys.map(into))).map(outOf),
    has: (keys) => table.has(keys.map(into)),
    async query(partition, query) {
      const page = await table.query(`${part}/${partition}`, query);
      return { ...page, items: page.items.map(outOf) };
    },
    count: (partition) => table.count(`${part}/${partition}`),
    async write(action) {
      const result = await table.write(actionInto(action));
      return result === "done" ? result : { unmet: outOf(result.unmet) };
    },
    putMany: (items) => table.putMany(items.map(into)),
    transact: (actions) => table.transact(actions.map(actionInto)),
    identity: () => table.identity(),
  };
}

const writes = ["BatchWriteItemCommand", "PutItemCommand", "DeleteItemCommand", "TransactWriteItemsCommand"];

/**
 * Faults between the adapter and the SDK, so that the SDK repeats none of them. What DynamoDB answers to a caller whose policy denies writes
 * stands for "read-only"; what it answers beyond a limit of the account, for "full", which itself it never is.
 */
function clientFaults(client: DynamoDBClient): WriteFaults {
  let ordered: { readonly when: "before" | "after"; left: number } | undefined;
  let refusal: "LimitExceededException" | "AccessDeniedException" | undefined;
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (given) => {
        if (!writes.includes(commandName)) return next(given);
        const needsRoom = commandName !== "DeleteItemCommand";
        if (refusal === "AccessDeniedException" || (refusal !== undefined && needsRoom)) throw failure(refusal);
        if (ordered !== undefined) ordered.left -= 1;
        const now = ordered?.left === 0 ? ordered.when : undefined;
        if (now !== undefined) ordered = undefined;
        if (now === "before") throw failure("InternalServerError");
        const result = await next(given);
        if (now === "after") throw failure("InternalServerError");
        return result;
      },
    { step: "initialize", name: "faultsOrderedByTests" },
  );
  return {
    failBefore(n) {
      ordered = { when: "before", left: n };
    },
    failAfter(n) {
      ordered = { when: "after", left: n };
    },
    full() {
      refusal = "LimitExceededException";
    },
    readOnly() {
      refusal = "AccessDeniedException";
    },
    clear() {
      ordered = undefined;
      refusal = undefined;
    },
  };
}

function failure(name: string): Error {
  return Object.assign(new Error("ordered by the test"), { name });
}
