import {
  type Crypto,
  canonical,
  canonicalText,
  concat,
  fromBase64url,
  isJsonObject,
  type Json,
  type JsonObject,
  parseCanonical,
  toBase64url,
  toHex,
  utf8,
} from "@vermilion/ledger";
import { type Refusal, refusal } from "./refusal.ts";
import { fieldKeyBytes } from "./sealing.ts";

/** What a grant is for. A JWE made for one context opens in no other. */
export type GrantContext = {
  /** Chain id, hex. */
  readonly chain: string;
  /** GB/T 36904 identifier. */
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  /** Field names; order does not matter, they are sorted wherever they are hashed or written. */
  readonly fields: readonly string[];
  /** Transaction hash (hex) of the request that is granted. */
  readonly request: string;
  /** Member id. */
  readonly reader: string;
};

/** An ephemeral P-256 key (RFC 7518 section 4.6.1.1). */
export type EphemeralKey = {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
};

/** Protected header of a grant's JWE (flattened or single-recipient general serialisation; nothing stands unprotected). */
export type GrantHeader = {
  readonly alg: "ECDH-ES+A256KW";
  readonly apv: string;
  readonly enc: "A256GCM";
  readonly epk: EphemeralKey;
  readonly grant: GrantContext;
  /** Thumbprint of the reader's agreement key. */
  readonly kid: string;
  readonly typ: typeof grantTyp;
};

export const grantTyp = "vermilion-grant+json";
const COORDINATE = /^[A-Za-z0-9_-]{43}$/;

/** The context in its one form: known members only, fields sorted by UTF-16 units. */
export function normalGrantContext({ chain, certificate, version, part, fields, request, reader }: GrantContext): GrantContext {
  return { chain, certificate, version, part, fields: [...new Set(fields)].sort(), request, reader };
}

/** SHA-256 (hex) with its own prefix over the canonical context. */
export function grantContextHash(context: GrantContext, crypto: Crypto): string {
  return toHex(contextDigest(context, crypto));
}

/** `apv` (RFC 7518 section 4.6.1.3): base64url of the context hash; it goes into the key derivation itself. */
export function apv(context: GrantContext, crypto: Crypto): string {
  return toBase64url(contextDigest(context, crypto));
}

function contextDigest(context: GrantContext, crypto: Crypto): Uint8Array {
  return crypto.sha256(concat(utf8("vermilion-grant/v1\n"), canonical(contextJson(context))));
}

function contextJson(context: GrantContext): JsonObject {
  return { ...normalGrantContext(context) };
}

export function jweProtectedHeader(context: GrantContext, kid: string, epk: EphemeralKey, crypto: Crypto): GrantHeader {
  const { kty, crv, x, y } = epk;
  return {
    alg: "ECDH-ES+A256KW",
    apv: apv(context, crypto),
    enc: "A256GCM",
    epk: { kty, crv, x, y },
    grant: normalGrantContext(context),
    kid,
    typ: grantTyp,
  };
}

/**
 * Compares the decoded protected header of a JWE with what the entry says, before any key is touched: exactly these members, exactly this
 * context, key and `apv`. Answers the ephemeral key. Whether that is a point of the curve is the key agreement's to check.
 */
export function checkGrantHeader(
  header: Json,
  expected: GrantContext,
  kid: string,
  crypto: Crypto,
): { readonly epk: EphemeralKey } | Refusal<"wrong-grant"> {
  const bad = refusal("wrong-grant", "密钥包不是为此授权制作的", "the wrapped keys were made for another grant");
  if (!isJsonObject(header) || !isJsonObject(header.epk)) return bad;
  const { kty, crv, x, y } = header.epk;
  if (kty !== "EC" || crv !== "P-256" || typeof x !== "string" || typeof y !== "string") return bad;
  if (!COORDINATE.test(x) || !COORDINATE.test(y)) return bad;
  const epk: EphemeralKey = { kty, crv, x, y };
  const wanted = canonicalText(jweProtectedHeader(expected, kid, epk, crypto));
  return canonicalText(header) === wanted ? { epk } : bad;
}

/** Field keys (32 bytes each) by field name. */
export type GrantedKeys = { readonly [field: string]: Uint8Array };

/** Plaintext of the JWE: canonical `{"fields":{name: base64url key}}`. */
export function encodeGrantPlaintext(keys: GrantedKeys): Uint8Array {
  const fields = Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, toBase64url(key)]));
  return canonical({ fields });
}

/** The keys of exactly the fields of the context, no more and no fewer. */
export function parseGrantPlaintext(bytes: Uint8Array, context: GrantContext): GrantedKeys | Refusal<"bad-grant-plaintext"> {
  const bad = refusal("bad-grant-plaintext", "密钥包内容与授权的字段不符", "the wrapped keys are not those of the granted fields");
  const parsed = parseCanonical(bytes);
  if ("refused" in parsed || !isJsonObject(parsed.value) || Object.keys(parsed.value).join() !== "fields") return bad;
  const { fields } = parsed.value;
  if (!isJsonObject(fields)) return bad;
  const names = Object.keys(fields).sort();
  if (JSON.stringify(names) !== JSON.stringify(normalGrantContext(context).fields)) return bad;
  const keys = new Map<string, Uint8Array>();
  for (const name of names) {
    const value = fields[name];
    const key = typeof value === "string" ? fromBase64url(value) : undefined;
    if (key?.length !== fieldKeyBytes) return bad;
    keys.set(name, key);
  }
  return Object.fromEntries(keys);
}

/**
 * Concat KDF with SHA-256 (NIST SP 800-56A section 5.8.1, as RFC 7518 section 4.6.2 fills it). `z`: the raw ECDH secret; `algorithm`: for
 * `ECDH-ES+A256KW` that text itself; `apu`, `apv`: decoded bytes, empty where absent; `keyBits`: a multiple of 8.
 */
export function concatKdf(
  input: {
    readonly z: Uint8Array;
    readonly algorithm: string;
    readonly apu: Uint8Array;
    readonly apv: Uint8Array;
    readonly keyBits: number;
  },
  crypto: Crypto,
): Uint8Array {
  const otherInfo = concat(
    lengthAndValue(utf8(input.algorithm)),
    lengthAndValue(input.apu),
    lengthAndValue(input.apv),
    uint32(input.keyBits),
  );
  const rounds: Uint8Array[] = [];
  for (let counter = 1; (counter - 1) * 256 < input.keyBits; counter++) {
    rounds.push(crypto.sha256(concat(uint32(counter), input.z, otherInfo)));
  }
  return concat(...rounds).slice(0, input.keyBits / 8);
}

function lengthAndValue(bytes: Uint8Array): Uint8Array {
  return concat(uint32(bytes.length), bytes);
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
