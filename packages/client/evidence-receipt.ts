import { utf8 } from "@vermilion/ledger";
import type { InnerPath } from "./verify.ts";

export interface ReadEvidenceReceipt {
  /** SHA-256 of the original, hex. */
  readonly digest: string;
  readonly innerPath: InnerPath;
  readonly receipt: string;
  readonly entry: Uint8Array;
}

const hashForm = /^[0-9a-f]{64}$/;
/** A batch has at most 2^13 digests. */
const pathLengthMax = 13;

/** The receipt of a digest that was deposited in a batch, as the API gives it; undefined for a text that is no JSON object. */
export function readEvidenceReceipt(text: string): ReadEvidenceReceipt | { readonly malformed: true } | undefined {
  if (!text.startsWith("{")) return undefined;
  let read: Partial<Record<string, unknown>>;
  try {
    read = JSON.parse(text);
  } catch {
    return { malformed: true };
  }
  const { digest, index, count, path, receipt, entry } = read;
  const isPath =
    Array.isArray(path) && path.length <= pathLengthMax && path.every((hash) => typeof hash === "string" && hashForm.test(hash));
  const isHash = typeof digest === "string" && hashForm.test(digest);
  if (
    !isPath ||
    !isHash ||
    typeof index !== "number" ||
    typeof count !== "number" ||
    typeof receipt !== "string" ||
    typeof entry !== "string"
  )
    return { malformed: true };
  return { digest, innerPath: { index, count, path }, receipt, entry: utf8(entry) };
}
