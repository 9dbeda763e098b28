import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createClient } from "@vermilion/client";
import { tokenSource } from "@vermilion/client/token";
import { readAppFile } from "@vermilion/local";
import { expect, onTestFinished, test } from "vitest";
import { freePorts, temporaryFolder } from "./local-support.ts";
import { command, eventually, isAlive, startConsortium, statusOf } from "./running-consortium.ts";

/** A member that is told to end while it is at work. */

test("SIGTERM: not ready at once, new calls are refused by name, a write under way is committed by the others and answered, then it ends", async () => {
  const data = join(temporaryFolder(), "data");
  const running = await startConsortium("--data", data, "--port", `${await freePorts(4)}`);
  const [first, ...others] = await statusOf(data);
  const { leader } = (await createClient({ baseUrl: first?.url ?? "" }).health()).chains[0] ?? {};
  expect(leader).toBeTypeOf("string");
  // A follower: what it writes is committed only by what the others send to its own door.
  const { member = "", url = "", pid } = others.find((row) => row.member !== leader) ?? {};
  const app = readAppFile(join(data, "apps", `${member}-desk.json`));
  const token = await tokenSource(app, { baseUrl: url, post: fetch, timeoutMs: 5_000, language: undefined }).token();
  expect(await readiness(url)).toMatchObject({ status: 200, body: { ready: true } });

  const body = JSON.stringify({ digests: ["ab".repeat(32)] });
  const slow = await slowCall(url, token, body);
  slow.write(body.slice(0, 10));
  process.kill(pid ?? 0, "SIGTERM");
  const refused = await eventually(
    () => readiness(url),
    ({ status }) => status === 503,
  );
  expect(refused.body).toMatchObject({ code: "not-ready", detail: "draining" });
  expect(await problemOf(`${url}/v1/consortium`)).toEqual({ status: 503, code: "draining", retryAfter: "5", connection: "close" });
  expect((await createClient({ baseUrl: url }).health()).member).toBe(member);

  slow.write(body.slice(10));
  const answer = await text(slow);
  expect(answer).toMatch(/^HTTP\/1\.1 201 /);
  expect(answer).toContain('"outcome":"applied"');
  await eventually(
    async () => isAlive(pid ?? 0),
    (alive) => !alive,
  );

  // Its supervisor starts it again; what was answered is there.
  await eventually(
    () => readiness(url),
    ({ status }) => status === 200,
  );
  const [, transaction = ""] = /"transactionHash":"([0-9a-f]{64})"/.exec(answer) ?? [];
  expect(await (await fetch(`${url}/v1/lookup/${transaction}`)).json()).toMatchObject({ found: true, outcome: "applied" });
  await command("stop", "--data", data);
  await running.ended;
});

test("a call that does not end is cut off in the end, and the process ends all the same", async () => {
  const data = join(temporaryFolder(), "data");
  const args = ["--data", data, "--members", "north", "--name", "grain.example", "--port", `${await freePorts(1)}`, "--no-sample"];
  const running = await startConsortium(...args);
  const { url = "", pid = 0 } = running.ready.members[0] ?? {};
  const app = readAppFile(join(data, "apps", "north-desk.json"));
  const token = await tokenSource(app, { baseUrl: url, post: fetch, timeoutMs: 5_000, language: undefined }).token();
  const slow = await slowCall(url, token, "x".repeat(100));
  slow.write("x");
  const closed = once(slow, "close");
  const began = Date.now();
  await command("stop", "--data", data);
  expect(await running.ended).toMatchObject({ code: 0 });
  await closed;
  expect(isAlive(pid ?? 0)).toBe(false);
  expect(Date.now() - began).toBeGreaterThan(4_000);
  expect(Date.now() - began).toBeLessThan(15_000);
});

/** The head of a deposit of evidence; its body is for the test to send. */
async function slowCall(url: string, token: string, body: string): Promise<Socket> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const head = [
    "POST /v1/evidence HTTP/1.1",
    `Host: ${host}`,
    `Authorization: Bearer ${token}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    "Vermilion-Operator: li-si",
    "Idempotency-Key: slow",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  return socket;
}

/** Between the end of one process and the start of the next nobody answers: status 0. */
async function readiness(url: string): Promise<{ readonly status: number; readonly body: unknown }> {
  try {
    const answer = await fetch(`${url}/v1/ready`);
    return { status: answer.status, body: await answer.json() };
  } catch {
    return { status: 0, body: undefined };
  }
}

async function problemOf(url: string) {
  const answer = await fetch(url);
  const { code } = (await answer.json()) as { code: string };
  return { status: answer.status, code, retryAfter: answer.headers.get("retry-after"), connection: answer.headers.get("connection") };
}
