import {
  acknowledgementTyp,
  checkAcknowledgement,
  checkHeader,
  emptyState,
  encodeAcknowledgement,
  encodeAcknowledgementPayload,
  encodeHeader,
  encodeHeaderPayload,
  encodeSigned,
  type HeaderPayload,
  headerHash,
  headerTyp,
  leafRecord,
  majority,
  parseAcknowledgement,
  parseHeader,
  parseLeafRecord,
  refusedWith,
  rollState,
  sizeAfter,
  utf8,
} from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainId, newSignature, p256Key } from "./fixtures.ts";

const proposer = p256Key("platform sign");
const hash = "cd".repeat(32);
const payload: HeaderPayload = {
  chain: chainId,
  height: 3,
  previous: hash,
  first: 7,
  count: 2,
  root: hash,
  state: hash,
  time: 1_790_000_000_000,
  term: 2,
  proposer: "platform",
  pins: [],
};

function headerOf(changes: Record<string, unknown> = {}): Uint8Array {
  const bytes = encodeHeaderPayload({ ...payload, ...changes } as HeaderPayload);
  return encodeHeader(bytes, newSignature(proposer, headerTyp, bytes));
}

describe("header", () => {
  test("comes back, has its hash, and its signature checks", () => {
    const bytes = headerOf();
    const parsed = parseHeader(bytes, nativeCrypto);
    if ("refused" in parsed) throw new Error(parsed.refused);
    expect(parsed.payload).toEqual(payload);
    expect(parsed.headerHash).toBe(headerHash(bytes, nativeCrypto));
    expect(sizeAfter(parsed.payload)).toBe(10);
    expect(checkHeader(parsed, proposer.jwk, nativeCrypto)).toBeUndefined();
    expect(checkHeader(parsed, p256Key("other").jwk, nativeCrypto)).toMatchObject({ refused: "bad-signature" });
    expect(checkHeader(parsed, undefined, nativeCrypto)).toMatchObject({ refused: "unknown-key" });
  });

  test("at height 0 has no predecessor and starts the tree", () => {
    expect(parseHeader(headerOf({ height: 0, previous: "", first: 0 }), nativeCrypto)).toHaveProperty("headerHash");
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["no predecessor above height 0", { previous: "" }, "invalid-field"],
    ["a predecessor at height 0", { height: 0, first: 0 }, "invalid-field"],
    ["height 0 in the middle of the tree", { height: 0, previous: "" }, "invalid-field"],
    ["a start of the tree above height 0", { first: 0 }, "invalid-field"],
    ["a negative count", { count: -1 }, "invalid-field"],
    ["more entries than a block may have", { count: 65_537 }, "invalid-field"],
    ["a size beyond 2^53", { first: Number.MAX_SAFE_INTEGER }, "invalid-field"],
    ["a root in upper case", { root: hash.toUpperCase() }, "invalid-field"],
    ["a proposer that is no member id", { proposer: "Platform" }, "invalid-field"],
    ["a proposer with a reserved name", { proposer: "members" }, "invalid-field"],
    ["pins", { pins: [{ chain: hash }] }, "invalid-field"],
    ["a surplus field", { extra: 1 }, "surplus-field"],
  ])("refuses %s", (_, changes, code) => {
    expect(parseHeader(headerOf(changes), nativeCrypto)).toMatchObject({ refused: code });
  });

  test("refuses a missing field, two signatures and none", () => {
    const { term: _, ...rest } = payload;
    const bytes = encodeHeaderPayload(rest as HeaderPayload);
    const signature = newSignature(proposer, headerTyp, bytes);
    expect(parseHeader(encodeHeader(bytes, signature), nativeCrypto)).toMatchObject({ refused: "missing-field", detail: "term" });
    expect(parseHeader(encodeSigned(headerTyp, bytes, [signature, signature]), nativeCrypto)).toMatchObject({
      refused: "surplus-signature",
    });
    expect(parseHeader(encodeSigned(headerTyp, bytes, []), nativeCrypto)).toMatchObject({ refused: "missing-signature" });
  });
});

