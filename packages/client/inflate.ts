import { type Inflate, parseJws, statusListBytesMax } from "@vermilion/certificates";
import { equalBytes, fromBase64url, isJsonObject } from "@vermilion/ledger";

const tokenBytesMax = 6 * 1024 * 1024;

/**
 * The list inside a status list token, decompressed before it is judged: browsers inflate asynchronously only, the pure rules are
 * synchronous. What comes back answers these bytes alone. Nothing is trusted here; a token that is no token inflates to nothing.
 */
export async function inflateAhead(token: string): Promise<Inflate> {
  const list = parseJws(token.trim(), tokenBytesMax)?.claims["status_list"];
  const lst = isJsonObject(list) ? list["lst"] : undefined;
  const compressed = typeof lst === "string" ? fromBase64url(lst) : undefined;
  const inflated = compressed === undefined ? undefined : await inflate(compressed, statusListBytesMax);
  return (bytes) => (compressed !== undefined && equalBytes(bytes, compressed) ? inflated : undefined);
}

/** zlib (RFC 1950); undefined for bad data or more than `bytesMax`. */
async function inflate(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array | undefined> {
  const reader = new Blob([Uint8Array.from(bytes)]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.length;
      if (length > bytesMax) {
        await reader.cancel();
        return undefined;
      }
      chunks.push(next.value);
    }
  } catch {
    return undefined;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
