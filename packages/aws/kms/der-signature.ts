const coordinateBytes = 32;

/**
 * r‖s (64 bytes) of an ECDSA signature on P-256 as KMS gives it: DER `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 section 2.2.3).
 * Undefined for anything that is not exactly that.
 */
export function rawSignature(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const r = integerAt(der, 2);
  const s = r === undefined ? undefined : integerAt(der, r.end);
  if (r === undefined || s === undefined || s.end !== der.length) return undefined;
  const raw = new Uint8Array(2 * coordinateBytes);
  raw.set(r.value, coordinateBytes - r.value.length);
  raw.set(s.value, 2 * coordinateBytes - s.value.length);
  return raw;
}

/** A positive INTEGER of at most 32 bytes, without the leading zero that DER needs where the highest bit is set. */
function integerAt(der: Uint8Array, at: number): { readonly value: Uint8Array; readonly end: number } | undefined {
  const length = der[at + 1];
  if (der[at] !== 0x02 || length === undefined || length === 0) return undefined;
  const end = at + 2 + length;
  const bytes = der.subarray(at + 2, end);
  const value = bytes[0] === 0 ? bytes.subarray(1) : bytes;
  return bytes.length === length && value.length <= coordinateBytes ? { value, end } : undefined;
}
