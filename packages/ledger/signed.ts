import { concat, fromBase64url, textOrUndefined, toBase64url, utf8 } from "./bytes.ts";
import type { Crypto, PublicJwk, SignatureAlgorithm } from "./crypto.ts";
import { algorithmOf } from "./keys.ts";

/** A signature to be put under a payload; `kid` is the RFC 7638 thumbprint of `jwk`. */
export type NewSignature = {
  readonly jwk: PublicJwk;
  readonly kid: string;
  readonly signature: Uint8Array;
};

/** One signature as it stands in stored bytes, with the bytes that it must cover (RFC 7515 section 5.2). */
export type StoredSignature = {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
  readonly signingInput: Uint8Array;
};

export type Signed = {
  readonly payload: Uint8Array;
  readonly signatures: readonly StoredSignature[];
};

/** `not-signed-form`: not the one byte form. `wrong-typ`: a signed object of another kind. `bad-header`: not our protected header. */
export type SignedCode = "too-large" | "invalid-utf8" | "not-signed-form" | "bad-header" | "wrong-typ" | "bad-signature-length";
export type SignedRefusal = {
  readonly refused: SignedCode;
  readonly detail: string;
};

export const signatureBytes = 64;
export const signaturesPerObjectMax = 64;

/** The canonical protected header: exactly `alg`, `kid`, `typ`. */
export function protectedHeader(typ: string, jwk: PublicJwk, kid: string): string {
  return `{"alg":"${algorithmOf(jwk)}","kid":"${kid}","typ":"${typ}"}`;
}

/** What a key signs: ASCII(BASE64URL(protected) ‖ "." ‖ BASE64URL(payload)), RFC 7515 section 5.1. */
export function signingInput(typ: string, payloadBytes: Uint8Array, jwk: PublicJwk, kid: string): Uint8Array {
  return utf8(`${toBase64url(utf8(protectedHeader(typ, jwk, kid)))}.${toBase64url(payloadBytes)}`);
}

/** General JWS JSON serialisation (RFC 7515 section 7.2.1) in its canonical form: the bytes that are stored and hashed. */
export function encodeSigned(typ: string, payloadBytes: Uint8Array, signatures: readonly NewSignature[]): Uint8Array {
  const rows = signatures.map(({ jwk, kid, signature }) => {
    const header = toBase64url(utf8(protectedHeader(typ, jwk, kid)));
    return `{"protected":"${header}","signature":"${toBase64url(signature)}"}`;
  });
  return utf8(`{"payload":"${toBase64url(payloadBytes)}","signatures":[${rows.join(",")}]}`);
}

const wholeForm = /^\{"payload":"([A-Za-z0-9_-]*)","signatures":\[(|\{.*\})\]\}$/;
const rowForm = /^\{"protected":"([A-Za-z0-9_-]+)","signature":"([A-Za-z0-9_-]+)"\}$/;
const headerForm = /^\{"alg":"(ES256|EdDSA)","kid":"([A-Za-z0-9_-]{43})","typ":"([a-z0-9.+-]+)"\}$/;

/**
 * The parts of a signed object. All of the form is base64url between fixed text, so a match of the fixed text plus strict base64url means
 * that re-encoding gives the same bytes; nothing else could carry the same signatures under another hash.
 */
export function parseSigned(bytes: Uint8Array, typ: string, bytesMax: number): Signed | SignedRefusal {
  if (bytes.length > bytesMax)
    return {
      refused: "too-large",
      detail: `${bytes.length} bytes, at most ${bytesMax}`,
    };
  const source = textOrUndefined(bytes);
  if (source === undefined) return { refused: "invalid-utf8", detail: "the bytes are not UTF-8" };
  const [, payloadText, rows] = wholeForm.exec(source) ?? [];
  if (payloadText === undefined || rows === undefined) return notSignedForm("the text is not a canonical general JWS");
  const payload = fromBase64url(payloadText);
  if (payload === undefined) return notSignedForm("the payload is not strict base64url");
  const rowTexts = rows === "" ? [] : rows.split(/(?<=\}),/, signaturesPerObjectMax + 2);
  if (rowTexts.length > signaturesPerObjectMax + 1) return notSignedForm(`more than ${signaturesPerObjectMax + 1} signatures`);
  const signatures: StoredSignature[] = [];
  for (const row of rowTexts) {
    const parsed = parseRow(row, typ, payloadText);
    if ("refused" in parsed) return parsed;
    signatures.push(parsed);
  }
  return { payload, signatures };
}

