import type { PublicJwk } from "@vermilion/ledger";

/**
 * A member's private keys; none leaves the port. Calls may fail with `Fault` `keys-unavailable` and may be repeated.
 * `agree`'s public key is for key agreement only, never for signatures.
 */
export interface Keys {
  readonly public: {
    readonly sign: PublicJwk;
    readonly log: PublicJwk;
    readonly cosign: PublicJwk;
    readonly agree: PublicJwk;
  };
  /** ES256 over the message, 64 bytes r‖s with low S. */
  sign(message: Uint8Array): Promise<Uint8Array>;
  /** Ed25519 by the log key, 64 bytes. */
  signLog(message: Uint8Array): Promise<Uint8Array>;
  /** Ed25519 by the cosign key, 64 bytes. */
  cosign(message: Uint8Array): Promise<Uint8Array>;
  /** Raw ECDH shared secret (x coordinate, 32 bytes) with a P-256 public key, as KMS `DeriveSharedSecret` gives it. */
  deriveSharedSecret(publicKey: PublicJwk): Promise<Uint8Array>;
  /** Wraps a small secret (≤ 4,096 bytes) under the member's wrap key; `context` is authenticated and must be given again. */
  wrap(secret: Uint8Array, context: string): Promise<Uint8Array>;
  /** Throws `Fault` `key-unwrap-failed` on another context or altered bytes. */
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
}
