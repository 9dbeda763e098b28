import { canonical, canonicalText, type Json, parseCanonical, parseStrict, utf8 } from "@vermilion/ledger";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const limits = { bytesMax: 20_000_000, depthMax: 16 };
const wellFormed = fc.string({ unit: "grapheme", maxLength: 20 });
const integer = fc.maxSafeInteger();
const { tree: json } = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(null, true, false),
    integer,
    wellFormed,
    fc.array(tie("tree"), { maxLength: 5 }),
    fc.dictionary(fc.oneof(wellFormed, fc.constantFrom("__proto__", "constructor", "10", "9")), tie("tree"), { maxKeys: 5 }),
  ),
}));

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

describe("canonical form", () => {
  test("is that of the canonicalize package where a value has one", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalText(value)).toBe(canonicalize(value));
      }),
    );
  });

  test("comes back through both parsers", () => {
    fc.assert(
      fc.property(json, (value) => {
        const bytes = canonical(value);
        const parsed = parseCanonical(bytes);
        expect(parsed).not.toHaveProperty("refused");
        expect(canonicalText("value" in parsed ? parsed.value : null)).toBe(canonicalText(value));
        expect(parseStrict(bytes, limits)).toEqual(parsed);
      }),
    );
  });

  test("members are sorted by UTF-16 code units (RFC 8785 section 3.2.3)", () => {
    const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
    expect(canonicalText(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}');
  });

  test.each([1.5, 2 ** 53, Number.NaN, "\ud800", undefined, () => 1, Symbol("s"), 1n])("a bug of the caller throws: %s", (value) => {
    expect(() => canonical({ value: value as unknown as Json })).toThrow(/^bug: /);
  });
});

describe("parseCanonical refuses", () => {
  test.each([
    ["white space", '{ "a":1}', "not-canonical"],
    ["order", '{"b":1,"a":2}', "not-canonical"],
    ["an escape that is not needed", '"\\u0041"', "not-canonical"],
    ["an escaped slash", '"\\/"', "not-canonical"],
    ["upper-case escapes", '"\\u001F"', "not-canonical"],
    ["minus zero", "-0", "not-canonical"],
    ["an exponent", "1e3", "not-canonical"],
    ["a final zero", "1.0", "not-canonical"],
    ["a float", "1.5", "not-an-integer"],
    ["a large integer", "9007199254740992", "not-an-integer"],
    ["a duplicate key", '{"a":1,"a":1}', "duplicate-key"],
    ["a key twice in two spellings", '{"a":1,"\\u0061":1}', "duplicate-key"],
    ["a lone surrogate", '"\\ud800"', "lone-surrogate"],
    ["a byte order mark", "\ufeff{}", "not-json"],
    ["a trailing line", "{}\n", "not-canonical"],
    ["no JSON", "{'a':1}", "not-json"],
    ["nothing", "", "not-json"],
    ["17 levels", nested(17), "too-deep"],
  ])("%s", (_, source, code) => {
    expect(parseCanonical(utf8(source))).toMatchObject({ refused: code });
  });

  test("malformed UTF-8", () => {
    expect(parseCanonical(Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ refused: "invalid-utf8" });
  });

  test("very deep text without overflowing the stack", () => {
    expect(parseCanonical(utf8(nested(200_000)))).toMatchObject({ refused: "too-deep" });
  });
});

test("parseCanonical takes 16 levels", () => {
  expect(parseCanonical(utf8(nested(16)))).toHaveProperty("value");
});

describe("parseStrict", () => {
  test("reads what JSON.parse reads, white space and escapes included", () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        const source = JSON.stringify(value, undefined, space);
        const parsed = parseStrict(utf8(source), limits);
        expect("value" in parsed && canonicalText(parsed.value)).toBe(canonicalText(JSON.parse(source)));
      }),
    );
  });

  test("never throws, and accepts nothing that JSON.parse refuses", () => {
    const piece = fc.constantFrom("{", "}", "[", "]", '"', ":", ",", "\\", "a", "1", "-", ".", "e", " ", "\n", "true", "null", "\u0000");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const source = pieces.join("");
        const parsed = parseStrict(utf8(source), limits);
        if ("value" in parsed) expect(canonicalText(parsed.value)).toBe(canonicalText(JSON.parse(source)));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["duplicate keys", '{"a":1,"b":{"c":1,"c":2}}', "duplicate-key"],
    ["__proto__ twice", '{"__proto__":1,"__proto__":2}', "duplicate-key"],
    ["a float", "[0.5]", "not-an-integer"],
    ["a huge exponent", "1e400", "not-an-integer"],
    ["depth", nested(17), "too-deep"],
    ["a great depth", "[".repeat(1_000_000), "too-deep"],
    ["an open string", '"abc', "not-json"],
    ["a control character", '"\u0001"', "not-json"],
    ["an unknown escape", '"\\x"', "not-json"],
    ["a leading zero", "01", "not-json"],
    ["a trailing comma", "[1,]", "not-json"],
    ["two values", "1 2", "not-json"],
    ["a lone surrogate in a key", '{"\\udc00":1}', "lone-surrogate"],
  ])("refuses %s", (_, source, code) => {
    expect(parseStrict(utf8(source), limits)).toMatchObject({ refused: code });
  });

  test("refuses by size before it reads", () => {
    expect(parseStrict(new Uint8Array(11), { bytesMax: 10, depthMax: 4 })).toMatchObject({ refused: "too-large" });
  });

  test("reads long strings, long numbers and long white space", () => {
    const long = "x".repeat(5_000_000);
    expect(parseStrict(utf8(`${" ".repeat(1_000_000)}"${long}"`), limits)).toEqual({ value: long });
    expect(parseStrict(utf8("1".repeat(1_000_000)), limits)).toMatchObject({ refused: "not-an-integer" });
  });

  test("__proto__ is a member like any other", () => {
    const parsed = parseStrict(utf8('{"__proto__":{"admin":true}}'), limits);
    const value = "value" in parsed ? (parsed.value as Record<string, Json>) : {};
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value["admin"]).toBeUndefined();
  });
});
