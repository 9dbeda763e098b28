import { fromBase64, toBase64, utf8 } from "./bytes.ts";
import { treeHashBytes } from "./tree.ts";

/** What a C2SP tlog-proof carries; for Vermilion `record` is the leaf record. */
export type Receipt = {
  /** The `extra` bytes. */
  readonly record: Uint8Array;
  readonly index: number;
  /** 32-byte hashes from leaf to root. */
  readonly proof: readonly Uint8Array[];
  /** The signed and cosigned checkpoint, verbatim. */
  readonly checkpoint: string;
};

export type ReceiptCode = "malformed-receipt" | "too-large";
export type ReceiptRefusal = { readonly refused: ReceiptCode; readonly detail: string };

/** What a verifier reads at most. Ours stay under 2,500 bytes up to some nine members; each further cosignature adds about 130. */
export const receiptBytesMax = 32_768;
/** A tree of 2^53 leaves has paths of 53 hashes. */
export const proofHashesMax = 53;

const firstLine = "c2sp.org/tlog-proof@v1";

/** The text of a receipt, C2SP tlog-proof "Format". */
export function formatReceipt({ record, index, proof, checkpoint }: Receipt): string {
  const hashes = proof.map((hash) => `${toBase64(hash)}\n`).join("");
  return `${firstLine}\nextra ${toBase64(record)}\nindex ${index}\n${hashes}\n${checkpoint}`;
}

/** The parts of a receipt, nothing verified. A proof without `extra` is no receipt: nothing says which record it is about. */
export function parseReceipt(text: string): Receipt | ReceiptRefusal {
  if (text.length > receiptBytesMax || utf8(text).length > receiptBytesMax) {
    return { refused: "too-large", detail: `at most ${receiptBytesMax} bytes` };
  }
  const end = text.indexOf("\n\n");
  const [first, extraLine, indexLine, ...hashLines] = text.slice(0, Math.max(end, 0)).split("\n");
  if (first !== firstLine) return malformed(`the first line is not ${firstLine}`);
  const record = fromBase64(/^extra (.+)$/.exec(extraLine ?? "")?.[1] ?? "*");
  if (record === undefined) return malformed("the second line is not extra <base64>");
  const index = Number(/^index (0|[1-9][0-9]*)$/.exec(indexLine ?? "")?.[1] ?? "NaN");
  if (!Number.isSafeInteger(index)) return malformed("the third line is not index <decimal>");
  if (hashLines.length > proofHashesMax) return malformed(`more than ${proofHashesMax} proof lines`);
  const proof = hashLines.map(fromBase64);
  if (!proof.every((hash) => hash?.length === treeHashBytes)) return malformed("a proof line is not a hash in base64");
  return { record, index, proof: proof.filter((hash) => hash !== undefined), checkpoint: text.slice(end + 2) };
}

function malformed(detail: string): ReceiptRefusal {
  return { refused: "malformed-receipt", detail };
}
