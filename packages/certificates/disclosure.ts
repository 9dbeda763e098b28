import { type Crypto, canonical, fromBase64url, isJsonObject, type Json, parseStrict, toBase64url, utf8 } from "@vermilion/ledger";
import { type Refusal, refusal } from "./refusal.ts";

/** A disclosure of one object member (RFC 9901 section 4.2.1). `text` is what is hashed, sealed and handed over. */
export interface Disclosure {
  readonly text: string;
  readonly salt: string;
  readonly name: string;
  readonly value: Json;
}

/** RFC 9901 section 9.3: at least 128 bits of salt. */
export const saltBytes = 16;
/** A disclosure of 4,000 code points of four bytes each, in base64url, with room for its name. */
export const disclosureLengthMax = 24_000;

/**
 * Claims that always stand open (draft-ietf-oauth-sd-jwt-vc section 3.2.2.2 and ours): a field of such a name, hidden or shown as its
 * bearer likes, could pass for the claim.
 */
export const registeredClaims: readonly string[] = [
  "iss",
  "sub",
  "aud",
  "exp",
  "nbf",
  "iat",
  "jti",
  "cnf",
  "vct",
  "status",
  "part",
  "_sd_alg",
];

/** RFC 9901 section 4.2.1. `salt`: 16 random bytes of the caller. The name must not be `_sd` or `...` (a bug of the caller). */
export function disclosure(salt: Uint8Array, name: string, value: Json): Disclosure {
  if (salt.length !== saltBytes) throw new RangeError("a salt has 16 bytes");
  if (name === "_sd" || name === "...") throw new RangeError("a field cannot have this name");
  const saltText = toBase64url(salt);
  return { text: toBase64url(canonical([saltText, name, value])), salt: saltText, name, value };
}

/** RFC 9901 section 4.2.3: over the ASCII of the base64url text, not over the decoded JSON. */
export function digest(disclosureText: string, crypto: Crypto): string {
  return toBase64url(crypto.sha256(utf8(disclosureText)));
}

/**
 * Takes a disclosure of anyone's making: white space is allowed, array elements (two-part disclosures) and values that hide further
 * digests are not, because our certificates are flat (RFC 9901 section 7.1 steps 3.c.ii.2–3).
 */
export function parseDisclosure(text: string): Disclosure | Refusal<"bad-disclosure"> {
  const bad = refusal("bad-disclosure", "披露项格式不正确", "a disclosure is not [salt, name, value]");
  const bytes = text.length <= disclosureLengthMax ? fromBase64url(text) : undefined;
  const parsed = bytes && parseStrict(bytes, { bytesMax: disclosureLengthMax, depthMax: 8 });
  if (parsed === undefined || "refused" in parsed || !Array.isArray(parsed.value) || parsed.value.length !== 3) return bad;
  const [salt, name, value]: readonly (Json | undefined)[] = parsed.value;
  if (
    value === undefined ||
    typeof salt !== "string" ||
    typeof name !== "string" ||
    name === "_sd" ||
    name === "..." ||
    hidesDigests(value)
  )
    return bad;
  return { text, salt, name, value };
}

/** Whether a value has `_sd` or `...` members at any depth. */
export function hidesDigests(value: Json): boolean {
  if (Array.isArray(value)) return value.some(hidesDigests);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([key, member]) => key === "_sd" || key === "..." || hidesDigests(member));
}
