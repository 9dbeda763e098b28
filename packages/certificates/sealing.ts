import {
  type Crypto,
  canonical,
  concat,
  fromBase64url,
  isJsonObject,
  type Json,
  parseCanonical,
  text,
  toBase64url,
  toHex,
  utf8,
} from "@vermilion/ledger";
import type { TypeField } from "./certificate-type.ts";
import { type Disclosure, disclosureLengthMax, parseDisclosure, saltBytes } from "./disclosure.ts";
import { hkdfSha256 } from "./hkdf.ts";
import { type Refusal, refusal } from "./refusal.ts";

/** Where a field stands. `certificate`: the GB/T 36904 identifier; `version`: the certificate's (1 to 999). */
export interface FieldPlace {
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  readonly field: string;
}

/** What the encryption of a field is bound to. `schemaHash`: hex, of the part (certificate-type.ts). */
export interface SealContext extends FieldPlace {
  readonly schemaHash: string;
}

export const recordKeyBytes = 32;
export const fieldKeyBytes = 32;
export const nonceBytes = 12;
const tagBytes = 16;
const stepBytes = 64;

/** The key of one field of one certificate version, from the record key that stays with its owner (HKDF, RFC 5869). 32 bytes. */
export function fieldKey(recordKey: Uint8Array, place: FieldPlace, crypto: Crypto): Uint8Array {
  if (recordKey.length !== recordKeyBytes) throw new RangeError("a record key has 32 bytes");
  const info = canonical(placeOf(place));
  return hkdfSha256({ key: recordKey, salt: utf8("vermilion-field-key/v1"), info, length: fieldKeyBytes }, crypto);
}

/**
 * Hex; what the entry says of a field key before anybody gets it. AES-GCM does not commit to its key (one ciphertext can open to two texts
 * under two keys), so a reader compares the key he was given with this first.
 */
export function commitment(key: Uint8Array, crypto: Crypto): string {
  if (key.length !== fieldKeyBytes) throw new RangeError("a field key has 32 bytes");
  return toHex(crypto.sha256(concat(utf8("vermilion-field-key-commitment/v1\n"), key)));
}

/** Pads with 80 00 … 00 (ISO/IEC 7816-4) to exactly `length` bytes, which must leave room for the 80. */
export function pad(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length >= length) throw new RangeError("no room for the padding");
  const padded = new Uint8Array(length);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  return padded;
}

/** Undefined where there is no 80 00 … 00 at the end. */
export function unpad(padded: Uint8Array): Uint8Array | undefined {
  let end = padded.length;
  while (end > 0 && padded[end - 1] === 0) end--;
  return end > 0 && padded[end - 1] === 0x80 ? padded.slice(0, end - 1) : undefined;
}

/**
 * Bytes of the padded plaintext of a field: the next multiple of 64; for an enumeration, a boolean or an integer with both bounds that of
 * its longest possible disclosure, so that the length of the ciphertext does not tell "yes" from "no".
 */
export function paddedLength(field: Pick<TypeField, "name" | "schema">, disclosureLength: number): number {
  const longest = longestDisclosure(field);
  const length = Math.max(disclosureLength, longest ?? 0);
  return Math.ceil((length + 1) / stepBytes) * stepBytes;
}

/** Length of the longest disclosure of a field with few values; undefined for all others. */
function longestDisclosure({ name, schema }: Pick<TypeField, "name" | "schema">): number | undefined {
  const values = possibleValues(schema);
  if (values === undefined) return undefined;
  const salt = toBase64url(new Uint8Array(saltBytes));
  return Math.max(...values.map((value) => base64urlLength(canonical([salt, name, value]).length)));
}

/** All values of a field with few of them, or those that are longest to write. */
function possibleValues(schema: TypeField["schema"]): readonly Json[] | undefined {
  if (schema.type === "boolean") return [true, false];
  if (schema.enum !== undefined) return schema.enum;
  if (schema.type === "integer" && schema.minimum !== undefined && schema.maximum !== undefined) return [schema.minimum, schema.maximum];
  return undefined;
}

function base64urlLength(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}

export interface SealInput {
  /** Text of a disclosure of `field` (disclosure.ts). */
  readonly disclosure: string;
  readonly field: Pick<TypeField, "name" | "schema">;
  readonly key: Uint8Array;
  /** 12 random bytes, or any that this field key has not been used with. */
  readonly nonce: Uint8Array;
  readonly context: SealContext;
}

