/**
 * Two forms of an ECDSA signature on P-256: r‖s (64 bytes), which stands on the ledger, and DER `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279
 * section 2.2.3), which KMS answers and OpenSSL works with. node:crypto would convert by itself (`dsaEncoding`), but asks OpenSSL for a copy
 * of the key each time, which costs half of a check and as much as a signature.
 */

const coordinateBytes = 32;

/** r‖s of a DER signature. Undefined for anything that is not exactly one. */
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

/** DER of r‖s. Whether r and s are in range is for who checks the signature. */
export function derSignature(raw: Uint8Array): Uint8Array {
  const [r, s] = [withoutZeros(raw.subarray(0, coordinateBytes)), withoutZeros(raw.subarray(coordinateBytes))];
  const [rLength, sLength] = [integerLength(r), integerLength(s)];
  const der = new Uint8Array(6 + rLength + sLength);
  der.set([0x30, 4 + rLength + sLength, 0x02, rLength]);
  der.set(r, 4 + rLength - r.length);
  der.set([0x02, sLength], 4 + rLength);
  der.set(s, der.length - s.length);
  return der;
}

/** Leading zeros dropped, but for the last byte of a zero. */
function withoutZeros(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  return bytes.subarray(start);
}

/** With the zero that keeps a high first bit from being a sign. */
function integerLength(bytes: Uint8Array): number {
  return bytes.length + ((bytes[0] ?? 0) >> 7);
}
