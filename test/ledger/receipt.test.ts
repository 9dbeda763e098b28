import { nobleCrypto } from "@vermilion/client/noble-crypto";
import {
  cosignatureKeyType,
  cosignatureLine,
  cosignatureMessage,
  cosignerName,
  formatPolicy,
  formatReceipt,
  leafHash,
  nodeHash,
  parseReceipt,
  receiptBytesMax,
  refusedWith,
  utf8,
  verifierKey,
  verifyCheckpoint,
  verifyReceipt,
} from "@vermilion/ledger";
import { nativeCrypto as crypto } from "@vermilion/node/host/native-crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { consortiumName, ed25519Key, finalCheckpoint, logOf, origin, policyOf, receiptOf, recordOf, signWith } from "./fixtures.ts";

const log = logOf(Array.from({ length: 700 }, (_, i) => recordOf(i)));
const three = ["platform", "inspection", "customs"];
const policy = policyOf(3);
const receipt = receiptOf(log, 300, 700, three);

function codeOf(source: string, judgedBy: Parameters<typeof verifyReceipt>[1] = policy): string {
  const verdict = verifyReceipt(source, judgedBy, crypto);
  return "refused" in verdict ? verdict.refused : "ok";
}

describe("receipt", () => {
  test("proves its record, from the text of the policy alone, in Node and in the browser", () => {
    for (const host of [crypto, nobleCrypto]) {
      expect(verifyReceipt(receipt, formatPolicy(policy), host)).toMatchObject({
        ok: true,
        record: { kind: "entry", outcome: { kind: "applied" } },
        index: 300,
        size: 700,
        origin,
        cosigners: three.map((name) => ({ name, time: 1_790_000_000_000 })),
      });
    }
  });

  test("comes back from its text", () => {
    const parsed = parseReceipt(receipt);
    if ("refused" in parsed) throw new Error(parsed.detail);
    expect(formatReceipt(parsed)).toBe(receipt);
  });

  test("is at most 2.5 KB with four cosignatures in a tree of a hundred million leaves", () => {
    const parsed = parseReceipt(receiptOf(log, 3, 700, [...three, "tax"]));
    if ("refused" in parsed) throw new Error(parsed.detail);
    const deep = formatReceipt({ ...parsed, index: 99_999_999, proof: Array(27).fill(new Uint8Array(32)) });
    expect(utf8(deep).length).toBeLessThanOrEqual(2_500);
  });

  test("proves a tree of one leaf with no proof lines", () => {
    expect(codeOf(receiptOf(log, 0, 1, three))).toBe("ok");
  });

  test("any changed byte is refused, or leaves the meaning as it was", () => {
    const honest = verifyReceipt(receipt, policy, crypto);
    const bytes = Buffer.from(receipt);
    let accepted = 0;
    for (let place = 0; place < bytes.length; place++) {
      for (const change of [0x01, 0x20]) {
        const mutated = Buffer.from(bytes);
        mutated[place] = bytes[place]! ^ change;
        const verdict = verifyReceipt(mutated.toString("utf8"), policy, crypto);
        if ("refused" in verdict) continue;
        expect(verdict).toEqual(honest);
        accepted++;
      }
    }
    expect(accepted).toBe(0);
  });

  test("any cut, doubled or swapped line is refused, or leaves the meaning as it was", () => {
    const lines = receipt.split("\n");
    const honest = verifyReceipt(receipt, policy, crypto);
    const pick = fc.nat(lines.length - 1);
    fc.assert(
      fc.property(pick, pick, fc.constantFrom("cut", "double", "swap"), (a, b, how) => {
        const changed = [...lines];
        if (how === "cut") changed.splice(a, 1);
        else if (how === "double") changed.splice(b, 0, lines[a]!);
        else [changed[a], changed[b]] = [lines[b]!, lines[a]!];
        const verdict = verifyReceipt(changed.join("\n"), policy, crypto);
        if ("refused" in verdict) return;
        // The order of signature lines means nothing: compare the cosigners as a set.
        const byName = (v: typeof verdict) => ({ ...v, cosigners: v.cosigners.toSorted((x, y) => (x.name < y.name ? -1 : 1)) });
        expect("ok" in honest && byName(verdict)).toEqual("ok" in honest && byName(honest));
      }),
      { numRuns: 500 },
    );
  });
});

