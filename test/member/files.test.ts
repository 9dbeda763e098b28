import { createHash } from "node:crypto";
import { formatFileReference } from "@vermilion/certificates";
import type { Json, JsonObject } from "@vermilion/ledger";
import type { Services } from "@vermilion/member";
import { fileLinkLifeMs, isLinkOf } from "@vermilion/member/files/file-links";
import { openUploadsMax } from "@vermilion/member/files/files";
import { nativeCrypto } from "@vermilion/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestFile, testFile } from "../contracts/test-file.ts";
import { type Cluster, eventually, openCluster } from "../support/cluster.ts";
import { caller, good, options } from "./fixtures.ts";

/** Files over whole members: what is refused, and what a reader is given. */

const type: JsonObject = {
  id: "attachment",
  version: 1,
  names: { zh: "附件", en: "Attachment" },
  code: "11100000000019991T077",
  issuers: ["platform", "customs"],
  parts: [],
  policies: [],
  fields: [
    field("title", { type: "string", maxLength: 40 }, 1),
    field("document", { type: "string", format: "file" }, 2),
    field("annex", { type: "string", format: "file" }, 3, false),
  ],
};

function field(name: string, schema: Json, order: number, required = true): Json {
  return { name, names: { zh: name, en: name }, part: "main", schema, sensitivity: "internal", required, order };
}

const noWait = { waitMs: 0 };
let cluster: Cluster;
let timeAheadMs = 0;
const services = (id: string): Services => cluster.node(id).running!.services;

beforeAll(async () => {
  cluster = await openCluster({
    platform: (_node, platform) => ({
      ...platform,
      clock: { now: () => platform.clock.now() + timeAheadMs, sleep: (ms) => platform.clock.sleep(ms) },
    }),
  });
  good(await services("platform").defineType({ type }, caller, options));
});
afterAll(() => cluster.close());

const plain = "cd".repeat(32);
/** What its sender would say of the content; here it has none but its chunks. */
const plainOf = ({ chunks }: TestFile) => createHash("sha256").update(Buffer.concat(chunks)).digest("hex");

async function stored(id: string, file: TestFile = testFile(1_000), mediaType = "application/pdf"): Promise<string> {
  const { file: root, size, chunks } = file.plan;
  good(await services(id).beginFile({ file: root, size, chunks }, caller));
  for (const [index, bytes] of file.chunks.entries()) good(await services(id).sendChunk({ file: root, chunk: index, bytes }, caller));
  good(await services(id).completeFile({ file: root, mediaType, plain: plainOf(file) }, caller, options));
  return formatFileReference({ file: root, size, mediaType, key: new Uint8Array(32).fill(1), name: "备案.pdf" });
}

const issue = (id: string, document: string) =>
  services(id).issueCertificate({ type: "attachment", fields: { title: "t", document } }, caller, options);

async function granted(certificate: string, fields: readonly string[], reader = "tax", owner = "platform"): Promise<string> {
  const asked = { certificate, part: "main", fields, purpose: "audit", serviceItem: "refund", basis: "law" };
  const { request } = good(await services(reader).openRequest(asked, caller, options));
  good(await services(owner).decideRequest({ request, decision: "approve", reason: "lawful" }, caller, options));
  await eventually(async () => {
    const row = await services(reader).request({ request });
    return !("refused" in row) && row.status === "granted";
  });
  return request;
}

