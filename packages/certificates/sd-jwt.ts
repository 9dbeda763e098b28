import {
  algorithmOf,
  type Crypto,
  canonical,
  fromBase64url,
  isJsonObject,
  isLowS,
  type Json,
  type JsonObject,
  type PublicJwk,
  parsePublicJwk,
  parseStrict,
  type SignatureAlgorithm,
  text as textOf,
  thumbprint,
  toBase64url,
  toHex,
  utf8,
} from "@vermilion/ledger";
import { type Disclosure, digest, hidesDigests, parseDisclosure, registeredClaims } from "./disclosure.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** `status` claim (draft-ietf-oauth-status-list section 6.1). */
export type StatusReference = {
  readonly status_list: { readonly idx: number; readonly uri: string };
};

/** What stands open in the issuer-signed part of our certificates (draft-ietf-oauth-sd-jwt-vc section 3.2.2). */
export type CertificateClaims = {
  /** `urn:vermilion:type:<id>:<version>`, see `typeUrn`. */
  readonly vct: string;
  /** `<consortium name>/<member id>` of the issuer of this part. */
  readonly iss: string;
  /** Seconds since 1970 (RFC 7519 NumericDate). */
  readonly iat: number;
  readonly exp?: number;
  /** GB/T 36904 identifier. */
  readonly jti: string;
  readonly part: string;
  readonly sub?: string;
  readonly cnf?: { readonly jwk: PublicJwk };
  readonly status?: StatusReference;
};

export type CertificateHeader = {
  readonly alg: SignatureAlgorithm;
  /** Thumbprint (RFC 7638) of the issuer's sign key. */
  readonly kid: string;
};

/** An SD-JWT taken apart; nothing is verified yet. */
export interface SdJwt {
  /** The issuer-signed JWT: the part that stands on the ledger. */
  readonly jws: string;
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
  readonly disclosures: readonly Disclosure[];
  /** Key binding JWT of a holder (RFC 9901 section 4.3), if there is one. */
  readonly keyBinding?: string;
}

export type SdJwtCode =
  | "bad-sd-jwt"
  | "bad-disclosure"
  | "wrong-typ"
  | "wrong-alg"
  | "unknown-crit"
  | "wrong-kid"
  | "high-s"
  | "bad-signature"
  | "unknown-sd-alg"
  | "bad-claims"
  | "nested-disclosure"
  | "duplicate-digest"
  | "disclosure-not-in-sd"
  | "claim-clash"
  | "unexpected-key-binding";

export type SdJwtVerdict =
  | { readonly holds: true; readonly claims: CertificateClaims; readonly fields: JsonObject; readonly sdJwt: SdJwt }
  | ({ readonly holds: false } & Refusal<SdJwtCode>);

export const sdJwtTyp = "dc+sd-jwt";
/** A whole presentation: 200 fields of the longest kind would not fit an attachment either. */
export const sdJwtLengthMax = 1024 * 1024;
const claimsBytesMax = 64 * 1024;

export function typeUrn(id: string, version: number): string {
  return `urn:vermilion:type:${id}:${version}`;
}

/** The type id and version of a `vct`, or undefined where it is not one of ours. */
export function parseTypeUrn(vct: string): { readonly id: string; readonly version: number } | undefined {
  const match = /^urn:vermilion:type:([a-z][a-z0-9-]{0,63}):([1-9][0-9]{0,2})$/.exec(vct);
  return match?.[1] === undefined ? undefined : { id: match[1], version: Number(match[2]) };
}

/**
 * The bytes that the issuer's key signs (RFC 7515 section 5.1). `digests` are those of all disclosures, decoys if any included; they are
 * sorted here so that their order tells nothing of the fields' (RFC 9901 section 4.2.4.1).
 */
export function issuerSignedInput(claims: CertificateClaims, digests: readonly string[], header: CertificateHeader): Uint8Array {
  const sorted = [...digests].sort();
  if (sorted.some((each, at) => each === sorted[at - 1])) throw new RangeError("two disclosures have one digest");
  const payload = { ...claims, _sd: sorted, _sd_alg: "sha-256" };
  const protectedHeader = { alg: header.alg, kid: header.kid, typ: sdJwtTyp };
  return utf8(`${toBase64url(canonical(protectedHeader))}.${toBase64url(canonical(payload))}`);
}

/** The compact JWS of a signed input; `signature` is 64 bytes (ES256 r‖s, or Ed25519). */
export function issuerSignedJws(signedInput: Uint8Array, signature: Uint8Array): string {
  return `${textOf(signedInput)}.${toBase64url(signature)}`;
}

/** `<jws>~<disclosure>~…~` (RFC 9901 section 4), without key binding. */
export function assemble(jws: string, disclosures: readonly string[]): string {
  return [jws, ...disclosures, ""].join("~");
}

/** SHA-256 (hex) of the issuer-signed JWT: the public look-up key of a certificate, the same whatever is disclosed with it. */
export function issuerSignedHash(jws: string, crypto: Crypto): string {
  return toHex(crypto.sha256(utf8(jws)));
}

