import {
  assemble,
  disclosure,
  issuerSignedJws,
  newStatusList,
  readStatus,
  type StatusBits,
  type StatusList,
  type StatusListClaims,
  statusListInput,
  type VerifyInput,
  verifyCertificate,
  verifyStatusList,
  withStatus,
} from "@vermilion/certificates";
import { fromBase64url, thumbprint, toHex } from "@vermilion/ledger";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crypto, deflate, inflate, issue, newSignKey, type SignKey, sampleClaims, signEs256, testBytes, vectors } from "./fixtures.ts";

const key = newSignKey();
const uri = "https://platform.example/v1/status/1";
const at = 1_700_000_000;

function token(list: StatusList, claims: Partial<StatusListClaims> = {}, signer: SignKey = key): string {
  const header = { alg: "ES256", kid: thumbprint(signer.jwk, crypto) } as const;
  const input = statusListInput({ sub: uri, iat: at, ...claims }, list, header, deflate);
  return issuerSignedJws(input, signEs256(input, signer));
}

describe("status lists", () => {
  const recorded =
    vectors<readonly { source: string; bits: StatusBits; statuses: readonly number[]; bytes: string; lst: string }[]>("status-list");
  test.each(recorded)("$source", ({ bits, statuses, bytes, lst }) => {
    const list = statuses.reduce((filled, status, index) => withStatus(filled, index, status), newStatusList(bits, statuses.length));
    expect(toHex(list.bytes)).toBe(bytes);
    expect(statuses.map((_, index) => readStatus(list, index))).toEqual(statuses);
    expect(inflate(fromBase64url(lst) ?? new Uint8Array(), 100)).toEqual(list.bytes);
  });

  test("any statuses of 1, 2, 4 and 8 bits come back through a token", () => {
    const lists = fc
      .constantFrom<StatusBits>(1, 2, 4, 8)
      .chain((bits) => fc.tuple(fc.constant(bits), fc.array(fc.nat(2 ** bits - 1), { minLength: 1, maxLength: 40 })));
    fc.assert(
      fc.property(lists, ([bits, statuses]) => {
        const list = statuses.reduce((filled, status, index) => withStatus(filled, index, status), newStatusList(bits, statuses.length));
        const verified = verifyStatusList(token(list), uri, { key: key.jwk, crypto, inflate });
        if ("refused" in verified) throw new Error(verified.refused);
        expect(statuses.map((_, index) => readStatus(verified.list, index))).toEqual(statuses);
      }),
      { numRuns: 40 },
    );
  });

  test("outside the list there is no status", () => {
    const list = newStatusList(2, 4);
    for (const index of [4, -1, 0.5, Number.NaN, 2 ** 53]) expect(readStatus(list, index)).toBeUndefined();
    expect(() => withStatus(list, 4, 1)).toThrow(RangeError);
    expect(() => withStatus(list, 0, 4)).toThrow(RangeError);
  });

  test("a small token that unpacks to a large list is refused", () => {
    const bomb = token({ bits: 1, bytes: new Uint8Array(5 * 1024 * 1024) });
    expect(verifyStatusList(bomb, uri, { key: key.jwk, crypto, inflate })).toMatchObject({ refused: "bad-status-list" });
  });

  test("another list, another key, a certificate in place of a list, garbage", () => {
    const good = token(newStatusList(1, 8));
    const judge = (text: string, place = uri, jwk = key.jwk) => verifyStatusList(text, place, { key: jwk, crypto, inflate });
    expect(judge(good)).not.toHaveProperty("refused");
    expect(judge(good, `${uri}0`)).toMatchObject({ refused: "other-status-list" });
    expect(judge(good, uri, newSignKey().jwk)).toMatchObject({ refused: "wrong-kid" });
    expect(judge(issue({ a: "b" }, key).jws)).toMatchObject({ refused: "wrong-typ" });
    for (const bad of ["", "a.b.c", `${good}.x`]) expect(judge(bad)).toMatchObject({ refused: "bad-status-list" });
  });
});

