import { fromBase64url, text, toBase64url, utf8 } from "@vermilion/ledger";
import type { Refused } from "../services.ts";

const invalidCursor: Refused = { refused: "invalid-cursor", detail: "the cursor is not of this list" };

const ascii = /^[!-~]{1,512}$/;

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
