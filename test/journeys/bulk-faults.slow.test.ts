import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type AppCredentials, type BulkAnswer, type BulkLine, type Client, ClientProblem } from "@vermilion/client";
import { tokenSource } from "@vermilion/client/token";
import { dataPaths, readAppFile } from "@vermilion/local";
import { expect, test } from "vitest";
import { command, type StatusRow, startConsortium, statusOf } from "../local/running-consortium.ts";
import { freePorts } from "../support/ports.ts";
import { clientsOf, equalHeads, freshData, noteType } from "./agencies.ts";

/** Bulk calls over real HTTP to four members, when lines are bad, the member dies, or the caller is slow. */

let data: string;
let clients: ReadonlyMap<string, Client>;
const as = (member: string): Client => clients.get(member)!;
const credentials = (member: string): AppCredentials => readAppFile(dataPaths(data).app(member, "desk"));

async function open(): Promise<void> {
  data = freshData();
  await startConsortium("--data", data, "--port", String(await freePorts()), "--no-sample");
  clients = clientsOf(data);
  await as("platform").defineType({ type: noteType });
  await equalHeads(clients);
}

const line = (name: string, at: number, fields: Record<string, unknown> = { title: `第${at}号`, amount: at }) =>
  ({ op: "issue", key: `${name}-${at}`, type: noteType.id, fields }) as BulkLine;

async function post(member: string, body: string | ReadableStream<Uint8Array>) {
  const app = credentials(member);
  const token = await tokenSource(app, { baseUrl: app.baseUrl, post: fetch, timeoutMs: 10_000, language: "en" }).token();
  const headers = { authorization: `Bearer ${token}`, "vermilion-operator": "bulk", "content-type": "application/x-ndjson" };
  const init: RequestInit & { readonly duplex: "half" } = { method: "POST", headers, body, duplex: "half" };
  return fetch(`${app.baseUrl}/v1/certificates/bulk`, init);
}

const answersIn = (text: string): readonly BulkAnswer[] =>
  text
    .split("\n")
    .filter((each) => each !== "")
    .map((each) => JSON.parse(each) as BulkAnswer);

test("10,000 lines with 37 bad ones in one stream: each is answered in its place, the bad ones say why, the others are done", async () => {
  await open();
  const bad = (at: number) => at % 270 === 135;
  const lines = Array.from({ length: 10_000 }, (_, at) => line("many", at, bad(at) ? { title: "x", amount: -1 } : undefined));
  const answer = await post("customs", `${lines.map((each) => JSON.stringify(each)).join("\n")}\n`);
  const items = answersIn(await answer.text());
  expect(items.map(({ line: place, key }) => [place, key])).toEqual(lines.map(({ key }, at) => [at + 1, key]));
  const refused = items.filter(({ status }) => status === "refused");
  expect(refused.map(({ line: place }) => place - 1)).toEqual(Array.from({ length: 10_000 }, (_, at) => at).filter(bad));
  expect(refused).toHaveLength(37);
  expect(new Set(refused.map(({ code, problems }) => `${code} ${problems?.[0]?.field}`))).toEqual(new Set(["invalid-fields amount"]));
  const done = items.filter(({ status }) => status === "committed");
  expect(new Set(done.map(({ certificate }) => certificate)).size).toBe(9_963);
  expect(await as("customs").countCertificates({ type: noteType.id, issuer: "customs" })).toEqual({ count: 9_963, atLeast: false });
  // Many certificates share an entry.
  expect(new Set(done.map(({ transactionHash }) => transactionHash)).size).toBeLessThan(1_500);
});

test("a member that is killed in the middle of a batch: the same lines sent again do what was left, and nothing twice", async () => {
  await open();
  const lines = Array.from({ length: 600 }, (_, at) => line("killed", at));
  const before = (await as("tax").countCertificates({ type: noteType.id, issuer: "tax" })).count;
  const first: BulkAnswer[] = [];
  const [victim] = (await statusOf(data)).filter(({ member }: StatusRow) => member === "tax");
  const impatient = clientsOf(data).get("tax")!;
  const broken = (async () => {
    for await (const answer of impatient.bulk(lines, { linesPerCall: 50 })) {
      first.push(answer);
      if (first.length === 150) process.kill(victim?.pid ?? 0, "SIGKILL");
    }
  })();
  // The supervisor starts it again, and the client goes on by itself; where it has given up its caller sends all again.
  await broken.catch((error: unknown) => {
    if (!(error instanceof ClientProblem)) throw error;
  });
  const again: BulkAnswer[] = [];
  for await (const answer of clientsOf(data).get("tax")!.bulk(lines)) again.push(answer);
  expect(again.map(({ status }) => status)).toEqual(lines.map(() => "committed"));
  for (const answer of first) expect(again[answer.line - 1]?.certificate).toBe(answer.certificate);
  await equalHeads(clients);
  expect((await as("tax").countCertificates({ type: noteType.id, issuer: "tax" })).count - before).toBe(600);
});

test("a slow caller gets its answers line by line, and holds up nobody else", async () => {
  await open();
  const encoder = new TextEncoder();
  const slow = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (let at = 0; at < 6; at++) {
        const text = `${JSON.stringify(line("slow", at))}\n`;
        controller.enqueue(encoder.encode(text.slice(0, 20)));
        await sleep(400);
        controller.enqueue(encoder.encode(text.slice(20)));
      }
      controller.close();
    },
  });
  const answered = post("inspection", slow);
  const quick = await as("inspection").issueCertificate({ type: noteType.id, fields: { title: "快", amount: 1 } });
  expect(quick.outcome).toBe("applied");
  const items = answersIn(await (await answered).text());
  expect(items.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => "committed"));
});

test("a caller that hangs up in the midst of a line has done the lines before it, and the member goes on", async () => {
  await open();
  const { baseUrl } = credentials("inspection");
  const app = credentials("inspection");
  const token = await tokenSource(app, { baseUrl, post: fetch, timeoutMs: 10_000, language: "en" }).token();
  const { port, hostname } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  const text = `${JSON.stringify(line("cut", 0))}\n{"op":"issue","key":"cut-1"`;
  socket.write(
    `POST /v1/certificates/bulk HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\nVermilion-Operator: bulk\r\n` +
      `Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n`,
  );
  await sleep(1_000);
  socket.destroy();
  const [again] = answersIn(await (await post("inspection", `${JSON.stringify(line("cut", 0))}\n`)).text());
  expect(again).toMatchObject({ status: "committed" });
  expect((await as("inspection").health()).status).toBe("ok");
  await command("status", "--data", data);
});