describe("acknowledgement", () => {
  const statement = { chain: chainId, term: 2, height: 3, header: hash };
  const bytes = encodeAcknowledgementPayload(statement);
  const encoded = encodeAcknowledgement(bytes, newSignature(proposer, acknowledgementTyp, bytes));

  test("comes back and checks", () => {
    const parsed = parseAcknowledgement(encoded, nativeCrypto);
    if ("refused" in parsed) throw new Error(parsed.refused);
    expect(parsed.payload).toEqual(statement);
    expect(checkAcknowledgement(parsed, proposer.jwk, nativeCrypto)).toBeUndefined();
    expect(checkAcknowledgement(parsed, p256Key("other").jwk, nativeCrypto)).toMatchObject({ refused: "bad-signature" });
  });

  test("a signed object of another kind with the same payload is refused", () => {
    const other = encodeSigned(headerTyp, bytes, [newSignature(proposer, headerTyp, bytes)]);
    expect(parseAcknowledgement(other, nativeCrypto)).toMatchObject({ refused: "wrong-typ" });
  });

  test("a majority is more than half", () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(majority)).toEqual([1, 2, 2, 3, 3, 4, 4]);
  });
});

describe("leaf record", () => {
  test("has exactly the text of the format and comes back", () => {
    const record = { kind: "entry", outcome: refusedWith("expired"), sha256: hash } as const;
    expect(leafRecord(record)).toEqual(utf8(`vermilion-leaf/v1\nentry\nrefused:expired\n${hash}\n`));
    expect(parseLeafRecord(leafRecord(record))).toEqual(record);
    expect(parseLeafRecord(leafRecord({ kind: "header", sha256: hash }))).toMatchObject({ kind: "header" });
  });

  test.each([
    `vermilion-leaf/v2\nentry\napplied\n${hash}\n`,
    `vermilion-leaf/v1\nentry\n-\n${hash}\n`,
    `vermilion-leaf/v1\nheader\napplied\n${hash}\n`,
    `vermilion-leaf/v1\nblock\n-\n${hash}\n`,
    `vermilion-leaf/v1\nentry\nrefused:\n${hash}\n`,
    `vermilion-leaf/v1\nentry\nrefused:Not Kebab\n${hash}\n`,
    `vermilion-leaf/v1\nentry\napplied\n${hash}`,
    `vermilion-leaf/v1\nentry\napplied\n${hash}\n\n`,
    `vermilion-leaf/v1\nentry\napplied\n${hash.toUpperCase()}\n`,
    `\ufeffvermilion-leaf/v1\nentry\napplied\n${hash}\n`,
  ])("is not %j", (source) => {
    expect(parseLeafRecord(utf8(source))).toBeUndefined();
  });
});

describe("state hash", () => {
  const write = fc.tuple(fc.stringMatching(/^[!-~]{1,20}$/), fc.oneof(fc.constant(null), fc.integer(), fc.string({ unit: "grapheme" })));
  const writes = fc.uniqueArray(write, { selector: ([key]) => key, maxLength: 8 });

  test("does not depend on the order of the writes, but on each of them and on what was before", () => {
    fc.assert(
      fc.property(writes, fc.integer(), (rows, extra) => {
        const start = emptyState(nativeCrypto);
        const state = rollState(start, rows, nativeCrypto);
        expect(rollState(start, rows.toReversed(), nativeCrypto)).toBe(state);
        expect(rollState(state, rows, nativeCrypto)).not.toBe(state);
        expect(rollState(start, [...rows, ["a key that has no space/".replaceAll(" ", "-"), extra]], nativeCrypto)).not.toBe(state);
      }),
    );
  });

  test("a key twice, or a key that is not ASCII, is a bug", () => {
    expect(() =>
      rollState(
        "",
        [
          ["a", 1],
          ["a", 2],
        ],
        nativeCrypto,
      ),
    ).toThrow(/^bug: /);
    expect(() => rollState("", [["钥", 1]], nativeCrypto)).toThrow(/^bug: /);
  });
});
