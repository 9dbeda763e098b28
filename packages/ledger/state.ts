import { concat, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { type Hash, hashOf } from "./hash.ts";
import { canonicalText, type Json } from "./json.ts";
import { stateKeyForm } from "./names.ts";

const prefix = utf8("vermilion-state/v1\n");

/** One changed state row, as an absolute value; null removes the row. */
export type StateWrite = readonly [key: string, value: Json];

/** The state hash before the first block, hex. */
export function emptyState(crypto: Crypto): Hash {
  return hashOf(prefix, crypto);
}

/**
 * The state hash after a block that wrote `writes` (each key once, any order), rolling over `previous` (hex). A block without writes rolls
 * over the empty list, so the hash names the whole history and not only the present rows. `textOf` is for who has the canonical texts at hand.
 */
export function rollState(
  previous: string,
  writes: Iterable<StateWrite>,
  crypto: Crypto,
  textOf: (value: Json) => string = canonicalText,
): Hash {
  // Keys are ASCII, so the order of UTF-16 code units is the order of bytes.
  const sorted = [...writes].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [place, [key]] of sorted.entries()) {
    if (!stateKeyForm.test(key)) throw new Error(`bug: no state key: ${JSON.stringify(key)}`);
    if (sorted[place + 1]?.[0] === key) throw new Error(`bug: two writes of ${key} in one block`);
  }
  const rows = sorted.map(([key, value]) => `[${JSON.stringify(key)},${textOf(value)}]`);
  return hashOf(concat(prefix, utf8(`${previous}\n[${rows.join(",")}]`)), crypto);
}