describe("an upload", () => {
  test("is refused where root, sizes or hashes do not fit", async () => {
    const { plan } = testFile(9 * 1024 * 1024);
    const begin = (changes: Partial<typeof plan>) => {
      const { file, size, chunks } = { ...plan, ...changes };
      return services("tax").beginFile({ file, size, chunks }, caller);
    };
    expect(await begin({ file: "ab".repeat(32) })).toMatchObject({ refused: "file-root-does-not-match" });
    expect(await begin({ chunks: plan.chunks.toReversed() })).toMatchObject({ refused: "file-root-does-not-match" });
    expect(await begin({ chunks: plan.chunks.slice(1) })).toMatchObject({ refused: "file-size-does-not-match" });
    expect(await begin({ size: 8 * 1024 * 1024 })).toMatchObject({ refused: "file-size-does-not-match" });
    expect(await begin({ size: 6 * 1024 ** 3 })).toMatchObject({ refused: "file-too-large" });
  });

  test("takes exactly its own chunks and completes with all of them, however often it is asked", async () => {
    const { plan, chunks } = testFile(9 * 1024 * 1024);
    const { file, size } = plan;
    const tax = services("tax");
    expect(await tax.sendChunk({ file, chunk: 0, bytes: chunks[0]! }, caller)).toMatchObject({ refused: "unknown-upload" });
    expect(await tax.completeFile({ file, mediaType: "text/plain", plain }, caller, options)).toMatchObject({ refused: "unknown-upload" });
    const begun = good(await tax.beginFile({ file, size, chunks: plan.chunks }, caller));
    expect(begun).toEqual({
      file,
      complete: false,
      registered: false,
      missing: [0, 1],
      sends: [
        { through: "api", chunk: 0 },
        { through: "api", chunk: 1 },
      ],
    });
    const altered = Uint8Array.from(chunks[1]!);
    altered[7]! ^= 1;
    expect(await tax.sendChunk({ file, chunk: 1, bytes: altered }, caller)).toMatchObject({ refused: "chunk-does-not-match" });
    expect(await tax.sendChunk({ file, chunk: 1, bytes: chunks[1]!.subarray(1) }, caller)).toMatchObject({
      refused: "chunk-size-does-not-match",
    });
    expect(await tax.sendChunk({ file, chunk: 1, bytes: chunks[0]! }, caller)).toMatchObject({ refused: "chunk-size-does-not-match" });
    expect(await tax.sendChunk({ file, chunk: 2, bytes: chunks[1]! }, caller)).toMatchObject({ refused: "unknown-chunk" });
    good(await tax.sendChunk({ file, chunk: 1, bytes: chunks[1]! }, caller));
    expect(await tax.completeFile({ file, mediaType: "text/plain", plain }, caller, options)).toMatchObject({ refused: "chunks-missing" });
    expect(good(await tax.beginFile({ file, size, chunks: plan.chunks }, caller)).missing).toEqual([0]);
    good(await tax.sendChunk({ file, chunk: 0, bytes: chunks[0]! }, caller));
    expect(await tax.completeFile({ file, mediaType: "Text", plain }, caller, options)).toMatchObject({ refused: "file-name-not-usable" });
    const complete = () => tax.completeFile({ file, mediaType: "text/plain", plain }, caller, { ...options, idempotencyKey: "one" });
    const [first, again] = [good(await complete()), good(await complete())];
    expect(first).toMatchObject({ outcome: { kind: "applied" }, file });
    expect(again.transactionHash).toBe(first.transactionHash);
    expect(await tax.completeFile({ file, mediaType: "text/plain", plain }, caller, options)).toMatchObject({ refused: "file-exists" });
    expect(good(await tax.beginFile({ file, size, chunks: plan.chunks }, caller))).toMatchObject({ registered: true, missing: [] });
    for (const id of ["platform", "customs"])
      expect(good(await services(id).file({ file }))).toMatchObject({ file, owner: "tax", dataType: "text/plain", size, chunks: 2 });
    const found = good(await services("customs").lookup({ hash: plain }));
    expect(found).toMatchObject({ kind: "file", file, issuer: "tax", receipt: `/v1/receipts/${first.transactionHash}` });
    expect(good(await services("customs").lookup({ hash: file }))).toMatchObject({
      kind: "file",
      issuer: "tax",
      transactionHash: first.transactionHash,
    });
  });

  test("is of the app that began it: no other one sends, completes, abandons it or is given its links", async () => {
    const { plan, chunks } = testFile(29);
    const tax = services("tax");
    const other = { app: "counter", operator: "li" };
    const begin = (by: typeof other) => tax.beginFile({ file: plan.file, size: plan.size, chunks: plan.chunks }, by);
    const complete = (by: typeof other) => tax.completeFile({ file: plan.file, mediaType: "text/plain", plain }, by, options);
    good(await begin(caller));
    expect(await tax.sendChunk({ file: plan.file, chunk: 0, bytes: chunks[0]! }, other)).toMatchObject({ refused: "unknown-upload" });
    expect(await begin(other)).toMatchObject({ refused: "unknown-upload" });
    good(await tax.sendChunk({ file: plan.file, chunk: 0, bytes: chunks[0]! }, caller));
    expect(await complete(other)).toMatchObject({ refused: "unknown-upload" });
    expect(await tax.abandonFile({ file: plan.file }, other)).toMatchObject({ refused: "unknown-upload" });
    good(await complete(caller));
    expect(good(await begin(other))).toMatchObject({ registered: true });
  });

  test("goes on after its member has died between two chunks", async () => {
    const { plan, chunks } = testFile(9 * 1024 * 1024);
    good(await services("inspection").beginFile({ file: plan.file, size: plan.size, chunks: plan.chunks }, caller));
    good(await services("inspection").sendChunk({ file: plan.file, chunk: 0, bytes: chunks[0]! }, caller));
    await cluster.restart("inspection");
    expect(good(await services("inspection").beginFile({ file: plan.file, size: plan.size, chunks: plan.chunks }, caller)).missing).toEqual(
      [1],
    );
    good(await services("inspection").sendChunk({ file: plan.file, chunk: 1, bytes: chunks[1]! }, caller));
    good(await services("inspection").completeFile({ file: plan.file, mediaType: "text/plain", plain }, caller, options));
  });

  test("is abandoned by its own app, unless it is on the ledger; an app has so many open at one time", async () => {
    const counter = { app: "counter", operator: "li" };
    const begin = ({ plan }: TestFile) => services("tax").beginFile({ file: plan.file, size: plan.size, chunks: plan.chunks }, counter);
    const files = Array.from({ length: openUploadsMax + 1 }, () => testFile(10));
    for (const file of files.slice(1)) good(await begin(file));
    expect(await begin(files[0]!)).toMatchObject({ refused: "too-many-uploads" });
    good(await begin(files[1]!));
    expect(await services("tax").abandonFile({ file: files[1]!.plan.file }, caller)).toMatchObject({ refused: "unknown-upload" });
    good(await services("tax").abandonFile({ file: files[1]!.plan.file }, counter));
    good(await begin(files[0]!));
    const known = testFile(20);
    await stored("tax", known);
    expect(await services("tax").abandonFile({ file: known.plan.file }, caller)).toMatchObject({ refused: "file-exists" });
  });

  test("is not abandoned while its entry may still be committed, whoever has heard of it", async () => {
    const { plan, chunks } = testFile(25);
    const tax = services("tax");
    good(await tax.beginFile({ file: plan.file, size: plan.size, chunks: plan.chunks }, caller));
    good(await tax.sendChunk({ file: plan.file, chunk: 0, bytes: chunks[0]! }, caller));
    const { network } = cluster;
    network.spoil = (from, to) => (from === "tax" || to === "tax" ? "drop" : "deliver");
    expect(good(await tax.completeFile({ file: plan.file, mediaType: "text/plain", plain }, caller, { waitMs: 0 }))).toMatchObject({
      status: "pending",
    });
    expect(await tax.abandonFile({ file: plan.file }, caller)).toMatchObject({ refused: "file-being-registered" });
    network.spoil = () => "deliver";
    await eventually(async () => !("refused" in (await tax.file({ file: plan.file }))));
    expect(await tax.abandonFile({ file: plan.file }, caller)).toMatchObject({ refused: "file-exists" });
    // The row is there; of another file the same transaction is the entry that was refused.
    const refused = testFile(28).plan;
    good(await tax.beginFile({ file: refused.file, size: refused.size, chunks: refused.chunks }, caller));
    const { transaction } = good(await tax.file({ file: plan.file }));
    await cluster.node("tax").stores.files.register(refused.file, { transaction, until: Date.now() + 60 * 60_000 });
    good(await tax.abandonFile({ file: refused.file }, caller));
  });

  test("is abandoned once no block can take its entry any more", async () => {
    const { plan } = testFile(26);
    const { files } = cluster.node("tax").stores;
    good(await services("tax").beginFile({ file: plan.file, size: plan.size, chunks: plan.chunks }, caller));
    const lost = { transaction: "ab".repeat(32), until: Date.now() + 60 * 60_000 };
    await files.register(plan.file, lost);
    expect(await services("tax").abandonFile({ file: plan.file }, caller)).toMatchObject({ refused: "file-being-registered" });
    timeAheadMs = 61 * 60_000;
    // A clock alone decides nothing.
    expect(await services("tax").abandonFile({ file: plan.file }, caller)).toMatchObject({ refused: "file-being-registered" });
    timeAheadMs = 0;
    const other = { ...testFile(27).plan, begunAt: 1 };
    await files.begin(other);
    await files.register(other.file, { ...lost, until: 1 });
    good(await services("tax").abandonFile({ file: other.file }, caller));
  });

  test("so many may be open however many are begun at once", async () => {
    const crowd = { app: "crowd", operator: "li" };
    const { files } = cluster.node("tax").stores;
    const all = Array.from({ length: 2 * openUploadsMax }, () => testFile(11).plan);
    const begun = await Promise.all(all.map(({ file, size, chunks }) => services("tax").beginFile({ file, size, chunks }, crowd)));
    expect(await files.openUploads("crowd")).toBeLessThanOrEqual(openUploadsMax);
    for (const [index, answer] of begun.entries())
      expect((await files.state(all[index]!.file)) === undefined).toBe("refused" in answer && answer.refused === "too-many-uploads");
  });

  test("two members: the file is of the one that put it on the ledger first", async () => {
    const file = testFile(30);
    await stored("tax", file);
    const { plan } = file;
    await eventually(async () => !("refused" in (await services("customs").file({ file: plan.file }))));
    expect(await services("customs").beginFile({ file: plan.file, size: plan.size, chunks: plan.chunks }, caller)).toMatchObject({
      refused: "file-of-another-member",
    });
    expect(await services("customs").ownFile({ file: plan.file, from: 0 }, caller)).toMatchObject({ refused: "file-of-another-member" });
  });

  test("no room on the disk is a fault, and the same chunk is taken once there is room", async () => {
    const { plan, chunks } = testFile(40);
    good(await services("tax").beginFile({ file: plan.file, size: plan.size, chunks: plan.chunks }, caller));
    const { faults } = cluster.node("tax").stores.table;
    faults.full();
    await expect(services("tax").sendChunk({ file: plan.file, chunk: 0, bytes: chunks[0]! }, caller)).rejects.toMatchObject({
      code: "storage-full",
    });
    faults.clear();
    good(await services("tax").sendChunk({ file: plan.file, chunk: 0, bytes: chunks[0]! }, caller));
  });
});

