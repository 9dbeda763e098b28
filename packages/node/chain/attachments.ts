import { attachmentBytesMax, type Crypto, type ParsedEntry, toHex } from "@vermilion/ledger";
import type { Attachment } from "../ports/index.ts";
import { blockBytesMax } from "./block.ts";

/** An entry's attachments for all members must be there, each exactly as named; undefined answers that they are. */
export function checkAttachments(
  { crypto }: { readonly crypto: Crypto },
  entry: ParsedEntry,
  attachments: readonly Attachment[],
): "missing-attachment" | "wrong-attachment" | undefined {
  const held = new Map(attachments.map((attachment) => [attachment.sha256, attachment.bytes]));
  for (const reference of forAll(entry)) {
    const bytes = held.get(reference.sha256);
    if (bytes === undefined) return "missing-attachment";
    const isRight =
      bytes.length === reference.size && bytes.length <= attachmentBytesMax && toHex(crypto.sha256(bytes)) === reference.sha256;
    if (!isRight) return "wrong-attachment";
  }
  return undefined;
}

function forAll(entry: ParsedEntry) {
  return entry.payload.attachments.filter(({ audience }) => audience === undefined);
}

/**
 * What makes an entry with its attachments unfit for any block: others would refuse the block that it is in, and it would wait before all
 * others for ever.
 */
export function unfitForBlock(entry: ParsedEntry, attachments: readonly Attachment[]): "surplus-attachment" | "too-large" | undefined {
  const named = new Set(forAll(entry).map(({ sha256 }) => sha256));
  const given = new Set(attachments.map(({ sha256 }) => sha256));
  if (given.size !== attachments.length || [...given].some((sha256) => !named.has(sha256))) return "surplus-attachment";
  const bytes = attachments.reduce((sum, attachment) => sum + attachment.bytes.length, entry.bytes.length);
  return bytes > blockBytesMax ? "too-large" : undefined;
}