/** Takes an SD-JWT apart (RFC 9901 section 4; strict base64url, JSON without duplicate keys). Verifies nothing. */
export function parseSdJwt(text: string): SdJwt | Refusal<"bad-sd-jwt" | "bad-disclosure"> {
  if (text.length > sdJwtLengthMax) return refusal("bad-sd-jwt", "SD-JWT过长", "the SD-JWT is too long");
  const [jws = "", ...rest] = text.split("~");
  const keyBinding = rest.pop();
  if (keyBinding === undefined) return refusal("bad-sd-jwt", "缺少结尾的“~”", "an SD-JWT has at least one ~");
  const parsed = parseJws(jws);
  if (parsed === undefined)
    return refusal("bad-sd-jwt", "签发部分不是有效的JWS", "the issuer-signed part is not a compact JWS of JSON objects");
  const disclosures: Disclosure[] = [];
  for (const part of rest) {
    const each = parseDisclosure(part);
    if ("refused" in each) return each;
    disclosures.push(each);
  }
  return { jws, ...parsed, disclosures, ...(keyBinding === "" ? {} : { keyBinding }) };
}

/** A compact JWS whose payload is a JSON object; undefined for anything else. Also used for status list tokens. */
export function parseJws(jws: string, payloadBytesMax = claimsBytesMax): Omit<SdJwt, "jws" | "disclosures" | "keyBinding"> | undefined {
  const [headerText = "", payloadText = "", signatureText = "", ...more] = jws.split(".");
  const signature = fromBase64url(signatureText);
  const header = parseObject(headerText, 4096);
  const claims = parseObject(payloadText, payloadBytesMax);
  if (more.length > 0 || signature?.length !== 64 || header === undefined || claims === undefined) return undefined;
  return { header, claims, signature, signingInput: utf8(`${headerText}.${payloadText}`) };
}

function parseObject(encoded: string, bytesMax: number): JsonObject | undefined {
  const bytes = encoded.length <= 2 * bytesMax ? fromBase64url(encoded) : undefined;
  const parsed = bytes && parseStrict(bytes, { bytesMax, depthMax: 8 });
  return parsed !== undefined && !("refused" in parsed) && isJsonObject(parsed.value) ? parsed.value : undefined;
}

/**
 * Verifies the issuer's signature and every disclosure (RFC 9901 section 7.1, without key binding). `lowS` asks for the one form of an
 * ES256 signature that the ledger stores; certificates from elsewhere may have the other. Time and status are judged in verify.ts.
 */
export function verifySdJwt(
  text: string,
  { key, crypto, lowS = false }: { readonly key: PublicJwk; readonly crypto: Crypto; readonly lowS?: boolean },
): SdJwtVerdict {
  const sdJwt = parseSdJwt(text);
  if ("refused" in sdJwt) return { holds: false, ...sdJwt };
  if (sdJwt.keyBinding !== undefined) {
    return fails("unexpected-key-binding", "含有此处不核验的密钥绑定", "holds a key binding that is not judged here");
  }
  const bad = checkSignature(sdJwt, sdJwtTyp, key, crypto) ?? (lowS && !hasLowS(sdJwt) ? highS() : undefined);
  if (bad !== undefined) return { holds: false, ...bad };
  const claims = readClaims(sdJwt.claims);
  if (claims === undefined) return fails("bad-claims", "签发部分的声明不完整或格式不正确", "a claim is missing or malformed");
  const fields = disclosedFields(sdJwt, crypto);
  if ("refused" in fields) return { holds: false, ...fields };
  return { holds: true, claims, fields: fields.fields, sdJwt };
}

function fails(code: SdJwtCode, zh: string, en: string): SdJwtVerdict {
  return { holds: false, ...refusal(code, zh, en) };
}

function highS(): Refusal<"high-s"> {
  return refusal("high-s", "签名的S值不是低值形式", "the signature has a high S");
}

function hasLowS(sdJwt: SdJwt): boolean {
  return sdJwt.header.alg !== "ES256" || isLowS(sdJwt.signature);
}

export type JwsCode = "wrong-typ" | "wrong-alg" | "unknown-crit" | "wrong-kid" | "bad-signature";

/** Header and signature of a compact JWS under one key: the algorithm is the key's, never the header's choice (RFC 8725 section 3.1). */
export function checkSignature(
  jws: Pick<SdJwt, "header" | "signingInput" | "signature">,
  typ: string,
  key: PublicJwk,
  crypto: Crypto,
): undefined | Refusal<JwsCode> {
  const { header } = jws;
  if (header.typ !== typ) return refusal("wrong-typ", `typ应为${typ}`, `typ must be ${typ}`);
  if (header.alg !== algorithmOf(key)) return refusal("wrong-alg", "签名算法与密钥不符", "alg is not the algorithm of the key");
  // RFC 7515 section 4.1.11: an extension that must be understood is refused by whoever does not.
  if (header.crit !== undefined) return refusal("unknown-crit", "含有不支持的crit扩展", "holds a critical extension");
  if (header.kid !== undefined && header.kid !== thumbprint(key, crypto)) {
    return refusal("wrong-kid", "由另一把密钥签发", "kid names another key");
  }
  if (!crypto.verify(key, jws.signingInput, jws.signature)) return refusal("bad-signature", "签名不正确", "the signature is wrong");
  return undefined;
}

