import { concat, toHex } from "./bytes.ts";
import type { Crypto, PublicJwk } from "./crypto.ts";
import { type Hash, hashOf, isHash } from "./hash.ts";
import { canonical, isJsonArray, isJsonObject, type Json, type JsonCode, type JsonObject, parseCanonical } from "./json.ts";
import { attachmentNameForm, contractNameForm, entryIdForm, hasMembers, isMemberId, isNatural, thumbprintForm } from "./names.ts";
import {
  encodeSigned,
  type NewSignature,
  parseSigned,
  type SignatureCode,
  type SignedCode,
  type StoredSignature,
  verifySigned,
} from "./signed.ts";

export const entryTyp = "vermilion-entry+json";
/** The `chain` of the one entry that makes a chain and so cannot name it. */
export const genesisChain = "genesis";
export const entryBytesMax = 65_535;
export const operationsPerEntryMax = 64;
export const attachmentsPerEntryMax = 64;
export const attachmentBytesMax = 262_144;
export const signersPerEntryMax = 64;
export const audienceMembersMax = 64;
export const entryLifetimeDefaultMs = 10 * 60 * 1000;
export const entryLifetimeMaxMs = 24 * 60 * 60 * 1000;

/** One act; the operations of an entry apply all or none. */
export type Operation = {
  readonly contract: string;
  readonly operation: string;
  readonly arguments: JsonObject;
};

/** Bytes named by hash and replicated beside the entry, to all members of the chain or, where `audience` stands, to these alone. */
export type AttachmentReference = {
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly audience?: readonly string[];
};

/** What the signers of an entry say. Times are integer ms since 1970. */
export type EntryPayload = {
  readonly attachments: readonly AttachmentReference[];
  /** Chain id (64 hex), or "genesis". */
  readonly chain: string;
  /** 128 bits as 32 hex; (author, id) is consumed once. */
  readonly id: string;
  readonly operations: readonly Operation[];
  /** Thumbprints, author first; exactly these signatures, in this order. */
  readonly signers: readonly string[];
  readonly time: number;
  readonly until: number;
};

export type ParsedEntry = {
  readonly bytes: Uint8Array;
  readonly payload: EntryPayload;
  readonly payloadBytes: Uint8Array;
  /** SHA-256 of the payload bytes: the name of the entry for everybody who signs or looks it up. */
  readonly transactionHash: Hash;
  /** SHA-256 of the stored bytes: what the leaf record holds. */
  readonly entryHash: Hash;
  readonly signatures: readonly StoredSignature[];
};

/** Each way in which bytes are no entry of a chain; whether an entry may do what it says is for the contracts. */
export type EntryCode =
  | JsonCode
  | SignedCode
  | SignatureCode
  | "missing-field"
  | "surplus-field"
  | "invalid-field"
  | "too-many"
  | "duplicate-attachment"
  | "duplicate-signer"
  | "until-out-of-range"
  | "entry-of-another-chain"
  | "missing-signature"
  | "surplus-signature"
  | "signer-mismatch";

export type EntryRefusal = {
  readonly refused: EntryCode;
  readonly detail: string;
};

/** The bytes that the signers sign and the transaction hash names. */
export function encodePayload(payload: EntryPayload): Uint8Array {
  return canonical(payload);
}

export function transactionHash(payloadBytes: Uint8Array, crypto: Crypto): Hash {
  return hashOf(payloadBytes, crypto);
}

/** The stored bytes of an entry. Signatures in the order of `signers`; ES256 ones must have a low S (`lowS`). */
export function encodeEntry(payloadBytes: Uint8Array, signatures: readonly NewSignature[]): Uint8Array {
  return encodeSigned(entryTyp, payloadBytes, signatures);
}

/** Form alone: byte form, canonical payload, exact members, limits. Signatures and chain are judged by `checkEntry`. */
export function parseEntry(bytes: Uint8Array, crypto: Crypto): ParsedEntry | EntryRefusal {
  const signed = parseSigned(bytes, entryTyp, entryBytesMax);
  if ("refused" in signed) return signed;
  const parsed = parseCanonical(signed.payload);
  if ("refused" in parsed) return parsed;
  const payload = readPayload(parsed.value);
  if ("refused" in payload) return payload;
  return {
    bytes,
    payload,
    payloadBytes: signed.payload,
    transactionHash: hashOf(signed.payload, crypto),
    entryHash: hashOf(bytes, crypto),
    signatures: signed.signatures,
  };
}

/**
 * Chain and signatures of a parsed entry. `chain` is the id of the chain it is offered to ("genesis" for entry 0), `keyOf` answers the key
 * registered under a thumbprint in the state before the block. Undefined where all is right.
 */
