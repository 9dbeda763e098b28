import { conflictEvidence, encodeConflictEvidence, parseConflictEvidence, refusedWith, text, utf8 } from "@vermilion/ledger";
import { nativeCrypto as crypto } from "@vermilion/node/host/native-crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { finalCheckpoint, logOf, memberIds, policyOf, receiptOf, recordOf } from "./fixtures.ts";

const policy = policyOf(3);
const records = Array.from({ length: 40 }, (_, i) => recordOf(i));
const log = logOf(records);
/** The same chain with another past from leaf 20. */
const fork = logOf(records.map((record, i) => (i < 20 ? record : recordOf(i, refusedWith("expired")))));
const [abc, bcd] = [memberIds.slice(0, 3), memberIds.slice(1, 4)];

function evidenceOf(a: string, b: string) {
  const evidence = conflictEvidence(a, b, policy, crypto);
  if ("refused" in evidence) throw new Error(`${evidence.refused}: ${evidence.detail}`);
  return evidence;
}

describe("conflict evidence", () => {
  test("two roots of one size name all who signed both, at least 2q − n", () => {
    const evidence = evidenceOf(finalCheckpoint(log, 33, abc), finalCheckpoint(fork, 33, bcd));
    expect(evidence.conflict).toEqual({ start: 0, end: 33 });
    expect(evidence.signers).toEqual(["customs", "inspection"]);
  });

  test("two records at one index conflict whatever the sizes", () => {
    const evidence = evidenceOf(receiptOf(log, 25, 31, abc), receiptOf(fork, 25, 39, bcd));
    expect(evidence.conflict).toEqual({ start: 25, end: 26 });
  });

  test("a receipt and a checkpoint conflict where the proof shows the tree of the checkpoint", () => {
    const evidence = evidenceOf(receiptOf(log, 35, 40, abc), finalCheckpoint(fork, 32, bcd));
    expect(evidence.conflict).toEqual({ start: 0, end: 32 });
  });

  test("an honest chain never gives evidence against anybody", () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(size, size, fc.nat(), fc.nat(), fc.boolean(), (sizeA, sizeB, pickA, pickB, plain) => {
        const a = receiptOf(log, pickA % sizeA, sizeA, abc);
        const b = plain ? finalCheckpoint(log, sizeB, bcd) : receiptOf(log, pickB % sizeB, sizeB, bcd);
        expect(conflictEvidence(a, b, policy, crypto)).toMatchObject({ refused: "no-conflict" });
      }),
      { numRuns: 80 },
    );
  });

  test("any two receipts for different records at one index are evidence", () => {
    const size = fc.integer({ min: 21, max: 40 });
    fc.assert(
      fc.property(size, size, fc.nat(), (sizeA, sizeB, pick) => {
        const index = 20 + (pick % (Math.min(sizeA, sizeB) - 20));
        const evidence = evidenceOf(receiptOf(log, index, sizeA, abc), receiptOf(fork, index, sizeB, bcd));
        expect(evidence.signers.length).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 50 },
    );
  });

  test("a statement that is not final is refused, for it proves nothing against its signers", () => {
    const weak = finalCheckpoint(fork, 33, ["tax"]);
    expect(conflictEvidence(finalCheckpoint(log, 33, abc), weak, policy, crypto)).toMatchObject({ refused: "quorum-not-reached" });
  });

  test("sizes whose proofs share no subtree cannot be told apart", () => {
    expect(conflictEvidence(finalCheckpoint(log, 33, abc), finalCheckpoint(fork, 34, bcd), policy, crypto)).toMatchObject({
      refused: "no-conflict",
    });
  });
});

describe("the file of it", () => {
  const evidence = evidenceOf(receiptOf(log, 25, 31, abc), receiptOf(fork, 25, 39, bcd));
  const bytes = encodeConflictEvidence(evidence);

  test("is checked again by whoever reads it, with his policy or with the one inside", () => {
    expect(parseConflictEvidence(bytes, policy, crypto)).toEqual(evidence);
    expect(parseConflictEvidence(bytes, undefined, crypto)).toEqual(evidence);
  });

  test.each([
    ["names somebody else", text(bytes).replace('"customs"', '"platform"')],
    ["names another place", text(bytes).replace('"start":25', '"start":24')],
    ["brings a changed statement", text(bytes).replace("index 25", "index 24")],
    ["has another format", text(bytes).replace("conflict/v1", "conflict/v2")],
    ["has a surplus member", text(bytes).replace('{"conflict"', '{"a":1,"conflict"')],
    ["is no JSON", "evidence"],
  ])("is refused where it %s", (_, changed) => {
    expect(changed).not.toBe(text(bytes));
    expect(parseConflictEvidence(utf8(changed), policy, crypto)).toHaveProperty("refused");
  });

  test("is refused under the policy of another consortium", () => {
    expect(parseConflictEvidence(bytes, { logs: [], witnesses: [], groups: [], quorum: "none" }, crypto)).toMatchObject({
      refused: "unknown-origin",
    });
  });
});
