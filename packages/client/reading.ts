import { issuerSignedHash, parseSdJwt, sdJwtLengthMax } from "@vermilion/certificates";
import { type Crypto, entryBytesMax, parseEntry, utf8 } from "@vermilion/ledger";

/** What programs on top of the client need to read files as the ledger reads them. */
export { sdJwtLengthMax } from "@vermilion/certificates";
export { entryBytesMax, isJsonObject, type Json, type JsonObject, parseStrict, receiptBytesMax, textOrUndefined } from "@vermilion/ledger";

/** The hash under which the ledger knows what a text is: an SD-JWT by its issuer-signed part, an entry by its payload. Undefined for other texts. */
export function lookupHashOf(text: string, crypto: Crypto): { readonly kind: "sd-jwt" | "entry"; readonly hash: string } | undefined {
  const trimmed = text.trim();
  if (trimmed.length > sdJwtLengthMax) return undefined;
  const sdJwt = parseSdJwt(trimmed.includes("~") ? trimmed : `${trimmed}~`);
  if (!("refused" in sdJwt)) return { kind: "sd-jwt", hash: issuerSignedHash(sdJwt.jws, crypto) };
  const entry = text.length <= entryBytesMax ? parseEntry(utf8(text), crypto) : undefined;
  return entry === undefined || "refused" in entry ? undefined : { kind: "entry", hash: entry.transactionHash };
}
