const encoder = new TextEncoder();
/** `ignoreBOM` keeps a leading U+FEFF in the text, so that decoding is injective and a parser can refuse it. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The UTF-8 bytes of `value`; lone surrogates become U+FFFD, so callers that sign check for them first. */
export function utf8(value: string): Uint8Array {
  return encoder.encode(value);
}

/** The text of UTF-8 `bytes`, a byte order mark kept; throws a TypeError on malformed UTF-8 (a caller that parses uses `textOrUndefined`). */
export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The text of UTF-8 `bytes`, or undefined where they are malformed. */
export function textOrUndefined(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Equality of public values; it stops at the first difference, so it is not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lexicographic order of unsigned bytes, a prefix first: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (let i = 0; i < bytes.length; i++) hex += hexOfByte[bytes[i] ?? 0];
  return hex;
}

const notInAlphabet = 255;

/** For each character code below 128 its place in `alphabet`, or 255. */
function placesOf(alphabet: string): Uint8Array {
  const places = new Uint8Array(128).fill(notInAlphabet);
  for (let i = 0; i < alphabet.length; i++) places[alphabet.charCodeAt(i)] = i;
  return places;
}

const hexPlaces = placesOf("0123456789abcdef");

/** The bytes of lower-case hex; undefined for an odd length, upper case or any other character. */
export function fromHex(hex: string): Uint8Array | undefined {
  if (hex.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = hexPlaces[hex.charCodeAt(2 * i)] ?? notInAlphabet;
    const low = hexPlaces[hex.charCodeAt(2 * i + 1)] ?? notInAlphabet;
    if (high === notInAlphabet || low === notInAlphabet) return undefined;
    bytes[i] = high * 16 + low;
  }
  return bytes;
}

const standardAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const urlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const standardPlaces = placesOf(standardAlphabet);
const urlPlaces = placesOf(urlAlphabet);
const standardCodes = utf8(standardAlphabet);
const urlCodes = utf8(urlAlphabet);

/** Base64 without padding, built as ASCII bytes and decoded once: a string grown by characters is several times slower. */
function encode64(bytes: Uint8Array, codes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let to = 0;
  let at = 0;
  for (; at + 2 < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    out[to++] = codes[group >> 18] ?? 0;
    out[to++] = codes[(group >> 12) & 63] ?? 0;
    out[to++] = codes[(group >> 6) & 63] ?? 0;
    out[to++] = codes[group & 63] ?? 0;
  }
  const left = bytes.length - at;
  if (left > 0) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8);
    out[to++] = codes[group >> 18] ?? 0;
    out[to++] = codes[(group >> 12) & 63] ?? 0;
    if (left === 2) out[to++] = codes[(group >> 6) & 63] ?? 0;
  }
  return decoder.decode(out);
}

/** Decodes the first `length` characters (padding excluded); undefined for a foreign character or trailing bits that are not zero. */
function decode64(value: string, length: number, places: Uint8Array): Uint8Array | undefined {
  const left = length % 4;
  if (left === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let held = 0;
  let to = 0;
  for (let i = 0; i < length; i++) {
    const place = places[value.charCodeAt(i)] ?? notInAlphabet;
    if (place === notInAlphabet) return undefined;
    held = ((held << 6) | place) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[to++] = (held >> bits) & 255;
    }
  }
  // RFC 4648 section 3.5: trailing bits that are not zero would give one value two spellings.
  return (held & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

/** Standard base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  const unpadded = encode64(bytes, standardCodes);
  return unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, "=");
}

/** Strict standard base64: padding required, one spelling for each value; undefined otherwise. */
export function fromBase64(value: string): Uint8Array | undefined {
  if (value.length % 4 !== 0) return undefined;
  const padding = value.endsWith("==") ? 2 : value.endsWith("=") ? 1 : 0;
  return decode64(value, value.length - padding, standardPlaces);
}

/** base64url without padding (RFC 4648 section 5, RFC 7515 section 2). */
export function toBase64url(bytes: Uint8Array): string {
  return encode64(bytes, urlCodes);
}

/** Strict base64url: no padding, one spelling for each value; undefined otherwise. */
export function fromBase64url(value: string): Uint8Array | undefined {
  return decode64(value, value.length, urlPlaces);
}
