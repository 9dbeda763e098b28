import { type Crypto, concat } from "@vermilion/ledger";

/** HKDF-SHA-256 (RFC 5869): extract, then expand to `length` ≤ 8,160 bytes. */
export function hkdfSha256(
  input: { readonly key: Uint8Array; readonly salt: Uint8Array; readonly info: Uint8Array; readonly length: number },
  crypto: Crypto,
): Uint8Array {
  if (input.length > 255 * 32) throw new RangeError("HKDF gives at most 8,160 bytes");
  // RFC 5869 section 2.2: an absent salt is 32 zero bytes, which HMAC's own zero padding makes equal to an empty one.
  const pseudorandomKey = crypto.hmacSha256(input.salt.length === 0 ? new Uint8Array(32) : input.salt, input.key);
  // Section 2.3: T(i) = HMAC(PRK, T(i−1) ‖ info ‖ i).
  let block: Uint8Array = new Uint8Array(0);
  const blocks: Uint8Array[] = [];
  for (let count = 1; (count - 1) * 32 < input.length; count++) {
    block = crypto.hmacSha256(pseudorandomKey, concat(block, input.info, Uint8Array.of(count)));
    blocks.push(block);
  }
  return concat(...blocks).slice(0, input.length);
}