describe("a receipt is refused", () => {
  const at = (index: number) => receipt.replace("index 300", `index ${index}`);
  const parsed = parseReceipt(receipt);
  if ("refused" in parsed) throw new Error(parsed.detail);
  const noteOf = (source: string) => source.slice(source.indexOf("\n\n") + 2);

  test.each<[string, string, string]>([
    ["for a record with another outcome", formatReceipt({ ...parsed, record: recordOf(300, refusedWith("expired")) }), "not-in-tree"],
    ["for another record", formatReceipt({ ...parsed, record: recordOf(301) }), "not-in-tree"],
    ["for something that is no leaf record", formatReceipt({ ...parsed, record: utf8("hello") }), "malformed-leaf-record"],
    ["at another index", at(301), "not-in-tree"],
    ["at an index beyond the tree", at(700), "not-in-tree"],
    ["with a checkpoint of another size", formatReceipt({ ...parsed, checkpoint: finalCheckpoint(log, 699, three) }), "not-in-tree"],
    ["without a quorum", receiptOf(log, 300, 700, ["platform", "tax"]), "quorum-not-reached"],
    ["without cosignatures", receiptOf(log, 300, 700, []), "quorum-not-reached"],
    [
      "without a log signature",
      formatReceipt({ ...parsed, checkpoint: finalCheckpoint(log, 700, three, "nobody") }),
      "missing-log-signature",
    ],
    ["of another log", receipt.replace(origin, `${origin}0`), "unknown-origin"],
    ["with another size in the note", receipt.replace("\n700\n", "\n701\n"), "bad-log-signature"],
    ["with no checkpoint", receipt.replace(noteOf(receipt), "text\n\n— a AAAAAAA=\n"), "malformed-checkpoint"],
    ["with no note", receipt.replace(noteOf(receipt), "text\n"), "malformed-note"],
    ["without extra", receipt.replace(/extra .*\n/, ""), "malformed-receipt"],
    ["with an index that has a leading zero", receipt.replace("index 300", "index 0300"), "malformed-receipt"],
    ["with an index beyond 2^53", at(2 ** 53), "malformed-receipt"],
    ["of another version", receipt.replace("@v1", "@v2"), "malformed-receipt"],
    ["with a proof line that is no hash", receipt.replace("index 300\n", "index 300\nAAAA\n"), "malformed-receipt"],
    ["with 54 proof lines", formatReceipt({ ...parsed, proof: Array(54).fill(new Uint8Array(32)) }), "malformed-receipt"],
    ["that is empty", "", "malformed-receipt"],
    ["that is too large", receipt + "x".repeat(receiptBytesMax), "too-large"],
  ])("%s", (_, source, code) => {
    expect(codeOf(source)).toBe(code);
  });

  test("by a policy that does not parse", () => {
    expect(codeOf(receipt, "quorum everybody\n")).toBe("malformed-policy");
  });

  test("where a node of the tree is passed off as a leaf", () => {
    const forged = { ...parsed, record: Buffer.concat([leafHash(recordOf(300), crypto), leafHash(recordOf(301), crypto)]) };
    expect(nodeHash(forged.record.subarray(0, 32), forged.record.subarray(32), crypto)).toEqual(
      parsed.proof[0] && nodeHash(leafHash(recordOf(300), crypto), parsed.proof[0], crypto),
    );
    expect(codeOf(formatReceipt({ ...forged, index: 150, proof: parsed.proof.slice(1) }))).toBe("malformed-leaf-record");
  });
});

describe("signature lines", () => {
  const checkpoint = finalCheckpoint(log, 700, three);
  const text = checkpoint.slice(0, checkpoint.indexOf("\n\n") + 1);
  const keyOf = (id: string, key = ed25519Key(`${id} cosign`)) =>
    verifierKey(cosignerName(consortiumName, id), cosignatureKeyType, key.publicKey, crypto);
  const lineBy = (id: string, seconds: number, signer = ed25519Key(`${id} cosign`), key = keyOf(id)) =>
    cosignatureLine(key, seconds, signWith(signer, cosignatureMessage(seconds, text)));
  const verdictOf = (note: string) => verifyCheckpoint(note, policy, crypto);

  test("of unknown keys are ignored, also under a known name", () => {
    const stranger = ed25519Key("stranger");
    const unknown = lineBy("stranger", 5, stranger, keyOf("stranger", stranger));
    const sameName = lineBy("tax", 5, stranger, keyOf("tax", stranger));
    const verdict = verdictOf(`${checkpoint}${unknown}${sameName}`);
    expect("ok" in verdict && verdict.cosigners.map(({ name }) => name)).toEqual(three);
  });

  test("of a known key that do not verify fail the whole, whatever the others say", () => {
    const forged = lineBy("tax", 5, ed25519Key("stranger"));
    expect(verdictOf(`${checkpoint}${forged}`)).toMatchObject({ refused: "bad-cosignature", detail: "tax" });
  });

  test("of one witness twice count once", () => {
    const two = finalCheckpoint(log, 700, ["platform", "tax"]);
    expect(verdictOf(`${two}${lineBy("tax", 1_790_000_005)}`)).toMatchObject({ refused: "quorum-not-reached" });
  });

  test("state times that the signature covers", () => {
    const later = `${checkpoint}${lineBy("tax", 1_790_000_007)}`;
    const verdict = verdictOf(later);
    expect("ok" in verdict && verdict.cosigners.at(-1)).toEqual({ name: "tax", time: 1_790_000_007_000 });
  });
});
