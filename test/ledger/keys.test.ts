import { isLowS, lowS, parsePublicJwk, thumbprint, toBase64url } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ed25519Key, p256Key } from "./fixtures.ts";

describe("thumbprint", () => {
  test("RFC 8037 appendix A.3, Ed25519", () => {
    const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" } as const;
    expect(thumbprint(jwk, nativeCrypto)).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  });

  test("P-256 is the hash of the members in lexicographic order", async () => {
    const { jwk, kid } = p256Key("thumbprint");
    const { calculateJwkThumbprint } = await import("jose");
    expect(kid).toBe(await calculateJwkThumbprint({ ...jwk }));
  });
});

describe("parsePublicJwk", () => {
  const ec = p256Key("parse").jwk;
  const ed = ed25519Key("parse").jwk;
  const offCurve = { ...ec, x: ec.kty === "EC" ? ec.y : "" };

  test("takes a point of each curve", () => {
    expect(parsePublicJwk({ ...ec })).toEqual(ec);
    expect(parsePublicJwk({ ...ed })).toEqual(ed);
  });

  test("takes many keys: the curve equations hold", () => {
    for (let i = 0; i < 20; i++) {
      expect(parsePublicJwk(p256Key(`many ${i}`).jwk)).toBeDefined();
      expect(parsePublicJwk(ed25519Key(`many ${i}`).jwk)).toBeDefined();
    }
  });

  test.each([
    ["null", null],
    ["an array", []],
    ["a surplus member", { ...ec, use: "sig" }],
    ["a private key", { ...ed, d: "AA" }],
    ["another curve", { ...ec, crv: "P-384" }],
    ["another kind", { ...ed, kty: "EC" }],
    ["a padded coordinate", { ...ed, x: `${ed.x}=` }],
    ["a short coordinate", { ...ed, x: ed.x.slice(0, 40) }],
    ["a coordinate with other trailing bits", { ...ec, x: `${ec.x.slice(0, 42)}B` }],
    ["a point that is not on P-256", offCurve],
    ["(0, 0)", { kty: "EC", crv: "P-256", x: toBase64url(new Uint8Array(32)), y: toBase64url(new Uint8Array(32)) }],
    ["a coordinate that is not below p", { ...ec, x: toBase64url(new Uint8Array(32).fill(255)) }],
  ])("refuses %s", (_, value) => {
    expect(parsePublicJwk(value)).toBeUndefined();
  });

  // The eight torsion points and their non-canonical spellings, from the blocklist of libsodium.
  test.each([
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ])("refuses the Ed25519 point %s", (hex) => {
    expect(parsePublicJwk({ kty: "OKP", crv: "Ed25519", x: Buffer.from(hex, "hex").toString("base64url") })).toBeUndefined();
  });
});

describe("low S", () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const withS = (s: bigint) => new Uint8Array(Buffer.from(`${"11".repeat(32)}${s.toString(16).padStart(64, "0")}`, "hex"));

  test.each([
    [1n, true],
    [order / 2n, true],
    [order / 2n + 1n, false],
    [order - 1n, false],
  ])("S = %s", (s, low) => {
    expect(isLowS(withS(s))).toBe(low);
    expect(lowS(withS(s))).toEqual(withS(low ? s : order - s));
  });

  test("normalising gives a low S, keeps r, and is its own inverse around n/2", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: order - 1n }), (s) => {
        expect(isLowS(lowS(withS(s)))).toBe(true);
        expect(lowS(withS(order - s))).toEqual(lowS(withS(s)));
      }),
    );
  });
});
