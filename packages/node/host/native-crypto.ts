import { createCipheriv, createDecipheriv, createHmac, createPublicKey, createSecretKey, hash, type KeyObject, verify } from "node:crypto";
import { algorithmOf, type Crypto, type PublicJwk, parsePublicJwk } from "@vermilion/ledger";
import { derSignature } from "./der-signature.ts";

const gcmKeyBytes = 32;
const gcmNonceBytes = 12;
const gcmTagBytes = 16;

/** The `Crypto` of a node, which can also check signatures on another thread, so that the one that runs the member does other things meanwhile. */
export interface NodeCrypto extends Crypto {
  /** What `verify` answers, on a thread of libuv's pool. */
  verifyApart(key: PublicJwk, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/**
 * The `Crypto` of a node, by OpenSSL through node:crypto. It keeps the last few thousand imported public keys: the import of a key costs as
 * much as a signature check, and the same signers come again and again. The coordinates are the name of a key in the cache; its thumbprint
 * would be a hash of the same.
 */
export function createNativeCrypto({ importedKeysMax = 4_096 } = {}): NodeCrypto {
  const imported = new Map<string, KeyObject>();

  function keyObjectOf(jwk: PublicJwk): KeyObject | undefined {
    const name = jwk.kty === "EC" ? `${jwk.x} ${jwk.y}` : jwk.x;
    const known = imported.get(name);
    if (known !== undefined) return known;
    // OpenSSL takes Ed25519 keys of small order and coordinates in several spellings; the ledger takes neither.
    const parsed = parsePublicJwk(jwk);
    if (parsed === undefined) return undefined;
    const key = createPublicKey({ key: { ...parsed }, format: "jwk" });
    if (imported.size >= importedKeysMax) forgetOldest();
    imported.set(name, key);
    return key;
  }

  /** A quarter at once, first in first out: a flood of new keys must not make each check of a known one an import. */
  function forgetOldest(): void {
    let left = Math.ceil(importedKeysMax / 4);
    for (const name of imported.keys()) {
      imported.delete(name);
      if (--left === 0) return;
    }
  }

  return {
    sha256: (data) => plain(hash("sha256", data, "buffer")),
    // Node takes three times as long to find out that bytes are no key object as the HMAC itself takes; the ciphers below as well.
    hmacSha256: (key, data) => plain(createHmac("sha256", createSecretKey(key)).update(data).digest()),
    verify(jwk, message, signature) {
      const key = signature.length === 64 ? keyObjectOf(jwk) : undefined;
      if (key === undefined) return false;
      return algorithmOf(jwk) === "ES256" ? verify("sha256", message, key, derSignature(signature)) : verify(null, message, key, signature);
    },
    verifyApart(jwk, message, signature) {
      const key = signature.length === 64 ? keyObjectOf(jwk) : undefined;
      if (key === undefined) return Promise.resolve(false);
      const [digest, encoded] =
        algorithmOf(jwk) === "ES256" ? (["sha256", derSignature(signature)] as const) : ([null, signature] as const);
      return new Promise((resolve, reject) => {
        verify(digest, message, key, encoded, (error, holds) => (error === null ? resolve(holds) : reject(error)));
      });
    },
    sealAes256Gcm(key, nonce, aad, plaintext) {
      requireGcmInputs(key, nonce);
      const cipher = createCipheriv("aes-256-gcm", createSecretKey(key), nonce, { authTagLength: gcmTagBytes });
      cipher.setAAD(aad);
      return plain(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
    },
    openAes256Gcm(key, nonce, aad, sealed) {
      requireGcmInputs(key, nonce);
      if (sealed.length < gcmTagBytes) return undefined;
      const end = sealed.length - gcmTagBytes;
      const decipher = createDecipheriv("aes-256-gcm", createSecretKey(key), nonce, { authTagLength: gcmTagBytes });
      decipher.setAAD(aad);
      decipher.setAuthTag(sealed.subarray(end));
      const opened = decipher.update(sealed.subarray(0, end));
      try {
        decipher.final();
      } catch {
        return undefined;
      }
      return plain(opened);
    },
  };
}

/** One for the process: it holds nothing but public keys. */
export const nativeCrypto: NodeCrypto = createNativeCrypto();

/** A Uint8Array over the bytes of a Buffer: the pure packages rely on `slice` to copy, which that of Buffer does not. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

function requireGcmInputs(key: Uint8Array, nonce: Uint8Array): void {
  if (key.length !== gcmKeyBytes || nonce.length !== gcmNonceBytes)
    throw new Error("bug: AES-256-GCM takes a 32-byte key and a 12-byte nonce");
}
