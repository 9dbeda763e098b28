import {
  checkCharacter,
  checkCitizenId,
  checkOrganisationCode,
  checkUscc,
  citizenIdCheckCharacter,
  formatIdentifier,
  organisationCheckCharacter,
  parseIdentifier,
  serialFromNumber,
  usccCheckCharacter,
  withoutRoot,
  withRoot,
} from "@vermilion/certificates";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { vectors } from "./fixtures.ts";

type Refused = readonly { readonly text: string; readonly code: string }[];
const capitals = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const capital = (length: number) => fc.string({ unit: fc.constantFrom(...capitals), minLength: length, maxLength: length });

describe("GB/T 36904 identifier", () => {
  const identifier = vectors<{
    valid: readonly { text: string; type: string; issuer: string; serial: string; version: number; check: string }[];
    checkCharacters: readonly { text: string; check: string }[];
    refused: Refused;
  }>("identifier");

  test.each(identifier.valid)("reads and writes $text", ({ text, type, issuer, serial, version, check }) => {
    expect(parseIdentifier(text)).toEqual({ text, type, issuer, serial, version, check });
    expect(formatIdentifier({ type, issuer, serial, version })).toBe(text);
    expect(withRoot(withoutRoot(text))).toBe(text);
    expect(withoutRoot(text).startsWith("1.2.156")).toBe(false);
  });

  test.each(identifier.checkCharacters)("check character $check", ({ text, check }) => {
    expect(checkCharacter(text)).toBe(check);
  });

  test.each(identifier.refused)("refuses $text as $code", ({ text, code }) => {
    expect(parseIdentifier(text)).toMatchObject({ refused: code });
  });

  const parts = fc.record({
    type: fc.tuple(capital(18), fc.nat(999)).map(([authority, number]) => authority + String(number).padStart(3, "0")),
    issuer: capital(18),
    serial: fc.string({ unit: fc.constantFrom(...capitals), minLength: 1, maxLength: 64 }),
    version: fc.integer({ min: 1, max: 999 }),
  });

  test("every well-formed identifier comes back from its text", () => {
    fc.assert(
      fc.property(parts, (each) => {
        expect(parseIdentifier(formatIdentifier(each))).toMatchObject(each);
      }),
    );
  });

  test("one changed character is always found", () => {
    fc.assert(
      fc.property(capital(30), fc.nat(29), fc.nat(35), (text, at, other) => {
        const character = capitals.charAt(other);
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        if (changed !== text) expect(checkCharacter(changed)).not.toBe(checkCharacter(text));
      }),
    );
  });

  test("parts that cannot be written are a bug of the caller", () => {
    expect(() => formatIdentifier({ type: "X", issuer: "Y", serial: "Z", version: 1 })).toThrow(RangeError);
    expect(() => checkCharacter("a")).toThrow(RangeError);
  });

  test("a public number becomes a serial; one with Chinese characters does not", () => {
    expect(serialFromNumber("(2026) jy-0001/3")).toBe("2026JY00013");
    expect(serialFromNumber("京（2026）第1号")).toMatchObject({ refused: "bad-identifier" });
    expect(serialFromNumber("--")).toMatchObject({ refused: "bad-identifier" });
    expect(serialFromNumber("1".repeat(65))).toMatchObject({ refused: "bad-identifier" });
  });
});

describe("check digits", () => {
  const all = vectors<Record<"uscc" | "organisationCode" | "citizenId", { valid: readonly string[]; refused: Refused }>>("check-digits");
  const checks = { uscc: checkUscc, organisationCode: checkOrganisationCode, citizenId: checkCitizenId };

  for (const [name, check] of Object.entries(checks) as [keyof typeof checks, typeof checkUscc][]) {
    test.each(all[name].valid)(`${name} %s holds`, (text) => expect(check(text)).toBeUndefined());
    test.each(all[name].refused)(`${name} $text is refused: $code`, ({ text, code }) =>
      expect(check(text)).toMatchObject({ refused: code }),
    );
  }

  test("a USCC whose own check holds but whose organisation code is wrong is refused", () => {
    const first17 = "91350100M000100Y5";
    expect(checkUscc(first17 + usccCheckCharacter(first17))).toMatchObject({ refused: "wrong-check-digit" });
  });

  test("any wrong digit of a citizen ID is found", () => {
    const right = "11010519491231002X";
    for (let at = 14; at < 17; at++) {
      for (let digit = 0; digit <= 9; digit++) {
        const text = right.slice(0, at) + digit + right.slice(at + 1);
        if (text !== right) expect(checkCitizenId(text)).toMatchObject({ refused: "wrong-check-digit" });
      }
    }
  });

  test("built numbers hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789ABCDEFGHJKLMNPQRTUWXY"), minLength: 8, maxLength: 8 }), (body) => {
        const code = body + organisationCheckCharacter(body);
        expect(checkOrganisationCode(code)).toBeUndefined();
        const first17 = `91350100${code}`;
        expect(checkUscc(first17 + usccCheckCharacter(first17))).toBeUndefined();
      }),
    );
    expect(citizenIdCheckCharacter("11010519491231002")).toBe("X");
  });
});
