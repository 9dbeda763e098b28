import { createDecipheriv, createPublicKey, diffieHellman, generateKeyPairSync } from "node:crypto";
import {
  apv,
  checkGrantHeader,
  concatKdf,
  encodeGrantPlaintext,
  type GrantContext,
  grantContextHash,
  grantTyp,
  jweProtectedHeader,
  normalGrantContext,
  parseGrantPlaintext,
} from "@vermilion/certificates";
import { canonicalText, fromBase64url, fromHex, type Json, toBase64url, utf8 } from "@vermilion/ledger";
import { FlattenedEncrypt } from "jose";
import { describe, expect, test } from "vitest";
import { crypto, testBytes, vectors } from "./fixtures.ts";

const context: GrantContext = {
  chain: "3f".repeat(32),
  certificate: "1.2.156.3005.2.11100000000019991T001.91350200MA2XQ7K095.0F3A1C2B4D5E6F708192A3B4C5D6E7F8.001.H",
  version: 1,
  part: "main",
  fields: ["enterpriseNameZh", "creditCode", "customsCode"],
  request: "ab".repeat(32),
  reader: "customs",
};
const kid = "k".repeat(43);
const epk = { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) } as const;

const others: [string, Partial<GrantContext>][] = [
  ["chain", { chain: "40".repeat(32) }],
  ["certificate", { certificate: "another" }],
  ["version", { version: 2 }],
  ["part", { part: "inspection" }],
  ["fields", { fields: ["creditCode", "customsCode"] }],
  ["request", { request: "ac".repeat(32) }],
  ["reader", { reader: "tax" }],
];

describe("recorded", () => {
  const { concatKdf: rows } = vectors<{
    concatKdf: readonly { source: string; z: string; algorithm: string; apu: string; apv: string; keyBits: number; key: string }[];
  }>("key-derivation");
  test.each(rows)("Concat KDF of $source", ({ z, algorithm, apu, apv: info, keyBits, key }) => {
    const derived = concatKdf({ z: fromHex(z) ?? new Uint8Array(), algorithm, apu: utf8(apu), apv: utf8(info), keyBits }, crypto);
    expect(toBase64url(derived)).toBe(key);
  });

  const grant = vectors<{ context: GrantContext; hash: string; apv: string; header: string }>("grant-context");
  test("context hash, apv and header", () => {
    expect(grantContextHash(grant.context, crypto)).toBe(grant.hash);
    expect(apv(grant.context, crypto)).toBe(grant.apv);
    expect(canonicalText(jweProtectedHeader(grant.context, kid, epk, crypto) as unknown as Json)).toBe(grant.header);
  });
});

describe("the context", () => {
  test("does not depend on the order of fields", () => {
    const turned = { ...context, fields: [...context.fields].reverse() };
    expect(grantContextHash(turned, crypto)).toBe(grantContextHash(context, crypto));
    expect(normalGrantContext(turned).fields).toEqual(["creditCode", "customsCode", "enterpriseNameZh"]);
  });

  test.each(others)("another %s has another hash", (_, change) => {
    expect(grantContextHash({ ...context, ...change }, crypto)).not.toBe(grantContextHash(context, crypto));
  });
});

describe("the header", () => {
  const header = jweProtectedHeader(context, kid, epk, crypto) as unknown as { [member: string]: Json };

  test("is accepted for its own grant", () => expect(checkGrantHeader(header, context, kid, crypto)).toEqual({ epk }));

  test.each(others)("is refused for another %s", (_, change) => {
    expect(checkGrantHeader(header, { ...context, ...change }, kid, crypto)).toMatchObject({ refused: "wrong-grant" });
  });

  test.each<[string, { [member: string]: Json }]>([
    ["alg", { alg: "ECDH-ES" }],
    ["enc", { enc: "A128GCM" }],
    ["typ", { typ: "JWT" }],
    ["apv", { apv: "AAAA" }],
    ["kid", { kid: "other" }],
    ["zip", { zip: "DEF" }],
    ["crit", { crit: ["x"] }],
    ["apu", { apu: "AAAA" }],
    ["curve", { epk: { ...epk, crv: "P-384" } }],
    ["private key", { epk: { ...epk, d: "x" } }],
    ["coordinate", { epk: { ...epk, x: "short" } }],
    ["grant", { grant: { ...normalGrantContext(context), note: "x" } as unknown as Json }],
  ])("is refused with another %s", (_, change) => {
    expect(checkGrantHeader({ ...header, ...change }, context, kid, crypto)).toMatchObject({ refused: "wrong-grant" });
  });

  test.each([null, [], "x", {}])("%j is refused", (bad) =>
    expect(checkGrantHeader(bad, context, kid, crypto)).toMatchObject({ refused: "wrong-grant" }),
  );
});

describe("the plaintext", () => {
  const keys = Object.fromEntries(context.fields.map((name) => [name, testBytes(name, 32)]));

  test("comes back", () => expect(parseGrantPlaintext(encodeGrantPlaintext(keys), context)).toEqual(keys));

  test.each([
    encodeGrantPlaintext({ ...keys, idNumber: testBytes("x", 32) }),
    encodeGrantPlaintext({ creditCode: testBytes("x", 32) }),
    encodeGrantPlaintext({ ...keys, creditCode: testBytes("x", 31) }),
    utf8('{"fields":{}}'),
    utf8('{"fields":[]}'),
    utf8("[]"),
    utf8(""),
  ])("%# with other keys than granted is refused", (bytes) => {
    expect(parseGrantPlaintext(bytes, context)).toMatchObject({ refused: "bad-grant-plaintext" });
  });
});

test("a JWE made by jose opens with a raw ECDH secret, our header check and our Concat KDF", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keys = Object.fromEntries(context.fields.map((name) => [name, testBytes(name, 32)]));
  const jwe = await new FlattenedEncrypt(encodeGrantPlaintext(keys))
    .setProtectedHeader({ alg: "ECDH-ES+A256KW", enc: "A256GCM", grant: normalGrantContext(context), kid, typ: grantTyp })
    .setKeyManagementParameters({ apv: fromBase64url(apv(context, crypto)) ?? new Uint8Array() })
    .encrypt(publicKey);
  const bytes = (value: string | undefined) => fromBase64url(value ?? "") ?? new Uint8Array();
  const header = JSON.parse(new TextDecoder().decode(bytes(jwe.protected))) as Json;
  const checked = checkGrantHeader(header, context, kid, crypto);
  if ("refused" in checked) throw new Error(checked.refused);
  const z = diffieHellman({ privateKey, publicKey: createPublicKey({ key: { ...checked.epk }, format: "jwk" }) });
  const wrapping = concatKdf(
    { z, algorithm: "ECDH-ES+A256KW", apu: new Uint8Array(), apv: bytes(apv(context, crypto)), keyBits: 256 },
    crypto,
  );
  const unwrap = createDecipheriv("id-aes256-wrap", wrapping, Buffer.alloc(8, 0xa6));
  const contentKey = Buffer.concat([unwrap.update(bytes(jwe.encrypted_key)), unwrap.final()]);
  const sealed = new Uint8Array([...bytes(jwe.ciphertext), ...bytes(jwe.tag)]);
  const plaintext = crypto.openAes256Gcm(contentKey, bytes(jwe.iv), utf8(jwe.protected ?? ""), sealed);
  expect(plaintext && parseGrantPlaintext(plaintext, context)).toEqual(keys);
});
