import {
  compareBytes,
  equalBytes,
  fromBase64,
  fromBase64url,
  fromHex,
  text,
  textOrUndefined,
  toBase64,
  toBase64url,
  toHex,
  utf8,
} from "@vermilion/ledger";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const bytes = fc.uint8Array({ maxLength: 300 });

describe("encodings of bytes", () => {
  test("agree with those of Node and come back", () => {
    fc.assert(
      fc.property(bytes, (value) => {
        const node = Buffer.from(value);
        expect(toHex(value)).toBe(node.toString("hex"));
        expect(toBase64(value)).toBe(node.toString("base64"));
        expect(toBase64url(value)).toBe(node.toString("base64url"));
        expect(fromHex(toHex(value))).toEqual(value);
        expect(fromBase64(toBase64(value))).toEqual(value);
        expect(fromBase64url(toBase64url(value))).toEqual(value);
      }),
    );
  });

  test("have one spelling: whatever decodes, encodes to the same text", () => {
    const url = fc.string({ unit: fc.constantFrom(..."ABab01-_=+/ \u0141"), maxLength: 9 });
    fc.assert(
      fc.property(url, (spelling) => {
        const decoded = fromBase64url(spelling);
        if (decoded !== undefined) expect(toBase64url(decoded)).toBe(spelling);
        const standard = fromBase64(spelling);
        if (standard !== undefined) expect(toBase64(standard)).toBe(spelling);
        const hex = fromHex(spelling);
        if (hex !== undefined) expect(toHex(hex)).toBe(spelling);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(["A", "AB", "AAB", "AA==", "AA=", "A A", "A+", "A/", "AA\n", "\u0141A"])("base64url refuses %j", (spelling) => {
    expect(fromBase64url(spelling)).toBeUndefined();
  });

  test.each(["A", "AA", "AA=", "AB==", "AAB=", "AAA", "A-==", "AA==AA==", "====", "AA= "])("base64 refuses %j", (spelling) => {
    expect(fromBase64(spelling)).toBeUndefined();
  });

  test.each(["0", "0G", "AB", "0x", "\u01300"])("hex refuses %j", (spelling) => {
    expect(fromHex(spelling)).toBeUndefined();
  });
});

test("text refuses malformed UTF-8 and keeps a byte order mark", () => {
  expect(textOrUndefined(Uint8Array.of(0xc0, 0x80))).toBeUndefined();
  expect(() => text(Uint8Array.of(0xff))).toThrow(TypeError);
  expect(text(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe("\ufeffA");
  expect(text(utf8("印章"))).toBe("印章");
});

test("compareBytes orders as Buffer.compare does, and equality fits the order", () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
    }),
  );
});
