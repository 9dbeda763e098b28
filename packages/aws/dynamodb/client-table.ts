import { randomBytes, randomUUID } from "node:crypto";
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteItemsCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { Fault } from "@vermilion/node/fault";
import { damaged } from "@vermilion/node/ports/framing";
import { nameOf } from "./items.ts";
import { cancelledOf, type Patience, patiently, unmetOf, usualPatience } from "./refusals.ts";
import type { Action, Condition, Item, Key, Page, Query, Table } from "./table.ts";

/**
 * How long the identity of a table is remembered, ms: a process may outlive a table that is deleted and restored under its name, but no
 * restore is as fast as this.
 */
const identityFreshMs = 60_000;

type Attributes = Record<string, AttributeValue>;

/**
 * A table of DynamoDB: keys `pk` and `sk` (strings), `body` (binary), `number`, `expires` (number, seconds, the TTL attribute) and `attempt`,
 * a random name of the conditional write that put the item: when the SDK repeats a write whose answer was lost, its condition fails on what
 * it has itself written, and this tells.
 */
export function dynamoTable(client: DynamoDBClient, name: string, patience: Patience = usualPatience): Table {
  const writing = <T>(request: () => Promise<T>) => patiently("write", name, patience, request);
  const asked = { client, name, patience };
  return {
    ...singleReads(asked),
    ...queries(asked),
    write: (action) => writing(oneWrite(client, name, action)),
    putMany: (items) => batchWrite(asked, items),
    transact: (actions) => writing(transaction(client, name, actions)),
    identity: identityOfTable(asked),
  };
}

interface Asked {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly patience: Patience;
}

function reading<T>({ name, patience }: Asked, request: () => Promise<T>): Promise<T> {
  return patiently("read", name, patience, request);
}

function singleReads(of: Asked): Pick<Table, "get" | "getMany" | "has"> {
  return {
    async get(key) {
      const request = { TableName: of.name, Key: keyAttributes(key), ConsistentRead: true };
      const { Item: found } = await reading(of, () => of.client.send(new GetItemCommand(request)));
      return found === undefined ? undefined : itemOf(found);
    },

    async getMany(keys) {
      const found = await batch(of, keys, {});
      return keys.map((key) => {
        const item = found.get(nameOf(key));
        return item === undefined ? undefined : itemOf(item);
      });
    },

    async has(keys) {
      const found = await batch(of, keys, { ProjectionExpression: "pk, sk" });
      return keys.map((key) => found.has(nameOf(key)));
    },
  };
}

async function batch(
  of: Asked,
  keys: readonly Key[],
  only: { readonly ProjectionExpression?: string },
): Promise<ReadonlyMap<string, Attributes>> {
  const { client, name, patience } = of;
  const found = new Map<string, Attributes>();
  let left: Attributes[] = keys.map(keyAttributes);
  for (let attempt = 1; left.length > 0; attempt++) {
    const asked = left;
    const request = { RequestItems: { [name]: { Keys: asked, ConsistentRead: true, ...only } } };
    const answer = await reading(of, () => client.send(new BatchGetItemCommand(request)));
    for (const item of answer.Responses?.[name] ?? []) found.set(nameOf(keyOf(item)), item);
    left = answer.UnprocessedKeys?.[name]?.Keys ?? [];
    // What did not fit into 16 MB comes at once with the next request; only an answer without anything means: later.
    if (left.length < asked.length) attempt = 0;
    else if (attempt >= patience.attemptsMax) throw new Fault("storage-failed", `table ${name} left keys unread ${attempt} times`);
    else await patience.pause(attempt);
  }
  return found;
}