export function checkEntry(
  entry: ParsedEntry,
  context: {
    readonly chain: string;
    readonly keyOf: (thumbprint: string) => PublicJwk | undefined;
    readonly crypto: Crypto;
  },
): EntryRefusal | undefined {
  const { payload, signatures } = entry;
  if (payload.chain !== context.chain) return refuse("entry-of-another-chain", `chain ${payload.chain}, expected ${context.chain}`);
  if (signatures.length < payload.signers.length) {
    return refuse("missing-signature", `${signatures.length} signatures for ${payload.signers.length} signers`);
  }
  if (signatures.length > payload.signers.length) {
    return refuse("surplus-signature", `${signatures.length} signatures for ${payload.signers.length} signers`);
  }
  for (const [place, signature] of signatures.entries()) {
    if (signature.kid !== payload.signers[place]) return refuse("signer-mismatch", `signature ${place} is by ${signature.kid}`);
    const refusal = verifySigned(signature, context.keyOf(signature.kid), context.crypto);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The `id` of an entry made from an Idempotency-Key: the first 128 bits of HMAC-SHA-256 under a secret of the member, hex. */
export function entryIdOf(secret: Uint8Array, parts: readonly Uint8Array[], crypto: Crypto): string {
  // Each part is hashed first, so that no two lists of parts give one message.
  return toHex(crypto.hmacSha256(secret, concat(...parts.map((part) => crypto.sha256(part)))).subarray(0, 16));
}

function refuse(refused: EntryCode, detail: string): EntryRefusal {
  return { refused, detail };
}

const payloadMembers = ["attachments", "chain", "id", "operations", "signers", "time", "until"] as const;

function readPayload(value: Json): EntryPayload | EntryRefusal {
  if (!isJsonObject(value)) return refuse("invalid-field", "the payload is not an object");
  for (const name of payloadMembers) if (!Object.hasOwn(value, name)) return refuse("missing-field", name);
  if (!hasMembers(value, payloadMembers)) return refuse("surplus-field", "the payload has members that an entry does not have");
  const { attachments, chain, id, operations, signers, time, until } = value;
  if (chain !== genesisChain && !isHash(chain)) return refuse("invalid-field", "chain");
  if (typeof id !== "string" || !entryIdForm.test(id)) return refuse("invalid-field", "id");
  if (!isNatural(time)) return refuse("invalid-field", "time");
  if (!isNatural(until)) return refuse("invalid-field", "until");
  if (until <= time || until - time > entryLifetimeMaxMs) return refuse("until-out-of-range", `${until - time} ms after time`);
  const given = {
    signers: readList(signers, "signers", 1, signersPerEntryMax, isThumbprint),
    operations: readList(operations, "operations", 1, operationsPerEntryMax, isOperation),
    attachments: readList(attachments, "attachments", 0, attachmentsPerEntryMax, isAttachment),
  };
  if ("refused" in given.signers) return given.signers;
  if (new Set(given.signers).size < given.signers.length) return refuse("duplicate-signer", "signers");
  if ("refused" in given.operations) return given.operations;
  if ("refused" in given.attachments) return given.attachments;
  const names = new Set(given.attachments.map(({ name }) => name));
  if (names.size < given.attachments.length) return refuse("duplicate-attachment", "attachments");
  return { attachments: given.attachments, chain, id, operations: given.operations, signers: given.signers, time, until };
}

function readList<T extends Json>(
  value: Json | undefined,
  name: string,
  min: number,
  max: number,
  isElement: (element: Json) => element is T,
): readonly T[] | EntryRefusal {
  if (!isJsonArray(value) || value.length < min) return refuse("invalid-field", name);
  if (value.length > max) return refuse("too-many", `${name}: at most ${max}`);
  return value.every(isElement) ? value : refuse("invalid-field", name);
}

function isThumbprint(value: Json): value is string {
  return typeof value === "string" && thumbprintForm.test(value);
}

function isOperation(value: Json): value is Operation {
  if (!isJsonObject(value) || !hasMembers(value, ["arguments", "contract", "operation"])) return false;
  const { contract, operation } = value;
  if (typeof contract !== "string" || !contractNameForm.test(contract)) return false;
  return typeof operation === "string" && contractNameForm.test(operation) && isJsonObject(value.arguments);
}

function isAttachment(value: Json): value is AttachmentReference {
  if (!isJsonObject(value) || !hasMembers(value, ["name", "sha256", "size"], ["audience"])) return false;
  const { audience, name, sha256, size } = value;
  if (typeof name !== "string" || !attachmentNameForm.test(name) || !isHash(sha256)) return false;
  if (!isNatural(size) || size > attachmentBytesMax) return false;
  if (audience === undefined) return true;
  if (!isJsonArray(audience) || audience.length === 0 || audience.length > audienceMembersMax) return false;
  if (!audience.every((member) => isMemberId(member))) return false;
  return new Set(audience).size === audience.length;
}
