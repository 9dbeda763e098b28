import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateTableCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientOptions, type SmallFunctions, smallFunctions } from "./functions.ts";
import { type Emulator, startMiniStack } from "./ministack.ts";

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
      endpoint: emulator.endpoint,
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
    const dynamodb = new DynamoDBClient(clientOptions(emulator));
    await dynamodb.send(
      new CreateTableCommand({
        TableName: "rows",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      }),
    );
    expect(await dynamodb.send(new GetItemCommand({ TableName: "rows", Key: { pk: { S: "a" } } }))).not.toHaveProperty("Item");
    const functions = smallFunctions(emulator);
    await grantRole(emulator, "reader", "rows");
    await functions.create("reads-and-writes", readsAndWrites, { role: "reader" });
    const { answer } = await functions.invoke("reads-and-writes");
    expect(answer).toEqual({ read: "done", written: "AccessDeniedException" });
    functions.close();
  });
});

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