describe("the three verdicts", () => {
  const claims = { ...sampleClaims, iat: at, status: { status_list: { idx: 5, uri } } };
  const issued = issue({ creditCode: "91350200MA2XQ7K095", remarks: "备注" }, key, claims);
  const list = newStatusList(2, 16);
  const base: VerifyInput = {
    sdJwt: issued.text,
    issuerKey: key.jwk,
    issuerName: "vermilion.example/platform",
    statusListToken: token(list),
    now: at * 1000 + 1000,
    crypto,
    inflate,
  };
  const judge = (change: Partial<VerifyInput>) => {
    const { integrity, status, issuer } = verifyCertificate({ ...base, ...change });
    const reason = "reason" in status ? `:${status.reason}` : "";
    return `${integrity.verdict} ${status.verdict}${reason} ${issuer.verdict}`;
  };
  const without = (...names: (keyof VerifyInput)[]) => {
    const input = Object.fromEntries(Object.entries(base).filter(([name]) => !names.includes(name as keyof VerifyInput)));
    const { integrity, status, issuer } = verifyCertificate(input as unknown as VerifyInput);
    return `${integrity.verdict} ${status.verdict} ${issuer.verdict}`;
  };

  test("all hold, as of the list's time", () => {
    expect(verifyCertificate(base)).toMatchObject({
      integrity: { verdict: "holds" },
      status: { verdict: "not-revoked-as-of", asOf: at * 1000 },
      issuer: { verdict: "holds", issuer: "vermilion.example/platform" },
      claims,
      fields: { creditCode: "91350200MA2XQ7K095", remarks: "备注" },
    });
  });

  test("status", () => {
    expect(judge({ statusListToken: token(withStatus(list, 5, 1)) })).toBe("holds revoked holds");
    expect(judge({ statusListToken: token(withStatus(list, 5, 2)) })).toBe("holds suspended holds");
    expect(judge({ statusListToken: token(withStatus(list, 5, 3)) })).toBe("holds not-checked:unknown-status holds");
    expect(judge({ statusListToken: token(withStatus(list, 6, 1)) })).toBe("holds not-revoked-as-of holds");
    expect(judge({ statusListToken: token(newStatusList(2, 4)) })).toBe("holds not-checked:index-outside-list holds");
    expect(judge({ statusListToken: token(list, { sub: "https://other.example" }) })).toBe("holds not-checked:other-status-list holds");
    expect(judge({ statusListToken: token(list, {}, newSignKey()) })).toBe("holds not-checked:wrong-kid holds");
    expect(judge({ statusListToken: "garbage" })).toBe("holds not-checked:bad-status-list holds");
    expect(judge({ statusListToken: token(list, { iat: at + 3600 }) })).toBe("holds not-checked:status-list-from-the-future holds");
    expect(judge({ sdJwt: issue({ a: "b" }, key).text })).toBe("holds not-checked:no-status-claim holds");
    expect(without("statusListToken")).toBe("holds not-checked holds");
  });

  test("an old list still proves a revocation, not its absence", () => {
    expect(judge({ statusListToken: token(list, { exp: at + 1 }), now: at * 1000 + 1000 })).toBe(
      "holds not-checked:status-list-expired holds",
    );
    expect(judge({ statusListToken: token(withStatus(list, 5, 1), { exp: at + 1 }) })).toBe("holds revoked holds");
    const other = newSignKey();
    expect(judge({ statusListToken: token(list, {}, other), statusKey: other.jwk })).toBe("holds not-revoked-as-of holds");
  });

  test("a certificate past its time", () => {
    const sdJwt = issue({ a: "b" }, key, { ...claims, exp: at + 10 }).text;
    expect(judge({ sdJwt })).toBe("holds not-revoked-as-of holds");
    expect(judge({ sdJwt, now: (at + 10) * 1000 })).toBe("holds expired holds");
    expect(judge({ sdJwt, now: (at + 10) * 1000, statusListToken: token(withStatus(list, 5, 1)) })).toBe("holds revoked holds");
  });

  test("integrity and issuer", () => {
    const forged = assemble(issued.jws, [disclosure(testBytes("x", 16), "creditCode", "91350100M000100Y43").text]);
    expect(judge({ sdJwt: forged })).toBe("fails not-checked:integrity-fails holds");
    expect(judge({ sdJwt: `${issued.text}x` })).toBe("fails not-checked:integrity-fails holds");
    expect(judge({ sdJwt: "x" })).toBe("fails not-checked:integrity-fails fails");
    expect(judge({ sdJwt: issued.text.replace(/\.[^.~]*~/, `.${"A".repeat(86)}~`) })).toBe("fails not-checked:integrity-fails fails");
    expect(judge({ issuerKey: newSignKey().jwk })).toBe("fails not-checked:integrity-fails fails");
    expect(judge({ issuerName: "vermilion.example/customs" })).toBe("holds not-revoked-as-of fails");
    expect(without("issuerName")).toBe("holds not-revoked-as-of unknown");
    expect(without("issuerKey")).toBe("not-checked not-checked unknown");
    expect(verifyCertificate({ sdJwt: "x", crypto, inflate }).integrity.verdict).toBe("fails");
  });

  test("what is not whole is not repeated", () => {
    const verdict = verifyCertificate({ ...base, sdJwt: `${issued.text}x` });
    expect(verdict.fields).toBeUndefined();
    expect(verdict.claims).toBeUndefined();
  });
});
