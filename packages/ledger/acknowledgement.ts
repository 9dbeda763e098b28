import type { Crypto, PublicJwk } from "./crypto.ts";
import { type Hash, hashOf, parseHash } from "./hash.ts";
import { canonical, isJsonObject, type Json, type JsonCode, parseCanonical } from "./json.ts";
import { hasMembers, isNatural } from "./names.ts";
import {
  encodeSigned,
  type NewSignature,
  parseSigned,
  type SignatureRefusal,
  type SignedCode,
  type StoredSignature,
  verifySigned,
} from "./signed.ts";

export const acknowledgementTyp = "vermilion-ack+json";
export const acknowledgementBytesMax = 2_048;

/** A member's statement that it holds the block of header `header` at (term, height); signed by its sign key. */
export type AcknowledgementPayload = {
  readonly chain: string;
  readonly term: number;
  readonly height: number;
  /** Header hash, hex. */
  readonly header: string;
};

export type ParsedAcknowledgement = {
  readonly bytes: Uint8Array;
  readonly payload: AcknowledgementPayload;
  readonly acknowledgementHash: Hash;
  readonly signature: StoredSignature;
};

export type AcknowledgementCode = JsonCode | SignedCode | "invalid-field" | "missing-signature" | "surplus-signature";
export type AcknowledgementRefusal = {
  readonly refused: AcknowledgementCode;
  readonly detail: string;
};

/** More than half of `members`: enough that two such sets share one. */
export function majority(members: number): number {
  return Math.floor(members / 2) + 1;
}

/** The bytes that the member signs. */
export function encodeAcknowledgementPayload(payload: AcknowledgementPayload): Uint8Array {
  return canonical(payload);
}

export function encodeAcknowledgement(payloadBytes: Uint8Array, signature: NewSignature): Uint8Array {
  return encodeSigned(acknowledgementTyp, payloadBytes, [signature]);
}

/** Form alone; `checkAcknowledgement` looks at the signature. */
export function parseAcknowledgement(bytes: Uint8Array, crypto: Crypto): ParsedAcknowledgement | AcknowledgementRefusal {
  const signed = parseSigned(bytes, acknowledgementTyp, acknowledgementBytesMax);
  if ("refused" in signed) return signed;
  const [signature, ...surplus] = signed.signatures;
  if (signature === undefined)
    return {
      refused: "missing-signature",
      detail: "an acknowledgement has one signature",
    };
  if (surplus.length > 0)
    return {
      refused: "surplus-signature",
      detail: "an acknowledgement has one signature",
    };
  const parsed = parseCanonical(signed.payload);
  if ("refused" in parsed) return parsed;
  if (!isPayload(parsed.value))
    return {
      refused: "invalid-field",
      detail: "not exactly chain, term, height, header",
    };
  return {
    bytes,
    payload: parsed.value,
    acknowledgementHash: hashOf(bytes, crypto),
    signature,
  };
}

export function checkAcknowledgement(
  acknowledgement: ParsedAcknowledgement,
  memberKey: PublicJwk | undefined,
  crypto: Crypto,
): SignatureRefusal | undefined {
  return verifySigned(acknowledgement.signature, memberKey, crypto);
}

function isPayload(value: Json): value is AcknowledgementPayload {
  if (!isJsonObject(value) || !hasMembers(value, ["chain", "term", "height", "header"])) return false;
  const { chain, term, height, header } = value;
  return parseHash(chain) !== undefined && isNatural(term) && isNatural(height) && parseHash(header) !== undefined;
}
