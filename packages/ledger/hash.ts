import { toHex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

declare const sha256Hex: unique symbol;

/** A SHA-256 value as 64 characters of lower-case hex, made or checked by this package. */
export type Hash = string & { readonly [sha256Hex]: true };

const hashForm = /^[0-9a-f]{64}$/;

export function isHash(value: unknown): value is Hash {
  return typeof value === "string" && hashForm.test(value);
}

/** The hash that `value` spells; undefined where it is none. */
export function parseHash(value: unknown): Hash | undefined {
  return isHash(value) ? value : undefined;
}

export function hashOf(bytes: Uint8Array, crypto: Crypto): Hash {
  return toHex(crypto.sha256(bytes)) as Hash;
}
