import type { ParsedEntry } from "@vermilion/ledger";
import type { Attachment, Proposal } from "../ports/index.ts";

/** A parsed entry as it waits for a block. */
export function proposalOf(entry: ParsedEntry, attachments: readonly Attachment[]): Proposal {
  const { id, signers, until } = entry.payload;
  const [author] = signers;
  if (author === undefined) throw new Error("bug: a parsed entry has a signer");
  return { transactionHash: entry.transactionHash, author, id, entry: entry.bytes, attachments, until };
}
