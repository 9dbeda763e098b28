import {
  checkEntry,
  type EntryPayload,
  encodeEntry,
  encodePayload,
  entryIdOf,
  entryTyp,
  isLowS,
  type NewSignature,
  parseEntry,
  protectedHeader,
  signingInput,
  text,
  toBase64url,
  utf8,
} from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainId, ed25519Key, newSignature, p256Key, signWith } from "./fixtures.ts";

const author = p256Key("author");
const second = ed25519Key("second signer");
const keys = new Map([author, second].map(({ kid, jwk }) => [kid, jwk]));
const context = { chain: chainId, keyOf: (kid: string) => keys.get(kid), crypto: nativeCrypto };

const payload: EntryPayload = {
  attachments: [{ name: "disclosures", sha256: "ab".repeat(32), size: 1000, audience: ["customs", "tax"] }],
  chain: chainId,
  id: "0123456789abcdef0123456789abcdef",
  operations: [{ contract: "certificates", operation: "issue", arguments: { title: "备案登记表", copies: 2 } }],
  signers: [author.kid, second.kid],
  time: 1_790_000_000_000,
  until: 1_790_000_600_000,
};

function entryOf(changes: Record<string, unknown> = {}, signers = [author, second]): Uint8Array {
  const payloadBytes = encodePayload({ ...payload, ...changes } as EntryPayload);
  return encodeEntry(
    payloadBytes,
    signers.map((key) => newSignature(key, entryTyp, payloadBytes)),
  );
}

function outcomeOf(bytes: Uint8Array): string {
  const parsed = parseEntry(bytes, nativeCrypto);
  if ("refused" in parsed) return parsed.refused;
  return checkEntry(parsed, context)?.refused ?? "accepted";
}

test("an entry comes back from its bytes and checks", () => {
  const bytes = entryOf();
  const parsed = parseEntry(bytes, nativeCrypto);
  if ("refused" in parsed) throw new Error(parsed.refused);
  expect(parsed.payload).toEqual(payload);
  expect(parsed.payloadBytes).toEqual(encodePayload(payload));
  expect(parsed.transactionHash).toHaveLength(64);
  expect(parsed.entryHash).not.toBe(parsed.transactionHash);
  expect(checkEntry(parsed, context)).toBeUndefined();
  expect(
    encodeEntry(
      parsed.payloadBytes,
      parsed.signatures.map((s) => ({ ...s, jwk: keys.get(s.kid)! })),
    ),
  ).toEqual(bytes);
});

test("an independent JOSE library accepts the bytes", async () => {
  const { generalVerify, importJWK } = await import("jose");
  const jws = JSON.parse(text(entryOf({ signers: [author.kid] }, [author])));
  const verified = await generalVerify(jws, await importJWK({ ...author.jwk }, "ES256"));
  expect(verified.payload).toEqual(encodePayload({ ...payload, signers: [author.kid] }));
  expect(verified.protectedHeader).toEqual({ alg: "ES256", kid: author.kid, typ: entryTyp });
});

test("a signature that is changed in any byte is refused", () => {
  const bytes = entryOf();
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
      const mutated = Uint8Array.from(bytes);
      mutated[place] = bytes[place]! ^ change;
      expect(outcomeOf(mutated)).not.toBe("accepted");
    }),
    { numRuns: 1_500 },
  );
});

describe("the payload is refused for", () => {
  const { time: _, ...withoutTime } = payload;
  const attachment = payload.attachments[0]!;
  const operation = payload.operations[0]!;

  test.each<[string, Record<string, unknown>, string]>([
    ["a surplus field", { note: "" }, "surplus-field"],
    ["a chain that is no hash", { chain: "main" }, "invalid-field"],
    ["an id in upper case", { id: payload.id.toUpperCase() }, "invalid-field"],
    ["a negative time", { time: -1 }, "invalid-field"],
    ["until before time", { until: payload.time }, "until-out-of-range"],
    ["until after 24 hours", { until: payload.time + 86_400_001 }, "until-out-of-range"],
    ["no signers", { signers: [] }, "invalid-field"],
    ["65 signers", { signers: Array.from({ length: 65 }, (_, i) => p256Key(`signer ${i}`).kid) }, "too-many"],
    ["a signer twice", { signers: [author.kid, author.kid] }, "duplicate-signer"],
    ["no operations", { operations: [] }, "invalid-field"],
    ["65 operations", { operations: Array(65).fill(operation) }, "too-many"],
    ["an operation with a surplus field", { operations: [{ ...operation, version: 1 }] }, "invalid-field"],
    ["arguments that are a list", { operations: [{ ...operation, arguments: [] }] }, "invalid-field"],
    ["attachments that are no list", { attachments: {} }, "invalid-field"],
    ["65 attachments", { attachments: Array.from({ length: 65 }, (_, i) => ({ ...attachment, name: `a${i}` })) }, "too-many"],
    ["an attachment name twice", { attachments: [attachment, attachment] }, "duplicate-attachment"],
    ["an attachment that is too large", { attachments: [{ ...attachment, size: 262_145 }] }, "invalid-field"],
    ["an empty audience", { attachments: [{ ...attachment, audience: [] }] }, "invalid-field"],
    ["an audience with one member twice", { attachments: [{ ...attachment, audience: ["tax", "tax"] }] }, "invalid-field"],
  ])("%s", (_, changes, code) => {
    expect(outcomeOf(entryOf(changes))).toBe(code);
  });

  test("a missing field", () => {
    const payloadBytes = encodePayload(withoutTime as EntryPayload);
    expect(outcomeOf(encodeEntry(payloadBytes, [newSignature(author, entryTyp, payloadBytes)]))).toBe("missing-field");
  });

  test.each([
    ["white space", ` ${text(encodePayload(payload))}`, "not-canonical"],
    ["a duplicate key", text(encodePayload(payload)).replace('"chain":', '"chain":"genesis","chain":'), "duplicate-key"],
    ["a float", text(encodePayload(payload)).replace("1000", "1000.5"), "not-an-integer"],
    ["no JSON", "<entry/>", "not-json"],
    ["a list", "[]", "invalid-field"],
    ["depth", text(encodePayload(payload)).replace('"copies":2', `"copies":${"[".repeat(14)}${"]".repeat(14)}`), "too-deep"],
  ])("%s", (_, source, code) => {
    const payloadBytes = utf8(source);
    expect(outcomeOf(encodeEntry(payloadBytes, [newSignature(author, entryTyp, payloadBytes)]))).toBe(code);
  });
});

