import { createCipheriv, createDecipheriv, createECDH } from "node:crypto";
import {
  apv,
  checkGrantHeader,
  concatKdf,
  encodeGrantPlaintext,
  type GrantContext,
  type GrantedKeys,
  jweProtectedHeader,
  parseGrantPlaintext,
} from "@vermilion/certificates";
import type { RequestRow } from "@vermilion/contracts";
import {
  canonical,
  fromBase64url,
  isJsonObject,
  type Json,
  type PublicJwk,
  parseCanonical,
  parseStrict,
  thumbprint,
  toBase64url,
  utf8,
} from "@vermilion/ledger";
import { Fault } from "@vermilion/node/fault";
import type { Context } from "../context.ts";
import type { Refused } from "../services.ts";

/** What a grant of a request is for; both sides build it from the ledger, never from the key file. */
export function grantContextOf(context: Pick<Context, "chain">, request: RequestRow): GrantContext {
  const { certificate, version, part, fields, reader } = request;
  return { chain: context.chain, certificate, version, part, fields, request: request.request, reader };
}

/**
 * Field keys as a JWE to the reader's agreement key (RFC 7516, flattened; ECDH-ES+A256KW, A256GCM), canonical bytes. Made by hand and not by
 * a library, because `apv` and the header's own members must have exactly the form that the opener compares.
 */
export function sealGrant(
  context: Pick<Context, "crypto" | "random">,
  grant: GrantContext,
  keys: GrantedKeys,
  reader: PublicJwk,
): Uint8Array {
  const { crypto, random } = context;
  const ephemeral = ephemeralKey(reader);
  const header = jweProtectedHeader(grant, thumbprint(reader, crypto), ephemeral.epk, crypto);
  const protectedText = toBase64url(canonical(header));
  const kek = keyEncryptionKey(context, grant, ephemeral.secret);
  const contentKey = random.bytes(32);
  const iv = random.bytes(12);
  // RFC 7516 section 5.1 step 14: the protected header is the additional authenticated data.
  const sealed = crypto.sealAes256Gcm(contentKey, iv, utf8(protectedText), encodeGrantPlaintext(keys));
  return canonical({
    ciphertext: toBase64url(sealed.subarray(0, -16)),
    encrypted_key: toBase64url(wrapKey(kek, contentKey)),
    iv: toBase64url(iv),
    protected: protectedText,
    tag: toBase64url(sealed.subarray(-16)),
  });
}

/** Compares the key file with the entry first, then opens it with this member's agreement key. */
export async function openGrant(
  context: Pick<Context, "crypto" | "keys">,
  grant: GrantContext,
  bytes: Uint8Array,
): Promise<{ readonly keys: GrantedKeys } | Refused> {
  const jwe = parseJwe(bytes);
  if (jwe === undefined) return wrongGrant("the key file is not a JWE in canonical form");
  const kid = thumbprint(context.keys.public.agree, context.crypto);
  const header = checkGrantHeader(jwe.header, grant, kid, context.crypto);
  if ("refused" in header) return wrongGrant(header.detail.en);
  const secret = await sharedSecret(context, header.epk);
  if (secret === undefined) return wrongGrant("the key file's ephemeral key is not a point of the curve");
  const contentKey = unwrapKey(keyEncryptionKey(context, grant, secret), jwe.encryptedKey);
  const plain =
    contentKey === undefined ? undefined : context.crypto.openAes256Gcm(contentKey, jwe.iv, utf8(jwe.protectedText), jwe.sealed);
  if (plain === undefined) return wrongGrant("the key file does not open with this member's key");
  const keys = parseGrantPlaintext(plain, grant);
  return isRefusal(keys) ? wrongGrant("the key file does not hold the keys of exactly the granted fields") : { keys };
}

/** Undefined for a point that is not on the curve; a failing key store stays a fault. */
async function sharedSecret(context: Pick<Context, "keys">, epk: PublicJwk): Promise<Uint8Array | undefined> {
  try {
    return await context.keys.deriveSharedSecret(epk);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    return undefined;
  }
}

/** A field may be called `refused` too, but then its value is a key and no text. */
function isRefusal(keys: ReturnType<typeof parseGrantPlaintext>): keys is Exclude<typeof keys, GrantedKeys> {
  return typeof (keys as { refused?: unknown }).refused === "string";
}

function wrongGrant(detail: string): Refused {
  return { refused: "wrong-grant", detail };
}

/** RFC 7518 section 4.6: Concat KDF over the ECDH secret; PartyVInfo binds the grant. */
function keyEncryptionKey(context: Pick<Context, "crypto">, grant: GrantContext, secret: Uint8Array): Uint8Array {
  const partyV = fromBase64url(apv(grant, context.crypto));
  if (partyV === undefined) throw new Error("bug: apv is base64url");
  return concatKdf({ z: secret, algorithm: "ECDH-ES+A256KW", apu: new Uint8Array(), apv: partyV, keyBits: 256 }, context.crypto);
}

function ephemeralKey(reader: PublicJwk) {
  if (reader.kty !== "EC") throw new Error("bug: agreement keys are P-256");
  const ecdh = createECDH("prime256v1");
  const point = ecdh.generateKeys();
  const [x, y] = [fromBase64url(reader.x), fromBase64url(reader.y)];
  if (x === undefined || y === undefined) throw new Error("bug: a registered key is malformed");
  const secret = ecdh.computeSecret(Buffer.concat([Uint8Array.of(4), x, y]));
  return { epk: { kty: "EC", crv: "P-256", x: toBase64url(point.subarray(1, 33)), y: toBase64url(point.subarray(33)) } as const, secret };
}

/** RFC 3394 with its default initial value. */
const keyWrapIv = Buffer.from("a6a6a6a6a6a6a6a6", "hex");

function wrapKey(kek: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = createCipheriv("id-aes256-wrap", kek, keyWrapIv);
  return Buffer.concat([cipher.update(key), cipher.final()]);
}

function unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  try {
    const decipher = createDecipheriv("id-aes256-wrap", kek, keyWrapIv);
    return Buffer.concat([decipher.update(wrapped), decipher.final()]);
  } catch {
    // OpenSSL reports a failed integrity check of the wrapped key by an exception and nothing else.
    return undefined;
  }
}

interface ParsedJwe {
  readonly protectedText: string;
  readonly header: Json;
  readonly encryptedKey: Uint8Array;
  readonly iv: Uint8Array;
  readonly sealed: Uint8Array;
}

function parseJwe(bytes: Uint8Array): ParsedJwe | undefined {
  const parsed = parseCanonical(bytes);
  if ("refused" in parsed || !isJsonObject(parsed.value)) return undefined;
  const { ciphertext, encrypted_key, iv, protected: protectedText, tag, ...more } = parsed.value;
  if (Object.keys(more).length > 0 || typeof protectedText !== "string") return undefined;
  const [ciphertextBytes, encryptedKey, ivBytes, tagBytes, headerBytes] = [ciphertext, encrypted_key, iv, tag, protectedText].map(
    (value) => (typeof value === "string" ? fromBase64url(value) : undefined),
  );
  if (
    ciphertextBytes === undefined ||
    encryptedKey?.length !== 40 ||
    ivBytes?.length !== 12 ||
    tagBytes?.length !== 16 ||
    headerBytes === undefined
  ) {
    return undefined;
  }
  const header = parseStrict(headerBytes, { bytesMax: 65_536, depthMax: 8 });
  if ("refused" in header) return undefined;
  return { protectedText, header: header.value, encryptedKey, iv: ivBytes, sealed: Buffer.concat([ciphertextBytes, tagBytes]) };
}
