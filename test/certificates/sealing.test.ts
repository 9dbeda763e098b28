import { hkdfSync } from "node:crypto";
import {
  type CertificateType,
  commitment,
  type Disclosure,
  digest,
  disclosure,
  disclosureCounts,
  encodeSealedDisclosures,
  type FieldPlace,
  fieldKey,
  fieldOf,
  fieldsOf,
  hkdfSha256,
  openDisclosure,
  pad,
  paddedLength,
  parseSealedDisclosures,
  type SealContext,
  schemaHash,
  sealContextBytes,
  sealDisclosure,
  type TypeField,
  unpad,
} from "@vermilion/certificates";
import { fromHex, text, toHex, utf8 } from "@vermilion/ledger";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crypto, filingType, sample, testBytes, vectors } from "./fixtures.ts";

const type = filingType();
const recordKey = testBytes("record key", 32);
const certificate = "1.2.156.3005.2.11100000000019991T001.91350200MA2XQ7K095.0F3A1C2B4D5E6F708192A3B4C5D6E7F8.001.H";
const hex = (value: string) => fromHex(value) ?? new Uint8Array();

function field(name: string, part = "main"): TypeField {
  const found = fieldOf(type, part, name);
  if (found === undefined) throw new Error(name);
  return found;
}

function contextOf(name: string, change: Partial<SealContext> = {}): SealContext {
  return { certificate, version: 1, part: "main", field: name, schemaHash: schemaHash(type, "main", crypto), ...change };
}

interface Sealed {
  readonly sealed: Uint8Array;
  readonly key: Uint8Array;
  readonly commitment: string;
  readonly context: SealContext;
}

function seal(name: string, value: string | number | boolean, row: Pick<TypeField, "name" | "schema"> = field(name)): Sealed {
  const context = contextOf(name);
  const key = fieldKey(recordKey, context, crypto);
  const { text: disclosed } = disclosure(testBytes(`salt ${name}`, 16), name, value);
  const sealed = sealDisclosure({ disclosure: disclosed, field: row, key, nonce: testBytes(`nonce ${name}`, 12), context }, crypto);
  return { sealed, key, commitment: commitment(key, crypto), context };
}

describe("recorded", () => {
  const { hkdf } = vectors<{ hkdf: readonly { source: string; ikm: string; salt: string; info: string; length: number; okm: string }[] }>(
    "key-derivation",
  );
  test.each(hkdf)("HKDF $source", ({ ikm, salt, info, length, okm }) => {
    expect(toHex(hkdfSha256({ key: hex(ikm), salt: hex(salt), info: hex(info), length }, crypto))).toBe(okm);
  });

  const sealedVectors =
    vectors<
      readonly {
        recordKey: string;
        context: SealContext;
        fieldKey: string;
        commitment: string;
        nonce: string;
        disclosure: string;
        aad: string;
        sealed: string;
      }[]
    >("sealed-disclosure");
  test.each(sealedVectors)("sealed $context.field", (vector) => {
    const key = fieldKey(hex(vector.recordKey), vector.context, crypto);
    expect(toHex(key)).toBe(vector.fieldKey);
    expect(commitment(key, crypto)).toBe(vector.commitment);
    expect(text(sealContextBytes(vector.context))).toBe(vector.aad);
    const row = field(vector.context.field);
    const sealed = sealDisclosure({ ...vector, field: row, key, nonce: hex(vector.nonce) }, crypto);
    expect(toHex(sealed)).toBe(vector.sealed);
    const opened = openDisclosure({ ...vector, sealed, key }, crypto);
    expect(opened).toMatchObject({ text: vector.disclosure, name: vector.context.field });
  });
});

test("HKDF is Node's for any input", () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(bytes, bytes, bytes, fc.integer({ min: 1, max: 200 }), (key, salt, info, length) => {
      expect(toHex(hkdfSha256({ key, salt, info, length }, crypto))).toBe(
        Buffer.from(hkdfSync("sha256", key, salt, info, length)).toString("hex"),
      );
    }),
  );
});

test("every field of the sample opens again and its digest is the one in _sd", () => {
  for (const { name } of fieldsOf(type, "main")) {
    const value = sample.main[name] ?? "";
    const opened = openDisclosure(seal(name, value), crypto);
    expect(opened).toMatchObject({ name, value });
    const own = disclosure(testBytes(`salt ${name}`, 16), name, value);
    expect(disclosureCounts((opened as Disclosure).text, { _sd: [digest(own.text, crypto)] }, crypto)).toBe(true);
  }
});

