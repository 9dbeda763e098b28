import { createHash } from "node:crypto";
import { fromHex, leafHash, verifyInclusion } from "@vermilion/ledger";
import type { BulkLine, BulkResult } from "@vermilion/member/services";
import { nativeCrypto } from "@vermilion/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { caller, equalHeads, good, openPermits, options, permit, permitFields, problemsOf, servicesOf } from "./fixtures.ts";

let cluster: Cluster;
const at = (id: string) => servicesOf(cluster, id);
const licence = { ...(permit as object), id: "licence", code: "11100000000019991T002", number: { field: "creditCode", public: true } };

beforeAll(async () => {
  cluster = await openPermits({}, 10);
  good(await at("platform").defineType({ type: licence as never }, caller, options));
  await equalHeads(cluster);
});
afterAll(async () => {
  await equalHeads(cluster);
  expect(await problemsOf(cluster)).toEqual([]);
  await cluster.close();
});

const line = (key: string, fields: object = permitFields, type = "permit"): BulkLine => ({
  key,
  act: { op: "issue", input: { type, fields: fields as typeof permitFields } },
});
const wrong = { ...permitFields, creditCode: "91350200MA2XQ7K096" };

async function* given(lines: readonly BulkLine[]): AsyncGenerator<BulkLine> {
  yield* lines;
}

async function all(results: AsyncIterable<BulkResult>): Promise<BulkResult[]> {
  const found: BulkResult[] = [];
  for await (const result of results) found.push(result);
  return found;
}

const send = (lines: readonly BulkLine[], at_ = "platform") => all(at(at_).bulkCertificates(given(lines), caller, { waitMs: 10_000 }));
const wordOf = (result: BulkResult): string => ("refused" in result ? result.refused : (result.outcome?.kind ?? result.status));

describe("a bulk call", () => {
  test("answers each line in order; bad ones say why and stop nothing; a group is one entry", async () => {
    const lines = Array.from({ length: 100 }, (_, n) => line(`a${n}`, n % 9 === 4 ? wrong : { ...permitFields, quantity: n }));
    const results = await send(lines);
    expect(results.map(({ key }) => key)).toEqual(lines.map(({ key }) => key));
    expect(results.map(wordOf)).toEqual(lines.map((_, n) => (n % 9 === 4 ? "invalid-fields" : "applied")));
    const entries = new Set(results.flatMap((result) => ("refused" in result ? [] : [result.transactionHash])));
    expect(entries.size).toBeLessThan(12);
    const [first] = results;
    if (first === undefined || "refused" in first) throw new Error("the first line is good");
    expect(good(await at("platform").ownFields({ certificate: first.certificate, part: "main" }, caller)).fields).toEqual({
      ...permitFields,
      quantity: 0,
    });
    expect(first.sdJwt).toContain("~");
  });

  test("sent again is answered by what it did: each certificate once", async () => {
    const lines = Array.from({ length: 40 }, (_, n) => line(`b${n}`, { ...permitFields, quantity: n }));
    const half = await send(lines.slice(0, 20));
    const again = await send(lines);
    const names = (results: readonly BulkResult[]) => results.map((result) => ("refused" in result ? result.refused : result.certificate));
    expect(names(again.slice(0, 20))).toEqual(names(half));
    expect(again.map((result) => "replayed" in result && result.replayed === true)).toEqual(lines.map((_, n) => n < 20));
    expect(new Set(names(again)).size).toBe(40);
    expect(again.slice(0, 20).every((result) => !("sdJwt" in result))).toBe(true);
  });

  test("two at one time with the same lines issue each once", async () => {
    const lines = Array.from({ length: 30 }, (_, n) => line(`c${n}`));
    const [one, other] = await Promise.all([send(lines), send(lines)]);
    const certificates = (results: readonly BulkResult[] = []) =>
      results.map((result) => ("refused" in result ? wordOf(result) : result.certificate));
    expect(certificates(one)).toEqual(certificates(other));
    expect(new Set(certificates(one)).size).toBe(30);
  });

  test("a key that says something else now is refused, and so is one that stands twice", async () => {
    await send([line("d1")]);
    const results = await send([line("d1", { ...permitFields, quantity: 77 }), line("d2"), line("d2")]);
    expect(results.map(wordOf)).toEqual(["idempotency-key-reused", "applied", "key-stands-twice"]);
  });

  test("a number that exists is refused alone, and the line that made it is known again", async () => {
    const numbered = line("e1", permitFields, "licence");
    const results = await send([line("e0"), numbered, line("e2", permitFields, "licence"), line("e3")]);
    expect(results.map(wordOf)).toEqual(["applied", "applied", "certificate-exists", "applied"]);
    const again = await send([numbered]);
    expect(again[0]).toMatchObject({ replayed: true, certificate: (results[1] as { certificate: string }).certificate });
  });

  test("a member that may not issue learns it line by line", async () => {
    const results = await send([line("f1"), line("f2", permitFields, "nothing")], "customs");
    expect(results.map(wordOf)).toEqual(["applied", "unknown-type"]);
  });

  test("no more lines are read than are worked on", async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<BulkLine> {
      for (;;) yield line(`g${read++}`);
    }
    const results = at("platform").bulkCertificates(endless(), caller, { waitMs: 10_000 });
    for await (const result of results) {
      expect(wordOf(result)).toBe("applied");
      break;
    }
    expect(read).toBeLessThan(400);
  });
});

describe("a deposit of digests", () => {
  const originals = Array.from({ length: 1_000 }, (_, n) => `original ${n}`);
  const digests = originals.map((text) => createHash("sha256").update(text).digest("hex"));

  test("is one entry, and each digest has its path to the root in it", async () => {
    const deposited = good(await at("tax").depositEvidence({ digests }, caller, { ...options, idempotencyKey: "deposit-1" }));
    const again = good(await at("tax").depositEvidence({ digests }, caller, { ...options, idempotencyKey: "deposit-1" }));
    expect(again.transactionHash).toBe(deposited.transactionHash);
    for (const index of [0, 1, 511, 512, 998, 999]) {
      const digest = digests[index] ?? "";
      const receipt = good(await at("tax").evidenceReceipt({ evidence: deposited.evidence, digest }, { waitMs: 10_000 }));
      expect([receipt.index, receipt.count, receipt.final]).toEqual([index, 1_000, true]);
      const bytes = (hex: string) => fromHex(hex) ?? new Uint8Array();
      const path = receipt.path.map(bytes);
      expect(verifyInclusion(leafHash(bytes(digest), nativeCrypto), index, 1_000, path, bytes(receipt.root), nativeCrypto)).toBe(true);
      expect(receipt.entry).toContain("signatures");
    }
  });

  test("what is not in it has no receipt, and what is no digest is refused", async () => {
    const { evidence } = good(await at("tax").depositEvidence({ digests: digests.slice(0, 3) }, caller, options));
    expect(await at("tax").evidenceReceipt({ evidence, digest: digests[5] ?? "" }, { waitMs: 0 })).toMatchObject({
      refused: "digest-not-deposited",
    });
    expect(await at("tax").evidenceReceipt({ evidence: `${"0".repeat(64)}-0`, digest: digests[0] ?? "" }, { waitMs: 0 })).toMatchObject({
      refused: "unknown-evidence",
    });
    expect(await at("tax").depositEvidence({ digests: [] }, caller, options)).toMatchObject({ refused: "malformed-digests" });
    expect(await at("tax").depositEvidence({ digests: ["zz"] }, caller, options)).toMatchObject({ refused: "malformed-digests" });
  });
});
