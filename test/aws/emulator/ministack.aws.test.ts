import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientOptions, type SmallFunctions, smallFunctions } from "./functions.ts";
import { type Emulator, startMiniStack } from "./ministack.ts";
import { startSecondDynamoDb } from "./second-dynamodb.ts";

describe("an emulated account", () => {
  let emulator: Emulator;
  let functions: SmallFunctions;
  beforeAll(async () => {
    emulator = await startMiniStack({ account: "111111111111" });
    functions = smallFunctions(emulator);
  });
  afterAll(async () => {
    functions.close();
    await emulator.stop();
  });

  test("runs functions in the Node.js that the project pins, and tells them who and where they are", async () => {
    await functions.create(
      "about",
      `export const handler = async (event, context) => ({
        node: process.version, event, name: context.functionName, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis(),
        region: process.env.AWS_REGION, endpoint: process.env.AWS_ENDPOINT_URL });`,
      { timeoutS: 7 },
    );
    const { answer } = await functions.invoke("about", { given: 1 });
    expect(answer).toMatchObject({
      node: "v24.21.0",
      event: { given: 1 },
      name: "about",
      arn: "arn:aws:lambda:eu-central-1:111111111111:function:about",
      region: "eu-central-1",
      endpoint: emulator.endpoint.replace("localhost", "127.0.0.1"),
    });
    const { left } = answer as { left: number };
    expect(left).toBeGreaterThan(4_000);
    expect(left).toBeLessThanOrEqual(7_000);
  });

  test("freezes a function after its answer and thaws it for the next call: work left behind is not done in between", async () => {
    await functions.create(
      "busy",
      `let ticks = 0; setInterval(() => { ticks++; }, 10);
      export const handler = async () => { await new Promise((done) => setTimeout(done, 100)); return { ticks, pid: process.pid }; };`,
    );
    const first = (await functions.invoke("busy")).answer as { ticks: number; pid: number };
    await sleep(100);
    expect(stateOf(first.pid)).toBe("T");
    await sleep(1_000);
    const second = (await functions.invoke("busy")).answer as { ticks: number; pid: number };
    expect(second.pid).toBe(first.pid);
    expect(second.ticks - first.ticks).toBeGreaterThan(0);
    expect(second.ticks - first.ticks).toBeLessThan(60);
  });

  test("says a thrown error by its own name", async () => {
    await functions.create(
      "thrower",
      `export const handler = async () => { throw Object.assign(new Error("no"), { name: "StaleTurn" }); };`,
    );
    expect((await functions.invoke("thrower")).error).toMatchObject({ errorType: "StaleTurn", errorMessage: "no" });
    await functions.create("late", "export const handler = () => new Promise(() => setInterval(() => {}, 1000));", { timeoutS: 1 });
    expect((await functions.invoke("late")).error).toMatchObject({ errorType: "Sandbox.Timedout" });
  });
});

describe("the processes of an emulated account", () => {
  const starter = `
    const { startMiniStack } = await import(${JSON.stringify(new URL("ministack.ts", import.meta.url).href)});
    const { smallFunctions } = await import(${JSON.stringify(new URL("functions.ts", import.meta.url).href)});
    const emulator = await startMiniStack({ account: "222222222222" });
    const functions = smallFunctions(emulator);
    await functions.create("self", "export const handler = async () => ({ pid: process.pid, parent: process.ppid });");
    process.stdout.write(JSON.stringify((await functions.invoke("self")).answer) + "\\n");
    setInterval(() => {}, 1000);`;

  test("end with the process that started them, even if that is killed and a function's process is frozen", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", starter], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { pid, parent } = JSON.parse(line.toString("utf8")) as { pid: number; parent: number };
    expect([pid, parent].map(isAlive)).toEqual([true, true]);
    child.kill("SIGKILL");
    await once(child, "exit");
    for (let round = 0; round < 100 && [pid, parent].some(isAlive); round++) await sleep(50);
    expect([pid, parent].map(isAlive)).toEqual([false, false]);
  });
});

