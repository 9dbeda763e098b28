import { fieldsPerTypeMax, statusListLength } from "@vermilion/certificates";
import { type JsonObject, type PublicJwk, parsePublicJwk } from "@vermilion/ledger";
import * as z from "zod";

/** Shapes of the arguments that several operations share. All objects are strict; every text and every list has a limit. */

const CONTROL = /\p{Cc}/u;

/** What an operation is given, as its callers may write it. */
export type Given<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;

/** Any JSON object is readonly already, to whatever depth. */
type DeepReadonly<Value> = JsonObject extends Value
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
    : Value;

export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
export const memberId = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
export const address = z.string().regex(/^ver1[0-9a-f]{40}$/);
export const contractName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
/** Purpose, service item, basis, reason: codes of the consortium's catalogues, never free text, because every member reads them. */
export const code = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
export const typeId = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
/** Of a contract's rules. */
export const version = z.int().min(1).max(999);
export const typeVersion = z.int().min(1).max(999);
export const certificateVersion = z.int().min(1).max(999);
export const partId = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
/** As in a certificate type; `__proto__` is not of this form. */
export const fieldId = z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/);
export const certificateId = z.string().regex(/^[0-9A-Z.]{1,160}$/);
export const requestName = z.string().regex(/^[0-9a-f]{64}-(?:[0-9]|[1-5][0-9]|6[0-3])$/);
export const time = z.int().min(0);
export const height = z.int().min(0).max(999_999_999_999);

/** At least one, each once. */
export const fields = z
  .array(fieldId)
  .min(1)
  .max(fieldsPerTypeMax)
  .refine((list) => new Set(list).size === list.length, "each field once");

/** Commitment to each field key, hex. */
export const commitments = z
  .record(fieldId, sha256Hex)
  .refine((record) => Object.keys(record).length <= fieldsPerTypeMax, "too many fields");

/** A text without control characters, 1 to `max` UTF-16 code units. */
export function text(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !CONTROL.test(value), "no control characters");
}

export const names = z.strictObject({ zh: text(128), en: text(128) });
/** An app of a member, as entries name it. */
export const appIdForm = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** A slot in a status list. */
export const statusSlot = z.strictObject({
  list: z.int().min(0).max(999_999),
  index: z
    .int()
    .min(0)
    .max(statusListLength - 1),
});

/** What a caller's line of a bulk call is known by; made with a secret of its member, so that it says nothing to others. */
export const callKey = z.string().regex(/^[0-9a-f]{32}$/);

export const by = z.strictObject({ app: z.string().regex(appIdForm), operator: text(64) });

function jwk(holds: (key: PublicJwk) => boolean) {
  return z.custom<PublicJwk>((value) => {
    const key = parsePublicJwk(value);
    return key !== undefined && holds(key);
  });
}
export const publicJwk = jwk(() => true);
export const p256Jwk = jwk((key) => key.kty === "EC");
export const ed25519Jwk = jwk((key) => key.kty === "OKP");

const base64url = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/);
/** A signed object with one signature (general JWS JSON serialisation, RFC 7515 section 7.2.1). */
export const signedObject = z.strictObject({
  payload: base64url(4096),
  signatures: z.tuple([z.strictObject({ protected: base64url(512), signature: base64url(86) })]),
});

export type SignedObject = Given<typeof signedObject>;
