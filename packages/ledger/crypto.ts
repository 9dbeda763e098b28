/** A public key as JWK (RFC 7517); the thumbprint of RFC 7638 is its name everywhere on the ledger. */
export type PublicJwk =
  | {
      readonly kty: "EC";
      readonly crv: "P-256";
      readonly x: string;
      readonly y: string;
    }
  | { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string };

export type SignatureAlgorithm = "ES256" | "EdDSA";

/**
 * What the pure packages ask of a host: hashing, authenticated encryption and signature checks, all synchronous and without randomness.
 * Native in Node (`member/native-crypto.ts`), noble in the browser (`client/noble-crypto.ts`); one contract suite runs against both.
 */
export interface Crypto {
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC-SHA-256 (RFC 2104), 32 bytes. */
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
  /**
   * ES256: `signature` is 64 bytes r‖s (RFC 7518 section 3.4) over SHA-256(message), high S accepted (callers that forbid it check first).
   * EdDSA: Ed25519 (RFC 8032), 64 bytes. False for any malformed key or signature; never throws.
   */
  verify(key: PublicJwk, message: Uint8Array, signature: Uint8Array): boolean;
  /** AES-256-GCM (NIST SP 800-38D): 32-byte key, 12-byte nonce; answers ciphertext‖16-byte tag. */
  sealAes256Gcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** Undefined where the tag does not verify. */
  openAes256Gcm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}
