import type { Crypto, PublicJwk } from "./crypto.ts";
import { type Hash, hashOf, isHash } from "./hash.ts";
import { canonical, isJsonArray, isJsonObject, type Json, type JsonCode, parseCanonical } from "./json.ts";
import { hasMembers, isMemberId, isNatural } from "./names.ts";
import {
  encodeSigned,
  type NewSignature,
  parseSigned,
  type SignatureRefusal,
  type SignedCode,
  type StoredSignature,
  verifySigned,
} from "./signed.ts";

export const headerTyp = "vermilion-header+json";
export const headerBytesMax = 8_192;
export const entriesPerBlockMax = 65_536;

/** What a proposer says of a block; the last leaf of the block is the header itself. */
export type HeaderPayload = {
  /** Chain id, 64 hex. */
  readonly chain: string;
  readonly height: number;
  /** Hash of the previous header's bytes, hex; "" at height 0. */
  readonly previous: string;
  /** Index of the first leaf of the block; its entries are at first..first+count−1, its header at first+count. */
  readonly first: number;
  readonly count: number;
  /** Tree root over all leaves before the header's own, hex. */
  readonly root: string;
  /** State hash after the block, hex. */
  readonly state: string;
  /** Ms since 1970, strictly increasing. */
  readonly time: number;
  readonly term: number;
  /** Member id. */
  readonly proposer: string;
  /** Heads of other chains; none yet in this version of the format. */
  readonly pins: readonly [];
};

export type ParsedHeader = {
  readonly bytes: Uint8Array;
  readonly payload: HeaderPayload;
  readonly payloadBytes: Uint8Array;
  readonly headerHash: Hash;
  readonly signature: StoredSignature;
};

export type HeaderCode =
  | JsonCode
  | SignedCode
  | "missing-field"
  | "surplus-field"
  | "invalid-field"
  | "missing-signature"
  | "surplus-signature";
export type HeaderRefusal = {
  readonly refused: HeaderCode;
  readonly detail: string;
};

/** The bytes that the proposer signs. */
export function encodeHeaderPayload(payload: HeaderPayload): Uint8Array {
  return canonical(payload);
}

/** The stored bytes of a header. */
export function encodeHeader(payloadBytes: Uint8Array, signature: NewSignature): Uint8Array {
  return encodeSigned(headerTyp, payloadBytes, [signature]);
}

/** SHA-256 of the stored header bytes, hex. Two logs agree at a place only if these are equal. */
export function headerHash(headerBytes: Uint8Array, crypto: Crypto): Hash {
  return hashOf(headerBytes, crypto);
}

/** Tree size after the block of this header. */
export function sizeAfter(header: Pick<HeaderPayload, "first" | "count">): number {
  return header.first + header.count + 1;
}

/** Form alone; the signature is checked by `checkHeader`, the content by executing the block. */
export function parseHeader(bytes: Uint8Array, crypto: Crypto): ParsedHeader | HeaderRefusal {
  const signed = parseSigned(bytes, headerTyp, headerBytesMax);
  if ("refused" in signed) return signed;
  const [signature, ...surplus] = signed.signatures;
  if (signature === undefined)
    return {
      refused: "missing-signature",
      detail: "a header has one signature",
    };
  if (surplus.length > 0)
    return {
      refused: "surplus-signature",
      detail: "a header has one signature",
    };
  const parsed = parseCanonical(signed.payload);
  if ("refused" in parsed) return parsed;
  const payload = readPayload(parsed.value);
  if ("refused" in payload) return payload;
  return {
    bytes,
    payload,
    payloadBytes: signed.payload,
    headerHash: hashOf(bytes, crypto),
    signature,
  };
}

/** Whether the header is signed by `proposerKey`, the sign key that the state before the block has for its proposer. */
export function checkHeader(header: ParsedHeader, proposerKey: PublicJwk | undefined, crypto: Crypto): SignatureRefusal | undefined {
  return verifySigned(header.signature, proposerKey, crypto);
}

const members = ["chain", "count", "first", "height", "pins", "previous", "proposer", "root", "state", "term", "time"] as const;

function readPayload(value: Json): HeaderPayload | HeaderRefusal {
  if (!isJsonObject(value)) return invalid("the payload is not an object");
  for (const name of members) if (!Object.hasOwn(value, name)) return { refused: "missing-field", detail: name };
  if (!hasMembers(value, members)) return { refused: "surplus-field", detail: "the payload has members that a header does not have" };
  const { chain, count, first, height, pins, previous, proposer, root, state, term, time } = value;
  if (!isNatural(height)) return invalid("height");
  if (!isNatural(first)) return invalid("first");
  if (!isNatural(count) || count > entriesPerBlockMax) return invalid("count");
  if (!isNatural(time)) return invalid("time");
  if (!isNatural(term)) return invalid("term");
  if (!isHash(chain)) return invalid("chain");
  if (!isHash(root)) return invalid("root");
  if (!isHash(state)) return invalid("state");
  if (!isMemberId(proposer)) return invalid("proposer");
  if (!Number.isSafeInteger(first + count + 1)) return invalid("first");
  if (!isJsonArray(pins) || pins.length !== 0) return invalid("pins");
  // Only the first header has no predecessor, and it stands at the start of the tree.
  const previousHolds = height === 0 ? previous === "" && first === 0 : isHash(previous) && first !== 0;
  if (typeof previous !== "string" || !previousHolds) return invalid("previous");
  return { chain, count, first, height, pins: [], previous, proposer, root, state, term, time };
}

function invalid(detail: string): HeaderRefusal {
  return { refused: "invalid-field", detail };
}