/** nonce ‖ AES-256-GCM ciphertext of the padded disclosure ‖ tag; the associated data is `sealContextBytes`. */
export function sealDisclosure({ disclosure, field, key, nonce, context }: SealInput, crypto: Crypto): Uint8Array {
  if (nonce.length !== nonceBytes) throw new RangeError("a nonce has 12 bytes");
  if (field.name !== context.field || parsedName(disclosure) !== context.field) throw new RangeError("the disclosure is of another field");
  const padded = pad(utf8(disclosure), paddedLength(field, disclosure.length));
  return concat(nonce, crypto.sealAes256Gcm(key, nonce, sealContextBytes(context), padded));
}

function parsedName(disclosure: string): string | undefined {
  const parsed = parseDisclosure(disclosure);
  return "refused" in parsed ? undefined : parsed.name;
}

export type OpenCode = "wrong-key" | "cannot-open" | "bad-padding" | "bad-disclosure" | "other-field";

export interface OpenInput {
  readonly sealed: Uint8Array;
  readonly key: Uint8Array;
  /** What the entry committed to (hex); the key must match it. */
  readonly commitment: string;
  readonly context: SealContext;
}

/**
 * Opens a field. The result still counts only if its digest is in `_sd` of the certificate (`disclosureCounts`). A key that is not the one
 * the entry committed to, a changed byte, another certificate, version, part, field or schema are refused.
 */
export function openDisclosure({ sealed, key, commitment: committed, context }: OpenInput, crypto: Crypto): Disclosure | Refusal<OpenCode> {
  if (key.length !== fieldKeyBytes || commitment(key, crypto) !== committed) {
    return refusal("wrong-key", "密钥与链上承诺不符", "the key is not the one that was committed to");
  }
  if (!isSealedLength(sealed.length)) return refusal("cannot-open", "密文长度不正确", "the ciphertext has an impossible length");
  const padded = crypto.openAes256Gcm(key, sealed.slice(0, nonceBytes), sealContextBytes(context), sealed.slice(nonceBytes));
  if (padded === undefined) return refusal("cannot-open", "密文被改动或不属于此字段", "the ciphertext was altered or belongs elsewhere");
  const bytes = unpad(padded);
  if (bytes === undefined) return refusal("bad-padding", "填充不正确", "the padding is malformed");
  const disclosure = bytes.every((byte) => byte < 0x80) ? parseDisclosure(text(bytes)) : undefined;
  if (disclosure === undefined || "refused" in disclosure) return refusal("bad-disclosure", "披露项格式不正确", "holds no disclosure");
  if (disclosure.name !== context.field) return refusal("other-field", "披露项属于另一字段", "the disclosure is of another field");
  return disclosure;
}

/** Associated data: names everything that a ciphertext must not be moved between. */
export function sealContextBytes(context: SealContext): Uint8Array {
  return canonical({ ...placeOf(context), schemaHash: context.schemaHash, v: "vermilion-field/v1" });
}

function placeOf({ certificate, version, part, field }: FieldPlace) {
  return { certificate, version, part, field };
}

function isSealedLength(length: number): boolean {
  const padded = length - nonceBytes - tagBytes;
  return padded >= stepBytes && padded % stepBytes === 0 && padded <= disclosureLengthMax + stepBytes;
}

/** The sealed fields of one part by field name. */
export type SealedDisclosures = { readonly [field: string]: Uint8Array };

/** The attachment that carries a part's ciphertexts: canonical JSON, base64url. */
export function encodeSealedDisclosures(sealed: SealedDisclosures): Uint8Array {
  return canonical(Object.fromEntries(Object.entries(sealed).map(([field, bytes]) => [field, toBase64url(bytes)])));
}

/** Inverse of `encodeSealedDisclosures`; checks the one form and that every length is one that padding gives. */
export function parseSealedDisclosures(bytes: Uint8Array): SealedDisclosures | Refusal<"bad-sealed-disclosures"> {
  const parsed = parseCanonical(bytes);
  if ("refused" in parsed || !isJsonObject(parsed.value)) {
    return refusal("bad-sealed-disclosures", "密文附件不是规范的JSON对象", "the attachment is not a canonical JSON object");
  }
  const sealed = new Map<string, Uint8Array>();
  for (const [field, value] of Object.entries(parsed.value)) {
    const each = typeof value === "string" ? fromBase64url(value) : undefined;
    if (each === undefined || !isSealedLength(each.length) || !/^[A-Za-z][A-Za-z0-9]{0,63}$/.test(field)) {
      return refusal("bad-sealed-disclosures", "密文附件中有格式不正确的字段", "a field of the attachment is malformed");
    }
    sealed.set(field, each);
  }
  return Object.fromEntries(sealed);
}
