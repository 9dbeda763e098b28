import { attachmentBytesMax, type Crypto, type ParsedEntry, toHex } from "@vermilion/ledger";
import { blockBytesMax } from "./block.ts";
import type { Attachment } from "./ports/index.ts";

/** An entry's attachments for all members must be there, each exactly as named, and no others; undefined answers that they are. */
export function checkAttachments(
  { crypto }: { readonly crypto: Crypto },
  entry: ParsedEntry,
  attachments: readonly Attachment[],
): "missing-attachment" | "wrong-attachment" | "surplus-attachment" | undefined {
  const held = new Map(attachments.map((attachment) => [attachment.sha256, attachment.bytes]));
  const named = entry.payload.attachments.filter(({ audience }) => audience === undefined);
  for (const reference of named) {
    const bytes = held.get(reference.sha256);
    if (bytes === undefined) return "missing-attachment";
    const isRight =
      bytes.length === reference.size && bytes.length <= attachmentBytesMax && toHex(crypto.sha256(bytes)) === reference.sha256;
    if (!isRight) return "wrong-attachment";
  }
  const names = new Set(named.map(({ sha256 }) => sha256));
  return attachments.length === held.size && attachments.every(({ sha256 }) => names.has(sha256)) ? undefined : "surplus-attachment";
}

/** An entry with its attachments must fit a block: one that does not would wait before all others for ever. */
export function wrongSize(entry: ParsedEntry, attachments: readonly Attachment[]): "too-large" | undefined {
  const bytes = attachments.reduce((sum, attachment) => sum + attachment.bytes.length, entry.bytes.length);
  return bytes > blockBytesMax ? "too-large" : undefined;
}
