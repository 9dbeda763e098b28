import { createHash } from "node:crypto";
import { operationCall } from "@vermilion/contracts";
import { innerTree, leafHash, toHex, verifyInclusion } from "@vermilion/ledger";
import { createInnerTrees } from "@vermilion/member/evidence/inner-trees";
import { chainRules } from "@vermilion/member/rules";
import { nativeCrypto, rebuild } from "@vermilion/node";
import { beforeAll, describe, expect, test } from "vitest";
import { cluster, fourMembers, issuePermit, services, writeAs } from "../attacks/support/four-members.ts";
import { caller, equalHeads, good, options } from "./fixtures.ts";

/** The public look-up finds any SHA-256 that a stranger may hold. */

fourMembers();

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const documents = (salt: string, count: number) => Array.from({ length: count }, (_, n) => sha256(`${salt} ${n}`));
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const listOf = (digests: readonly string[]) => new Uint8Array(Buffer.concat(digests.map((digest) => Buffer.from(digest, "hex"))));
const deposit = async (digests: readonly string[], id = "tax") => good(await services(id).depositEvidence({ digests }, caller, options));
const find = (hash: string, id = "customs") => services(id).lookup({ hash });
const leadsToRoot = (digest: string, { evidence }: Extract<Awaited<ReturnType<typeof find>>, { found: true }>) =>
  verifyInclusion(
    leafHash(bytesOf(digest), nativeCrypto),
    evidence?.digest?.index ?? -1,
    evidence?.count ?? 0,
    (evidence?.digest?.path ?? []).map(bytesOf),
    bytesOf(evidence?.root ?? ""),
    nativeCrypto,
  );

describe("a stranger with a hash", () => {
  const digests = documents("batch", 300);
  let made: Awaited<ReturnType<typeof deposit>>;

  beforeAll(async () => {
    made = await deposit(digests);
    await equalHeads(cluster);
  });

  test("of a deposited document is told its path to the root, and where its receipt is", async () => {
    for (const index of [0, 255, 256, 299]) {
      const digest = digests[index] ?? "";
      const found = good(await find(digest));
      expect(found).toMatchObject({
        kind: "document",
        transactionHash: made.transactionHash,
        blockNumber: made.blockNumber,
        outcome: "applied",
        issuer: "tax",
        final: true,
        evidence: { evidence: made.evidence, root: made.root, count: 300, digest: { index } },
        receipt: `/v1/evidence/${made.evidence}/receipts/${digest}`,
        also: [],
      });
      expect(leadsToRoot(digest, found)).toBe(true);
      const receipt = good(await services("customs").evidenceReceipt({ evidence: made.evidence, digest }, { waitMs: 0 }));
      expect(receipt.path).toEqual(found.evidence?.digest?.path);
    }
  });

  test("of a deposit itself, by its list or its root", async () => {
    for (const hash of [sha256(listOf(digests)), made.root])
      expect(await find(hash)).toMatchObject({
        kind: "evidence",
        transactionHash: made.transactionHash,
        issuer: "tax",
        evidence: { evidence: made.evidence, root: made.root, count: 300, digest: null },
        receipt: `/v1/receipts/${made.transactionHash}`,
      });
  });

  test("of a transaction or an issuer-signed part; and of nothing", async () => {
    const issued = await issuePermit();
    await equalHeads(cluster);
    expect(await find(issued.transactionHash)).toMatchObject({ kind: "transaction", evidence: null, file: null, also: [] });
    expect(await find(issued.issuerSignedSha256)).toMatchObject({ kind: "certificate", issuer: "platform", status: "valid" });
    expect(await find(sha256("nothing"))).toMatchObject({ refused: "unknown-hash" });
  });

  test("that several have deposited is told of the first, and of the others", async () => {
    const [first] = digests;
    const again = await deposit([sha256("beside"), first ?? ""], "platform");
    await equalHeads(cluster);
    expect(await find(first ?? "")).toMatchObject({
      transactionHash: made.transactionHash,
      also: [
        {
          kind: "document",
          transactionHash: again.transactionHash,
          blockNumber: again.blockNumber,
          issuer: "platform",
          id: again.evidence,
        },
      ],
    });
  });

  test("finds it at every member, also where all that is derived was built anew", async () => {
    const { ledger } = cluster.node("inspection").stores;
    await cluster.kill("inspection");
    const report = await rebuild({ ledger, crypto: nativeCrypto, rules: chainRules });
    expect(report.differences).toEqual([]);
    await cluster.restart("inspection");
    for (const id of ["platform", "inspection", "customs", "tax"])
      expect(await find(digests[7] ?? "", id)).toMatchObject({ kind: "document" });
  });
});

describe("what proves nothing is not found", () => {
  /** A deposit as no use case would make it. */
  const depositAs = (digests: readonly string[], root: string, count = digests.length) => {
    const bytes = listOf(digests);
    const given = { root, count, digests: sha256(bytes), by: caller };
    const reference = { name: "digests", sha256: given.digests, size: bytes.length };
    return writeAs("tax", [operationCall("evidence.deposit", given)], [reference], [{ sha256: given.digests, bytes }]);
  };

  test("a list under a root that is not its own, though the true one that comes later is", async () => {
    const digests = documents("false root", 3);
    const [digest = ""] = digests;
    expect(await depositAs(digests, sha256("another root"))).toBe("applied");
    await equalHeads(cluster);
    expect(await find(digest)).toMatchObject({ refused: "unknown-hash" });
    const later = await deposit([digest, sha256("more")], "customs");
    await equalHeads(cluster);
    expect(await find(digest)).toMatchObject({ kind: "document", transactionHash: later.transactionHash, issuer: "customs", also: [] });
  });

  test("a deposit that was refused", async () => {
    const digests = documents("refused", 3);
    const root = toHex(innerTree(digests.map(bytesOf), nativeCrypto).root);
    expect(await depositAs(digests, root, 2)).toMatch(/^refused:evidence-size/);
    await equalHeads(cluster);
    for (const hash of [digests[0] ?? "", root]) expect(await find(hash)).toMatchObject({ refused: "unknown-hash" });
  });
});

test("the tree over a large list is made once for many questions, with pauses, and one at a time", async () => {
  const [one, other] = [listOf(documents("large", 8_192)), listOf(documents("other", 8_192))];
  const counts = { hashes: 0, reads: 0, pauses: 0 };
  const attachment = async (name: string) => {
    counts.reads += 1;
    return [one, other].find((list) => sha256(list) === name);
  };
  const counted = (data: Uint8Array) => {
    counts.hashes += 1;
    return nativeCrypto.sha256(data);
  };
  const trees = createInnerTrees({
    ledger: { ...cluster.node("tax").stores.ledger, attachment },
    crypto: { ...nativeCrypto, sha256: counted },
    clock: { now: Date.now, sleep: async () => void counts.pauses++ },
  });
  const found = await Promise.all(Array.from({ length: 40 }, (_, n) => trees.of(sha256(n % 2 === 0 ? one : other))));
  expect(found.map((tree) => tree?.count)).toEqual(found.map(() => 8_192));
  expect(found[0]?.indexOf(documents("large", 8_192)[8_191] ?? "")).toBe(8_191);
  expect(found[0]?.indexOf(sha256("nothing"))).toBe(-1);
  expect(counts).toMatchObject({ hashes: 2 * 16_383, reads: 2 });
  expect(counts.pauses).toBeGreaterThan(2 * 30);
  // What is not held is looked for again.
  expect(await trees.of(sha256("nothing"))).toBeUndefined();
  expect(await trees.of(sha256("nothing"))).toBeUndefined();
  expect(counts.reads).toBe(4);
});