function queries(of: Asked): Pick<Table, "query" | "count"> {
  const { client, name } = of;
  return {
    async query(partition, query): Promise<Page> {
      const condition = keyCondition(partition, query);
      if (condition === undefined) return { items: [], last: undefined };
      const { limit, backward = false } = query;
      const start = startKey(partition, query);
      const input = { ...condition, ...start, ...(limit === undefined ? {} : { Limit: limit }), ScanIndexForward: !backward };
      const answer = await reading(of, () => client.send(new QueryCommand({ TableName: name, ConsistentRead: true, ...input })));
      const items = (answer.Items ?? []).map(itemOf).filter(({ sort }) => isWithin(sort, query));
      return { items, last: answer.LastEvaluatedKey === undefined ? undefined : keyOf(answer.LastEvaluatedKey).sort };
    },

    async count(partition) {
      let count = 0;
      let start: Attributes | undefined;
      do {
        const input: QueryCommandInput = { TableName: name, ConsistentRead: true, Select: "COUNT", ...keyCondition(partition, {}) };
        const from = start === undefined ? {} : { ExclusiveStartKey: start };
        const answer = await reading(of, () => client.send(new QueryCommand({ ...input, ...from })));
        count += answer.Count ?? 0;
        start = answer.LastEvaluatedKey;
      } while (start !== undefined);
      return count;
    },
  };
}

/** What DynamoDB leaves out of a batch comes again, later each time that nothing of it went through. */
async function batchWrite({ client, name, patience }: Asked, items: readonly Item[]): Promise<void> {
  let left: WriteRequest[] = items.map((item) => ({ PutRequest: { Item: attributesOf(item, undefined) } }));
  for (let attempt = 1; left.length > 0; attempt++) {
    const asked = left;
    const request = new BatchWriteItemCommand({ RequestItems: { [name]: asked } });
    const answer = await patiently("write", name, patience, () => client.send(request));
    left = answer.UnprocessedItems?.[name] ?? [];
    if (left.length === 0) return;
    if (left.length < asked.length) attempt = 1;
    else if (attempt >= patience.attemptsMax) throw new Fault("storage-failed", `table ${name} left items unwritten ${attempt} times`);
    await patience.pause(attempt);
  }
}

/** Asked for once a minute, and again at once after a failure. */
function identityOfTable(of: Asked): Table["identity"] {
  let identity: { readonly asked: Promise<string>; readonly at: number } | undefined;
  return () => {
    const now = Date.now();
    if (identity !== undefined && now - identity.at < identityFreshMs) return identity.asked;
    const asked = reading(of, () => identityOf(of.client, of.name)).catch((error: unknown) => {
      identity = undefined;
      throw error;
    });
    identity = { asked, at: now };
    return asked;
  };
}

/** All attempts at one write carry one name, so that the write knows itself again also when an answer was lost. */
function oneWrite(client: DynamoDBClient, table: string, action: Action): () => ReturnType<Table["write"]> {
  const attempt = "put" in action && action.condition !== undefined ? randomBytes(12) : undefined;
  const { condition } = action;
  const expression =
    condition === undefined ? {} : { ...conditionExpression(condition), ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const };
  return async () => {
    try {
      if ("put" in action)
        await client.send(new PutItemCommand({ TableName: table, Item: attributesOf(action.put, attempt), ...expression }));
      else await client.send(new DeleteItemCommand({ TableName: table, Key: keyAttributes(action.remove), ...expression }));
      return "done";
    } catch (error) {
      const unmet = unmetOf(error);
      if (unmet === undefined) throw error;
      if (unmet.item === undefined) return { unmet: undefined };
      const writer = unmet.item["attempt"]?.B;
      return attempt !== undefined && writer !== undefined && attempt.equals(writer) ? "done" : { unmet: itemOf(unmet.item) };
    }
  };
}

/** All attempts at one transaction carry one token, so that it happens once also when an answer was lost. */
function transaction(client: DynamoDBClient, table: string, actions: readonly Action[]): () => ReturnType<Table["transact"]> {
  const TransactItems = actions.map((action) => {
    const expression = conditionExpression(action.condition);
    return "put" in action
      ? { Put: { TableName: table, Item: attributesOf(action.put, undefined), ...expression } }
      : { Delete: { TableName: table, Key: keyAttributes(action.remove), ...expression } };
  });
  const request = { TransactItems, ClientRequestToken: randomUUID() };
  return async () => {
    try {
      await client.send(new TransactWriteItemsCommand(request));
      return "done";
    } catch (error) {
      const cancelled = cancelledOf(error);
      if (cancelled === undefined) throw error;
      return { cancelled };
    }
  };
}