describe("an account that enforces IAM", () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startMiniStack({ account: "333333333333", iam: true });
  });
  afterAll(async () => emulator.stop());

  test("refuses a function what its role does not grant", async () => {
    await createRows(emulator);
    expect(await rowIsThere(emulator, "a")).toBe(false);
    const functions = smallFunctions(emulator);
    await grantRole(emulator, "reader", "rows");
    await functions.create("reads-and-writes", readsAndWrites, { role: "reader" });
    const { answer } = await functions.invoke("reads-and-writes");
    expect(answer).toEqual({ read: "done", written: "AccessDeniedException" });
    functions.close();
  });
});

test("an account with a folder keeps what it holds over a stop, and not over a power cut", async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), "ministack-state-"));
  const start = () => startMiniStack({ account: "121212121212", stateFolder });
  const put = (emulator: Emulator, key: string) =>
    new S3Client({ ...clientOptions(emulator), forcePathStyle: true }).send(
      new PutObjectCommand({ Bucket: "kept-things", Key: key, Body: key }),
    );
  try {
    const first = await start();
    await new S3Client({ ...clientOptions(first), forcePathStyle: true }).send(
      new CreateBucketCommand({ Bucket: "kept-things", CreateBucketConfiguration: { LocationConstraint: "eu-central-1" } }),
    );
    await put(first, "early");
    await createRows(first);
    await first.stop();
    const second = await start();
    expect(await (await fetch(`${second.endpoint}/kept-things/early`)).text()).toBe("early");
    await putRow(second, "lost");
    await second.kill();
    const third = await start();
    expect(await rowIsThere(third, "lost")).toBe(false);
    await third.stop();
  } finally {
    rmSync(stateFolder, { recursive: true, force: true });
  }
});

test("the second opinion on DynamoDB checks conditions", async () => {
  const second = await startSecondDynamoDb();
  const there = { ...second, region: "eu-central-1", account: "123456789012" };
  await createRows(there);
  await putRow(there, "once");
  await expect(putRow(there, "once")).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
  await second.stop();
});

const rowsOf = (place: Pick<Emulator, "endpoint" | "region">) => new DynamoDBClient(clientOptions(place));

async function createRows(place: Pick<Emulator, "endpoint" | "region">): Promise<void> {
  await rowsOf(place).send(
    new CreateTableCommand({
      TableName: "rows",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    }),
  );
}

async function putRow(place: Pick<Emulator, "endpoint" | "region">, pk: string): Promise<void> {
  await rowsOf(place).send(
    new PutItemCommand({ TableName: "rows", Item: { pk: { S: pk } }, ConditionExpression: "attribute_not_exists(pk)" }),
  );
}

async function rowIsThere(place: Pick<Emulator, "endpoint" | "region">, pk: string): Promise<boolean> {
  return (await rowsOf(place).send(new GetItemCommand({ TableName: "rows", Key: { pk: { S: pk } } }))).Item !== undefined;
}

/** `T`: stopped; `Z`: ended, but nobody has asked how; empty: not there. */
function stateOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] ?? "";
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  return !["", "Z"].includes(stateOf(pid));
}

const readsAndWrites = `
  import { createRequire } from "node:module";
  const { DynamoDBClient, GetItemCommand, PutItemCommand } = createRequire(import.meta.url)("@aws-sdk/client-dynamodb");
  const client = new DynamoDBClient({});
  const said = (work) => work.then(() => "done", (error) => error.name);
  export const handler = async () => ({
    read: await said(client.send(new GetItemCommand({ TableName: "rows", Key: { pk: { S: "a" } } }))),
    written: await said(client.send(new PutItemCommand({ TableName: "rows", Item: { pk: { S: "a" } } }))),
  });`;

/** IAM has no client among the dependencies: its query protocol is one POST. The access key `test` is root, whose signature nobody checks. */
async function grantRole({ endpoint, account }: Emulator, role: string, table: string): Promise<void> {
  const statement = (rest: object) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...rest }] });
  const calls = [
    {
      Action: "CreateRole",
      RoleName: role,
      AssumeRolePolicyDocument: statement({ Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }),
    },
    {
      Action: "PutRolePolicy",
      RoleName: role,
      PolicyName: "reads",
      PolicyDocument: statement({ Action: "dynamodb:GetItem", Resource: `arn:aws:dynamodb:eu-central-1:${account}:table/${table}` }),
    },
  ];
  for (const call of calls) {
    const answer = await fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0",
      },
      body: new URLSearchParams({ ...call, Version: "2010-05-08" }).toString(),
    });
    expect(answer.status, await answer.text()).toBe(200);
  }
}
