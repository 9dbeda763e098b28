import { type Crypto, fromBase64url, text, textOrUndefined, toBase64url, toHex, utf8 } from "@vermilion/ledger";
import type { Refused } from "./services.ts";

const invalidCursor: Refused = { refused: "invalid-cursor", detail: "the cursor is not of this list" };

const ascii = /^[!-~]{1,512}$/;

/**
 * A cursor of a list that can be asked for in many ways: the state key to go on from, bound to the question, so that a cursor of another
 * question is refused and not answered with rows of neither. `query` is the whole question in one spelling.
 */
export function queryCursors(query: string, prefix: string, crypto: Crypto) {
  const mark = toHex(crypto.sha256(utf8(query))).slice(0, 16);
  return {
    decode(cursor: string | undefined): string | undefined | Refused {
      if (cursor === undefined) return undefined;
      const bytes = fromBase64url(cursor);
      const parts = bytes === undefined ? [] : (textOrUndefined(bytes) ?? "").split(" ");
      const [of, key = ""] = parts;
      return parts.length === 2 && of === mark && ascii.test(key) && key.startsWith(prefix) ? key : invalidCursor;
    },
    encode: (key: string | undefined) => (key === undefined ? {} : { next: toBase64url(utf8(`${mark} ${key}`)) }),
  };
}

/** A cursor is the state key to go on from; it is of a list only under that list's prefix. */
export function decodeCursor(cursor: string | undefined, prefix: string): string | undefined | Refused {
  if (cursor === undefined) return undefined;
  const bytes = fromBase64url(cursor);
  if (bytes === undefined || bytes.some((byte) => byte < 0x21 || byte > 0x7e)) return invalidCursor;
  const key = text(bytes);
  return ascii.test(key) && key.startsWith(prefix) ? key : invalidCursor;
}

export function encodeCursor(key: string | undefined): { readonly next?: string } {
  return key === undefined ? {} : { next: toBase64url(utf8(key)) };
}