describe("signatures are refused for", () => {
  const other = p256Key("a stranger");
  const payloadBytes = encodePayload(payload);
  const good = [author, second].map((key) => newSignature(key, entryTyp, payloadBytes));
  const [first, last] = good as [NewSignature, NewSignature];

  /** The other of the two signatures with the same meaning: n − s. */
  function highS({ signature, ...rest }: NewSignature): NewSignature {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = order - BigInt(`0x${Buffer.from(signature.subarray(32)).toString("hex")}`);
    const high = Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")]);
    return { ...rest, signature: new Uint8Array(high) };
  }

  test.each<[string, readonly NewSignature[], string]>([
    ["none at all", [], "missing-signature"],
    ["a missing one", [first], "missing-signature"],
    ["a surplus one", [...good, newSignature(other, entryTyp, payloadBytes)], "surplus-signature"],
    ["another order", [last, first], "signer-mismatch"],
    ["another signer", [first, newSignature(other, entryTyp, payloadBytes)], "signer-mismatch"],
    ["a high S", [highS(first), last], "high-s"],
    ["another message", [{ ...first, signature: signWith(author, utf8("other")) }, last], "bad-signature"],
    [
      "another key under the same name",
      [{ ...first, signature: signWith(other, signingInput(entryTyp, payloadBytes, author.jwk, author.kid)) }, last],
      "bad-signature",
    ],
    ["the algorithm of another key", [{ ...first, jwk: second.jwk }, last], "bad-signature"],
    ["a short signature", [{ ...first, signature: first.signature.subarray(1) }, last], "bad-signature-length"],
    ["sixty-six of them", Array(66).fill(first), "not-signed-form"],
  ])("%s", (_, signatures, code) => {
    expect(outcomeOf(encodeEntry(payloadBytes, signatures))).toBe(code);
  });

  test("the mirror signature is right but for its S", () => {
    const mirrored = highS(first);
    expect(isLowS(mirrored.signature)).toBe(false);
    expect(nativeCrypto.verify(author.jwk, signingInput(entryTyp, payloadBytes, author.jwk, author.kid), mirrored.signature)).toBe(true);
  });

  test("an unknown key", () => {
    expect(outcomeOf(entryOf({ signers: [other.kid] }, [other]))).toBe("unknown-key");
  });

  test("an entry of another chain", () => {
    expect(outcomeOf(entryOf({ chain: "00".repeat(32) }))).toBe("entry-of-another-chain");
    expect(outcomeOf(entryOf({ chain: "genesis" }))).toBe("entry-of-another-chain");
  });
});

describe("the byte form is refused for", () => {
  const source = text(entryOf());
  const header = protectedHeader(entryTyp, author.jwk, author.kid);

  test.each([
    ["white space", source.replace('"signatures":', ' "signatures":'), "not-signed-form"],
    ["an unprotected header", source.replace('{"protected"', '{"header":{},"protected"'), "not-signed-form"],
    ["a surplus member", source.replace(/\}$/, ',"x":1}'), "not-signed-form"],
    ["a trailing line", `${source}\n`, "not-signed-form"],
    ["flattened serialisation", '{"payload":"e30","protected":"e30","signature":"AA"}', "not-signed-form"],
    ["padding", source.replace('","signatures"', '=","signatures"'), "not-signed-form"],
    ["another typ", source.replaceAll(toBase64url(utf8(header)), toBase64url(utf8(header.replace("entry", "header")))), "wrong-typ"],
    [
      "a header with crit",
      source.replaceAll(toBase64url(utf8(header)), toBase64url(utf8(header.replace("{", '{"crit":[],')))),
      "bad-header",
    ],
    ["alg none", source.replaceAll(toBase64url(utf8(header)), toBase64url(utf8(header.replace("ES256", "none")))), "bad-header"],
  ])("%s", (_, changed, code) => {
    expect(changed).not.toBe(source);
    expect(outcomeOf(utf8(changed))).toBe(code);
  });

  test("more than 65,535 bytes", () => {
    expect(outcomeOf(entryOf({ operations: [{ contract: "c", operation: "o", arguments: { text: "x".repeat(60_000) } }] }))).toBe(
      "too-large",
    );
  });

  test("malformed UTF-8", () => {
    expect(outcomeOf(Uint8Array.of(0xff))).toBe("invalid-utf8");
  });
});

test("parseEntry answers a refusal for any bytes and never throws", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(parseEntry(bytes, nativeCrypto)).toHaveProperty("refused");
    }),
  );
});

test("entryIdOf depends on each part and on where one part ends", () => {
  const secret = new Uint8Array(32);
  const idOf = (...parts: string[]) => entryIdOf(secret, parts.map(utf8), nativeCrypto);
  expect(idOf("app", "key")).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set([idOf("app", "key"), idOf("ap", "pkey"), idOf("app"), idOf("key", "app")]).size).toBe(4);
});