describe("a certificate with a file", () => {
  test("names a file that its issuer has on the ledger, as it stands there", async () => {
    const file = testFile(50);
    const mine = await stored("platform", file);
    const [foreign, other] = [await stored("tax"), testFile(60).plan];
    await eventually(async () => !("refused" in (await services("platform").file({ file: foreign.split(" ")[1]! }))));
    const unknown = formatFileReference({ ...other, mediaType: "application/pdf", key: new Uint8Array(32), name: "x" });
    expect(await issue("platform", foreign)).toMatchObject({ refused: "file-of-another-member" });
    expect(await issue("platform", unknown)).toMatchObject({ refused: "unknown-file", detail: expect.stringContaining("document") });
    expect(await issue("platform", mine.replace("application/pdf", "text/plain"))).toMatchObject({ refused: "file-does-not-match" });
    expect(await issue("platform", mine.replace(` ${file.plan.size} `, " 99 "))).toMatchObject({ refused: "file-does-not-match" });
    expect(await issue("platform", "备案.pdf")).toMatchObject({ refused: "invalid-fields" });
    good(await issue("platform", mine));
  });

  test("gives hashes and links to the reader of a grant, and each link gives its chunk until it runs out", async () => {
    const file = testFile(9 * 1024 * 1024);
    const value = await stored("platform", file);
    const { certificate } = good(await issue("platform", value));
    const request = await granted(certificate, ["document"]);
    const read = good(await services("tax").grantedFile({ request, field: "document", from: 0 }, caller, noWait));
    expect(read).toMatchObject({ reference: value, file: file.plan.file, hashes: file.plan.chunks });
    expect(read.links.map(({ chunk }) => chunk)).toEqual([0, 1]);
    expect(
      good(await services("tax").grantedFile({ request, field: "document", from: 1 }, caller, noWait)).links.map(({ chunk }) => chunk),
    ).toEqual([1]);
    expect(await services("tax").grantedFile({ request, field: "document", from: 2 }, caller, noWait)).toMatchObject({
      refused: "unknown-chunk",
    });
    const token = (url: string) => url.slice(url.lastIndexOf("/") + 1);
    const owner = services("platform");
    for (const [index, link] of read.links.entries()) {
      expect(link.url).toMatch(/^http:\/\/platform\.test\.example\/v1\/chains\/[0-9a-f]{64}\/file-chunks\/[0-9a-zA-Z._-]+$/);
      const bytes = good(await owner.fileChunk({ token: token(link.url) }));
      expect(Buffer.compare(bytes, file.chunks[index]!)).toBe(0);
    }
    const [first = ""] = read.links.map(({ url }) => token(url));
    const [root, , until, mac] = first.split(".");
    for (const bad of [
      "",
      "x",
      `${first}A`,
      [root, 1, until, mac].join("."),
      [root, 0, Number(until) + 1, mac].join("."),
      first.slice(0, -3),
    ])
      expect(await owner.fileChunk({ token: bad }), bad).toEqual({ refused: "file-link-invalid", detail: "" });
    expect(await services("customs").fileChunk({ token: first })).toMatchObject({ refused: "file-link-invalid" });
    timeAheadMs = fileLinkLifeMs + 60_000;
    try {
      expect(await owner.fileChunk({ token: first })).toEqual({ refused: "file-link-invalid", detail: "" });
    } finally {
      timeAheadMs = 0;
    }
    const own = good(await owner.ownFile({ file: file.plan.file, from: 0 }, caller));
    expect(own.hashes).toEqual(read.hashes);
  });

  test("gives nothing to another member, another app, for another field, or before the grant", async () => {
    const { certificate } = good(await issue("platform", await stored("platform", testFile(70))));
    const asked = { certificate, part: "main", fields: ["document"], purpose: "audit", serviceItem: "refund", basis: "law" };
    const { request: pending } = good(await services("customs").openRequest(asked, caller, options));
    expect(await services("customs").grantedFile({ request: pending, field: "document", from: 0 }, caller, noWait)).toMatchObject({
      refused: "request-pending",
    });
    const request = await granted(certificate, ["title"]);
    expect(await services("tax").grantedFile({ request, field: "document", from: 0 }, caller, noWait)).toMatchObject({
      refused: "field-not-granted",
    });
    expect(await services("tax").grantedFile({ request, field: "title", from: 0 }, caller, noWait)).toMatchObject({
      refused: "not-a-file-field",
    });
    const whole = await granted(certificate, ["document"]);
    expect(await services("inspection").grantedFile({ request: whole, field: "document", from: 0 }, caller, noWait)).toMatchObject({
      refused: "not-the-reader",
    });
    expect(
      await services("tax").grantedFile({ request: whole, field: "document", from: 0 }, { ...caller, app: "other" }, noWait),
    ).toMatchObject({
      refused: "not-the-requesting-app",
    });
    const ask = (from: string, request: string, field: string) =>
      cluster
        .node("platform")
        .running!.peerDoor.handle(from, "file", new TextEncoder().encode(JSON.stringify({ request, field, from: 0 })));
    for (const [from, id, name] of [
      ["inspection", whole, "document"],
      ["customs", pending, "document"],
      ["tax", request, "document"],
      ["tax", request, "title"],
      ["tax", "nothing", "document"],
    ] as const)
      await expect(ask(from, id, name), `${from} ${name}`).rejects.toMatchObject({ code: "peer-refused" });
    await expect(cluster.node("platform").running!.peerDoor.handle("tax", "file", new TextEncoder().encode("{}"))).rejects.toMatchObject({
      code: "peer-refused",
    });
  });

  test("an owner who is down, or who answers with other hashes or links, is found out", async () => {
    const { certificate } = good(await issue("platform", await stored("platform", testFile(80))));
    const request = await granted(certificate, ["document"]);
    const read = () => services("tax").grantedFile({ request, field: "document", from: 0 }, caller, noWait);
    good(await read());
    const { network } = cluster;
    network.spoil = (_from, to, call) => (to === "platform" && call === "file" ? "drop" : "deliver");
    await expect(read()).rejects.toMatchObject({ code: "peer-unreachable" });
    network.spoil = () => "deliver";
    const alter = (change: (answer: { hashes: string[]; links: { chunk: number; url: string; headers: object }[] }) => void) => {
      network.alter = (_from, _to, call, bytes) => {
        if (call !== "file") return bytes;
        const answer = JSON.parse(new TextDecoder().decode(bytes));
        change(answer);
        return new TextEncoder().encode(JSON.stringify(answer));
      };
    };
    alter(({ hashes }) => hashes.splice(0, 1, nativeCrypto.sha256(new Uint8Array()).toString()));
    await expect(read()).rejects.toMatchObject({ code: "peer-refused" });
    alter(({ hashes }) => hashes.splice(0, 1, "ab".repeat(32)));
    expect(await read()).toMatchObject({ refused: "file-answer-wrong" });
    alter(({ links }) => Object.assign(links[0]!, { chunk: 3 }));
    expect(await read()).toMatchObject({ refused: "file-answer-wrong" });
    for (const url of ["http://:", "http://a:b@platform.test.example/x"]) {
      alter(({ links }) => Object.assign(links[0]!, { url }));
      expect(await read(), url).toMatchObject({ refused: "file-answer-wrong" });
    }
    for (const wrong of [{ url: "file:///etc/passwd" }, { headers: { authorization: "x" } }, { url: "x".repeat(10_000) }]) {
      alter(({ links }) => Object.assign(links[0]!, wrong));
      await expect(read()).rejects.toMatchObject({ code: "peer-refused" });
    }
    network.alter = (_from, _to, _call, answer) => answer;
  });
});

test("an owner who is reached over TLS sends no reader to an address without it", () => {
  const owner = "https://platform.example";
  expect(isLinkOf(owner, "https://bucket.s3.eu-central-1.amazonaws.com/files/x?X-Amz-Expires=900")).toBe(true);
  expect(isLinkOf(owner, "http://169.254.169.254/latest/meta-data/")).toBe(false);
  expect(isLinkOf(owner, "http://localhost:9200/_shutdown")).toBe(false);
  expect(isLinkOf("http://127.0.0.1:7301", "http://127.0.0.1:7301/v1/file-chunks/x")).toBe(true);
  expect(isLinkOf("", "http://127.0.0.1/")).toBe(false);
});