describe("a sealed field opens nowhere else", () => {
  const good = seal("creditCode", "91350200MA2XQ7K095");

  test("each flipped bit of nonce, ciphertext and tag", () => {
    for (let bit = 0; bit < good.sealed.length * 8; bit++) {
      const changed = good.sealed.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(openDisclosure({ ...good, sealed: changed }, crypto)).toMatchObject({ refused: "cannot-open" });
    }
  });

  test("every other length", () => {
    for (let length = 0; length < good.sealed.length; length++) {
      expect(openDisclosure({ ...good, sealed: good.sealed.slice(0, length) }, crypto)).toMatchObject({ refused: "cannot-open" });
    }
    expect(openDisclosure({ ...good, sealed: new Uint8Array(good.sealed.length + 64) }, crypto)).toMatchObject({ refused: "cannot-open" });
  });

  test.each<[string, Partial<SealContext>]>([
    ["certificate", { certificate: certificate.replace("0F3A", "0F3B") }],
    ["version", { version: 2 }],
    ["part", { part: "inspection" }],
    ["field", { field: "customsCode" }],
    ["schema", { schemaHash: schemaHash({ ...type, version: 2 } as CertificateType, "main", crypto) }],
  ])("in another %s, with the key it was sealed with", (_, change) => {
    expect(openDisclosure({ ...good, context: { ...good.context, ...change } }, crypto)).toMatchObject({ refused: "cannot-open" });
  });

  test("two fields exchanged", () => {
    const other = seal("customsCode", "3502160A7K");
    expect(openDisclosure({ ...good, sealed: other.sealed }, crypto)).toMatchObject({ refused: "cannot-open" });
    expect(openDisclosure({ ...good, key: other.key }, crypto)).toMatchObject({ refused: "wrong-key" });
    expect(openDisclosure({ ...good, commitment: other.commitment }, crypto)).toMatchObject({ refused: "wrong-key" });
    expect(openDisclosure({ ...good, key: good.key.slice(0, 16) }, crypto)).toMatchObject({ refused: "wrong-key" });
  });

  test("what an owner could seal wrongly: no padding, no disclosure, another field's disclosure", () => {
    const sealRaw = (plain: Uint8Array) => {
      const nonce = testBytes("n", 12);
      const sealed = crypto.sealAes256Gcm(good.key, nonce, sealContextBytes(good.context), plain);
      return openDisclosure({ ...good, sealed: new Uint8Array([...nonce, ...sealed]) }, crypto);
    };
    expect(sealRaw(new Uint8Array(64))).toMatchObject({ refused: "bad-padding" });
    expect(sealRaw(new Uint8Array(64).fill(0x41))).toMatchObject({ refused: "bad-padding" });
    expect(sealRaw(pad(utf8("nonsense"), 64))).toMatchObject({ refused: "bad-disclosure" });
    expect(sealRaw(pad(Uint8Array.of(0xff, 0xfe), 64))).toMatchObject({ refused: "bad-disclosure" });
    const foreign = disclosure(testBytes("s", 16), "customsCode", "x").text;
    expect(sealRaw(pad(utf8(foreign), 128))).toMatchObject({ refused: "other-field" });
  });

  test("each field of each certificate has a key of its own", () => {
    const places: FieldPlace[] = fieldsOf(type, "main").map(({ name }) => contextOf(name));
    places.push(
      contextOf("remarks", { part: "inspection" }),
      contextOf("remarks", { version: 2 }),
      contextOf("remarks", { certificate: "x" }),
    );
    expect(new Set(places.map((place) => toHex(fieldKey(recordKey, place, crypto)))).size).toBe(places.length);
  });
});

describe("lengths tell little", () => {
  test("padding comes off again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 130 }), (bytes, room) => {
        expect(unpad(pad(bytes, bytes.length + room))).toEqual(bytes);
      }),
    );
    expect(unpad(new Uint8Array(0))).toBeUndefined();
    expect(() => pad(new Uint8Array(64), 64)).toThrow(RangeError);
  });

  test("a text has a multiple of 64", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (value) => {
        const { sealed } = seal("remarks", value.toWellFormed());
        expect((sealed.length - 28) % 64).toBe(0);
      }),
    );
  });

  test("all values of a list, a boolean, a bounded integer have one length", () => {
    const lengths = (values: readonly (string | number | boolean)[], row: Pick<TypeField, "name" | "schema">) =>
      new Set(values.map((value) => seal(row.name, value, row).sealed.length));
    const list = Array.from({ length: 50 }, (_, at) => "长".repeat(at * 2 + 1));
    expect(lengths(list, { name: "choice", schema: { type: "string", enum: list } }).size).toBe(1);
    expect(lengths([true, false], { name: "x".repeat(10), schema: { type: "boolean" } }).size).toBe(1);
    for (let length = 1; length < 64; length++) {
      const schema = { type: "integer", minimum: -999_999_999_999, maximum: 3 } as const;
      expect(lengths([-999_999_999_999, 0, 3], { name: "n".repeat(length), schema }).size).toBe(1);
      expect(lengths([true, false], { name: "b".repeat(length), schema: { type: "boolean" } }).size).toBe(1);
    }
    expect(paddedLength(field("operatorType"), 1)).toBe(paddedLength(field("operatorType"), 60));
  });
});

describe("the attachment", () => {
  const sealed = { creditCode: seal("creditCode", "91350200MA2XQ7K095").sealed, remarks: seal("remarks", "备注").sealed };

  test("comes back", () => expect(parseSealedDisclosures(encodeSealedDisclosures(sealed))).toEqual(sealed));

  test.each(["[]", '{"a":1}', '{"a":"AAAA"}', '{ "a":"AAAA"}', `{"_sd":"${"A".repeat(128)}"}`, `{"a":"${"A".repeat(124)}"}`, "", "{"])(
    "%s is refused",
    (bad) => expect(parseSealedDisclosures(utf8(bad))).toMatchObject({ refused: "bad-sealed-disclosures" }),
  );
});

test("misuse is a bug of the caller", () => {
  const context = contextOf("creditCode");
  const key = fieldKey(recordKey, context, crypto);
  const { text: disclosed } = disclosure(testBytes("s", 16), "remarks", "x");
  const nonce = testBytes("n", 12);
  expect(() => sealDisclosure({ disclosure: disclosed, field: field("creditCode"), key, nonce, context }, crypto)).toThrow(RangeError);
  expect(() => fieldKey(new Uint8Array(16), context, crypto)).toThrow(RangeError);
  expect(() => commitment(new Uint8Array(16), crypto)).toThrow(RangeError);
});