/** RFC 9901 section 7.1 step 3: every digest once, every disclosure in `_sd`, no name twice. */
function disclosedFields(sdJwt: SdJwt, crypto: Crypto): { readonly fields: JsonObject } | Refusal<SdJwtCode> {
  const { _sd, _sd_alg, ...open } = sdJwt.claims;
  // Section 4.1.1: sha-256 is meant where the claim is absent.
  if (_sd_alg !== undefined && _sd_alg !== "sha-256") return refusal("unknown-sd-alg", "不支持的_sd_alg", "_sd_alg is not sha-256");
  if (hidesDigests(open)) return refusal("nested-disclosure", "不支持嵌套披露", "nested digests are not supported");
  const digests = _sd === undefined ? [] : _sd;
  if (!Array.isArray(digests) || digests.some((each) => typeof each !== "string")) {
    return refusal("bad-claims", "_sd应为字符串数组", "_sd must be an array of strings");
  }
  const listed = new Set<Json>(digests);
  if (listed.size < digests.length) return refusal("duplicate-digest", "_sd中有重复的摘要", "a digest stands twice in _sd");
  const used = new Set<string>();
  const fields = new Map<string, Json>();
  for (const each of sdJwt.disclosures) {
    const own = digest(each.text, crypto);
    if (!listed.has(own)) return refusal("disclosure-not-in-sd", "披露项的摘要不在_sd中", "a disclosure is not in _sd");
    if (used.has(own)) return refusal("duplicate-digest", "披露项重复", "a disclosure stands twice");
    if (Object.hasOwn(sdJwt.claims, each.name) || fields.has(each.name) || registeredClaims.includes(each.name)) {
      return refusal("claim-clash", "披露项与声明同名", "a disclosed name is that of a claim or stands twice");
    }
    used.add(own);
    fields.set(each.name, each.value);
  }
  // Object.fromEntries defines own properties, so `__proto__` is a name like any other.
  return { fields: Object.fromEntries(fields) };
}

/** Whether a disclosure counts for a certificate: only if its digest is in `_sd` (the one question a reader of a grant asks). */
export function disclosureCounts(disclosureText: string, claims: JsonObject, crypto: Crypto): boolean {
  return Array.isArray(claims._sd) && claims._sd.includes(digest(disclosureText, crypto));
}

/** Our claims out of a payload; undefined where one is missing or malformed. `jti` and `part` are ours: without them it is not ours. */
export function readClaims(payload: JsonObject): CertificateClaims | undefined {
  const { vct, iss, iat, exp, jti, part, sub, cnf, status } = payload;
  if (!isText(vct) || !isText(iss) || !isText(jti) || !isText(part) || !isSeconds(iat)) return undefined;
  if ((exp !== undefined && !isSeconds(exp)) || (sub !== undefined && !isText(sub))) return undefined;
  const jwk = isJsonObject(cnf) ? parsePublicJwk(cnf.jwk) : undefined;
  const list = isJsonObject(status) ? readStatusReference(status) : undefined;
  if ((cnf !== undefined && jwk === undefined) || (status !== undefined && list === undefined)) return undefined;
  return {
    vct,
    iss,
    iat,
    jti,
    part,
    ...(exp === undefined ? {} : { exp }),
    ...(sub === undefined ? {} : { sub }),
    ...(jwk === undefined ? {} : { cnf: { jwk } }),
    ...(list === undefined ? {} : { status: list }),
  };
}

function isText(value: Json | undefined): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 512;
}

function isSeconds(value: Json | undefined): value is number {
  return typeof value === "number" && value >= 0 && value <= 253_402_300_799;
}

function readStatusReference(status: JsonObject): StatusReference | undefined {
  const list = status.status_list;
  if (!isJsonObject(list)) return undefined;
  const { idx, uri } = list;
  return typeof idx === "number" && idx >= 0 && isText(uri) ? { status_list: { idx, uri } } : undefined;
}

/** The same certificate with only these fields disclosed (RFC 9901 section 7.2), in the order asked. */
export function present(text: string, fields: readonly string[]): string | Refusal<"bad-sd-jwt" | "bad-disclosure" | "not-disclosed"> {
  const sdJwt = parseSdJwt(text);
  if ("refused" in sdJwt) return sdJwt;
  const chosen: string[] = [];
  for (const name of new Set(fields)) {
    const found = sdJwt.disclosures.find((each) => each.name === name);
    if (found === undefined) return refusal("not-disclosed", `没有字段${name}的披露项`, `there is no disclosure of ${name}`);
    chosen.push(found.text);
  }
  return assemble(sdJwt.jws, chosen);
}
