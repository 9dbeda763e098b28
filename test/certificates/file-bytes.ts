/** Bytes `start` (inclusive) to `end` (exclusive) of the endless plain file of the vectors: byte `i` is `i * 31 mod 251`. */
export function patternBytes(start: number, end: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length; at++) bytes[at] = ((start + at) * 31) % 251;
  return bytes;
}
