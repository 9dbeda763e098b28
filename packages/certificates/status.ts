import { type Crypto, canonical, fromBase64url, isJsonObject, type Json, type PublicJwk, toBase64url, utf8 } from "@vermilion/ledger";
import { type Refusal, refusal } from "./refusal.ts";
import { type CertificateHeader, checkSignature, type JwsCode, parseJws } from "./sd-jwt.ts";

/** Status types (draft-ietf-oauth-status-list section 7.1). */
export const statusValues = { valid: 0, invalid: 1, suspended: 2 } as const;

export type StatusBits = 1 | 2 | 4 | 8;

/** A status list: `bits` a status, the first status in the lowest bits of the first byte (section 4.1). */
export interface StatusList {
  readonly bits: StatusBits;
  readonly bytes: Uint8Array;
}

/** zlib (RFC 1950) decompression of the host; undefined for bad data or a result over `bytesMax` (a small token must not become gigabytes). */
export type Inflate = (bytes: Uint8Array, bytesMax: number) => Uint8Array | undefined;
/** zlib (RFC 1950) compression of the host. */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

/** Statuses of one list of ours, at two bits: 256 KB before compression, and no place that tells whose it is. */
export const statusListLength = 1_048_576;

/** A million certificates at 2 bits are 250 KB. */
export const statusListBytesMax = 4 * 1024 * 1024;
const tokenLengthMax = 6 * 1024 * 1024;
export const statusListTyp = "statuslist+jwt";

/** A list of `count` statuses, all 0. */
export function newStatusList(bits: StatusBits, count: number): StatusList {
  return { bits, bytes: new Uint8Array(Math.ceil((count * bits) / 8)) };
}

/** Undefined where the index is outside the list. */
export function readStatus(list: StatusList, index: number): number | undefined {
  const byte = Number.isSafeInteger(index) && index >= 0 ? list.bytes[Math.floor((index * list.bits) / 8)] : undefined;
  return byte === undefined ? undefined : (byte >>> ((index * list.bits) % 8)) & (2 ** list.bits - 1);
}

/** A new list with one status changed. */
export function withStatus(list: StatusList, index: number, status: number): StatusList {
  const changed = { bits: list.bits, bytes: list.bytes.slice() };
  setStatus(changed, index, status);
  return changed;
}

/** Changes one status of the list itself, for its owner, who makes it of many changes. */
export function setStatus({ bits, bytes }: StatusList, index: number, status: number): void {
  const mask = 2 ** bits - 1;
  const at = Math.floor((index * bits) / 8);
  if (!(Number.isSafeInteger(index) && index >= 0 && at < bytes.length && Number.isInteger(status) && status >= 0 && status <= mask))
    throw new RangeError("no such index or status in this list");
  const shift = (index * bits) % 8;
  bytes[at] = ((bytes[at] ?? 0) & ~(mask << shift)) | (status << shift);
}

/** Claims of a status list token besides the list (section 5.1). Times in seconds. */
export type StatusListClaims = {
  /** The URI of the list, equal to `uri` in the certificates that refer to it. */
  readonly sub: string;
  readonly iat: number;
  readonly exp?: number;
  /** Seconds that a copy may be used before a new one is fetched. */
  readonly ttl?: number;
};

/** The bytes that the status key signs; `issuerSignedJws` makes the token of them and the signature. */
export function statusListInput(claims: StatusListClaims, list: StatusList, header: CertificateHeader, deflate: Deflate): Uint8Array {
  const payload = { ...claims, status_list: { bits: list.bits, lst: toBase64url(deflate(list.bytes)) } };
  const protectedHeader = { alg: header.alg, kid: header.kid, typ: statusListTyp };
  return utf8(`${toBase64url(canonical(protectedHeader))}.${toBase64url(canonical(payload))}`);
}

export type StatusListCode = JwsCode | "bad-status-list" | "other-status-list";

export interface VerifiedStatusList {
  readonly claims: StatusListClaims;
  readonly list: StatusList;
}

/** Verifies a status list token (section 8.3): type, signature, that it is the list asked for. Time is judged by the caller. */
export function verifyStatusList(
  token: string,
  uri: string,
  { key, crypto, inflate }: { readonly key: PublicJwk; readonly crypto: Crypto; readonly inflate: Inflate },
): VerifiedStatusList | Refusal<StatusListCode> {
  const jws = token.length <= tokenLengthMax ? parseJws(token, tokenLengthMax) : undefined;
  if (jws === undefined) return badList();
  const bad = checkSignature(jws, statusListTyp, key, crypto);
  if (bad !== undefined) return bad;
  const { sub, iat, exp, ttl, status_list } = jws.claims;
  if (typeof sub !== "string" || !isTime(iat) || (exp !== undefined && !isTime(exp)) || (ttl !== undefined && !isTime(ttl)))
    return badList();
  if (sub !== uri) return refusal("other-status-list", "状态列表不是证照所指的那一份", "the token is of another list");
  const list = readList(status_list, inflate);
  if (list === undefined) return badList();
  return { claims: { sub, iat, ...(exp === undefined ? {} : { exp }), ...(ttl === undefined ? {} : { ttl }) }, list };
}

function readList(value: Json | undefined, inflate: Inflate): StatusList | undefined {
  if (!isJsonObject(value)) return undefined;
  const { bits, lst } = value;
  if (bits !== 1 && bits !== 2 && bits !== 4 && bits !== 8) return undefined;
  const compressed = typeof lst === "string" ? fromBase64url(lst) : undefined;
  const bytes = compressed && inflate(compressed, statusListBytesMax);
  return bytes && { bits, bytes };
}

function isTime(value: Json | undefined): value is number {
  return typeof value === "number" && value >= 0;
}

function badList(): Refusal<"bad-status-list"> {
  return refusal("bad-status-list", "状态列表格式不正确", "the status list token is malformed");
}