function notSignedForm(detail: string): SignedRefusal {
  return { refused: "not-signed-form", detail };
}

function parseRow(row: string, typ: string, payloadText: string): StoredSignature | SignedRefusal {
  const [, headerText, signatureText] = rowForm.exec(row) ?? [];
  if (headerText === undefined || signatureText === undefined) return notSignedForm("a signature is not in canonical form");
  const headerBytes = fromBase64url(headerText);
  const signature = fromBase64url(signatureText);
  if (headerBytes === undefined || signature === undefined) return notSignedForm("a signature is not strict base64url");
  const [, algorithm, kid, storedTyp] = headerForm.exec(textOrUndefined(headerBytes) ?? "") ?? [];
  if ((algorithm !== "ES256" && algorithm !== "EdDSA") || kid === undefined) {
    return {
      refused: "bad-header",
      detail: "a protected header is not exactly alg, kid, typ in canonical form",
    };
  }
  if (storedTyp !== typ)
    return {
      refused: "wrong-typ",
      detail: `typ is ${storedTyp}, expected ${typ}`,
    };
  if (signature.length !== signatureBytes)
    return {
      refused: "bad-signature-length",
      detail: `${signature.length} bytes, expected 64`,
    };
  return {
    kid,
    algorithm,
    signature,
    signingInput: utf8(`${headerText}.${payloadText}`),
  };
}

/** The order n of P-256 and (n − 1) / 2, big-endian. SP 800-186 section 3.2.1.3. */
const p256Order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const p256HalfOrder = p256Order / 2n;

/** The first bytes of n/2 are 7fffffff 80000000: nearly every S is decided by its first byte without big integers. */
export function isLowS(signature: Uint8Array): boolean {
  const first = signature[32] ?? 0;
  if (first < 0x7f) return true;
  if (first > 0x7f) return false;
  return integerOf(signature.subarray(32, 64)) <= p256HalfOrder;
}

/** The same ES256 signature with S ≤ n/2: KMS and most libraries answer either of the two. */
export function lowS(signature: Uint8Array): Uint8Array {
  if (signature.length !== signatureBytes) throw new Error("bug: an ES256 signature has 64 bytes");
  if (isLowS(signature)) return signature;
  let s = p256Order - integerOf(signature.subarray(32, 64));
  if (s <= 0n) throw new Error("bug: S of an ES256 signature is below the order of the curve");
  const low = new Uint8Array(32);
  for (let i = 31; i >= 0; i--, s >>= 8n) low[i] = Number(s & 255n);
  return concat(signature.subarray(0, 32), low);
}

function integerOf(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

export type SignatureCode = "unknown-key" | "high-s" | "bad-signature";
export type SignatureRefusal = {
  readonly refused: SignatureCode;
  readonly detail: string;
};

/** Whether `stored` is a signature by `key` (undefined where the signer is not known); undefined answers yes. */
export function verifySigned(stored: StoredSignature, key: PublicJwk | undefined, crypto: Crypto): SignatureRefusal | undefined {
  if (key === undefined) return { refused: "unknown-key", detail: `no key ${stored.kid}` };
  if (algorithmOf(key) !== stored.algorithm)
    return {
      refused: "bad-signature",
      detail: `key ${stored.kid} is not for ${stored.algorithm}`,
    };
  if (stored.algorithm === "ES256" && !isLowS(stored.signature))
    return {
      refused: "high-s",
      detail: `signature of ${stored.kid} has a high S`,
    };
  if (!crypto.verify(key, stored.signingInput, stored.signature)) return { refused: "bad-signature", detail: `signature of ${stored.kid}` };
  return undefined;
}