/** The id that DynamoDB gave the table; where there is none (an emulator), what no later table of that name shares with it. */
async function identityOf(client: DynamoDBClient, name: string): Promise<string> {
  const { Table: table } = await client.send(new DescribeTableCommand({ TableName: name }));
  return table?.TableId ?? `${table?.TableArn} ${table?.CreationDateTime?.toISOString()}`;
}

/**
 * Undefined where no key can match. A query has one condition on the sort key, so that the sharper bound of each side is taken: BETWEEN is
 * inclusive, hence the least string after an exclusive lower bound, and `isWithin` for what equals an exclusive upper one.
 */
function keyCondition(
  partition: string,
  query: Query,
): Pick<QueryCommandInput, "KeyConditionExpression" | "ExpressionAttributeValues"> | undefined {
  const { lower, upper } = boundsOf(query);
  const values: Attributes = { ":pk": { S: partition } };
  if (lower !== "") values[":lower"] = { S: lower };
  if (upper !== undefined) values[":upper"] = { S: upper };
  if (upper !== undefined && lower >= upper) return undefined;
  const range = lower === "" ? (upper === undefined ? "" : " AND sk <= :upper") : upper === undefined ? " AND sk >= :lower" : between;
  return { KeyConditionExpression: `pk = :pk${range}`, ExpressionAttributeValues: values };
}

const between = " AND sk BETWEEN :lower AND :upper";

/** Backward, a query starts beyond its exclusive upper bound: a page of one item would otherwise be that item, again and again. */
function startKey(partition: string, query: Query): Pick<QueryCommandInput, "ExclusiveStartKey"> {
  const { upper } = boundsOf(query);
  return query.backward && upper !== undefined ? { ExclusiveStartKey: keyAttributes({ partition, sort: upper }) } : {};
}

/** Lower inclusive, upper exclusive. */
function boundsOf({ from = "", to, after, backward = false }: Query): { readonly lower: string; readonly upper: string | undefined } {
  if (after === undefined) return { lower: from, upper: to };
  if (backward) return { lower: from, upper: to === undefined || after < to ? after : to };
  const next = `${after}\u0000`;
  return { lower: next > from ? next : from, upper: to };
}

function isWithin(sort: string, query: Query): boolean {
  const { lower, upper } = boundsOf(query);
  return sort >= lower && (upper === undefined || sort < upper);
}

function conditionExpression(condition: Condition | undefined) {
  if (condition === undefined) return {};
  if (condition === "absent") return { ConditionExpression: "attribute_not_exists(pk)" };
  // `number` is a reserved word of DynamoDB's expressions.
  const ExpressionAttributeNames = { "#number": "number" };
  if ("is" in condition) {
    const ExpressionAttributeValues = { ":number": { N: String(condition.is) } };
    return { ConditionExpression: "#number = :number", ExpressionAttributeNames, ExpressionAttributeValues };
  }
  const ExpressionAttributeValues = { ":number": { N: String(condition.below) } };
  return { ConditionExpression: "attribute_not_exists(pk) OR #number < :number", ExpressionAttributeNames, ExpressionAttributeValues };
}

function keyAttributes({ partition, sort }: Key): Attributes {
  return { pk: { S: partition }, sk: { S: sort } };
}

function attributesOf(item: Item, attempt: Uint8Array | undefined): Attributes {
  return {
    ...keyAttributes(item),
    body: { B: item.bytes },
    ...(item.number === undefined ? {} : { number: { N: String(item.number) } }),
    ...(item.expires === undefined ? {} : { expires: { N: String(item.expires) } }),
    ...(attempt === undefined ? {} : { attempt: { B: attempt } }),
  };
}

function keyOf(attributes: Attributes): Key {
  const [partition, sort] = [attributes["pk"]?.S, attributes["sk"]?.S];
  if (partition === undefined || sort === undefined) damaged("item", "no key");
  return { partition, sort };
}

function itemOf(attributes: Attributes): Item {
  const key = keyOf(attributes);
  const bytes = attributes["body"]?.B ?? damaged(nameOf(key), "no body");
  const [number, expires] = [attributes["number"]?.N, attributes["expires"]?.N];
  return {
    ...key,
    bytes,
    ...(number === undefined ? {} : { number: Number(number) }),
    ...(expires === undefined ? {} : { expires: Number(expires) }),
  };
}
