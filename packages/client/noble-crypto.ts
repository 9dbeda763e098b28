import { gcm } from "@noble/ciphers/aes.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { algorithmOf, type Crypto, concat, equalBytes, fromBase64url, type PublicJwk, parsePublicJwk } from "@vermilion/ledger";

/** The `Crypto` of a browser: noble, in plain JavaScript. It accepts exactly what the native one accepts. */
export const nobleCrypto: Crypto = {
  sha256: (data) => sha256(data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  verify(jwk, message, signature) {
    const key = signature.length === 64 ? parsePublicJwk(jwk) : undefined;
    if (key === undefined) return false;
    return algorithmOf(key) === "ES256" ? verifyEs256(key, message, signature) : verifyEd25519(key, message, signature);
  },
  sealAes256Gcm: (key, nonce, aad, plaintext) => gcmOf(key, nonce, aad).encrypt(plaintext),
  openAes256Gcm(key, nonce, aad, sealed) {
    const cipher = gcmOf(key, nonce, aad);
    try {
      return cipher.decrypt(sealed);
    } catch {
      return undefined;
    }
  },
};

function gcmOf(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array): ReturnType<typeof gcm> {
  if (key.length !== 32 || nonce.length !== 12) throw new Error("bug: AES-256-GCM takes a 32-byte key and a 12-byte nonce");
  return gcm(key, nonce, aad);
}

function verifyEs256(jwk: PublicJwk, message: Uint8Array, signature: Uint8Array): boolean {
  const point = concat(Uint8Array.of(4), coordinate(jwk.x), coordinate(jwk.kty === "EC" ? jwk.y : ""));
  try {
    return p256.verify(signature, message, point, { lowS: false, prehash: true, format: "compact" });
  } catch {
    // r or s out of range.
    return false;
  }
}

/**
 * RFC 8032 section 5.1.7 with the equation without the cofactor, [S]B = R + [k]A, compared by the encoding of R, as OpenSSL and Go do it.
 * noble's own check multiplies by the cofactor and so takes some signatures that a dishonest signer could make and the others refuse.
 */
function verifyEd25519(jwk: PublicJwk, message: Uint8Array, signature: Uint8Array): boolean {
  const publicKey = coordinate(jwk.x);
  const encodedR = signature.subarray(0, 32);
  const order = ed25519.Point.Fn.ORDER;
  const s = littleEndian(signature.subarray(32));
  if (s >= order) return false;
  const k = littleEndian(sha512(concat(encodedR, publicKey, message))) % order;
  const a = pointOf(publicKey);
  if (a === undefined) return false;
  const r = ed25519.Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k));
  return equalBytes(r.toBytes(), encodedR);
}

/** Undefined where no point of the curve has this encoding. */
function pointOf(encoded: Uint8Array): InstanceType<typeof ed25519.Point> | undefined {
  try {
    return ed25519.Point.fromBytes(encoded);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** 32 bytes: `parsePublicJwk` has looked at the key before. */
function coordinate(encoded: string): Uint8Array {
  const bytes = fromBase64url(encoded);
  if (bytes?.length !== 32) throw new Error("bug: a coordinate of a parsed key has 32 bytes");
  return bytes;
}
