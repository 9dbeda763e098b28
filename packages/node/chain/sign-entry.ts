import {
  type AttachmentReference,
  type EntryPayload,
  encodeEntry,
  encodePayload,
  entryLifetimeDefaultMs,
  entryTyp,
  lowS,
  type Operation,
  type ParsedEntry,
  signingInput,
} from "@vermilion/ledger";
import type { NodeContext } from "../context.ts";
import type { Refused } from "../entries/submission.ts";
import type { Attachment } from "../ports/index.ts";

export interface Draft {
  readonly operations: readonly Operation[];
  /** For all members, replicated in the block. */
  readonly attachments?: readonly (Attachment & { readonly name: string })[];
  /** For the audience alone; fetched by it after the commit. */
  readonly sealed?: readonly (Attachment & { readonly name: string; readonly audience: readonly string[] })[];
  /** Called with the signed entry when it could be applied, and before it can be anywhere else. A refusal ends here. */
  readonly beforeProposal?: (entry: ParsedEntry) => Promise<Refused | undefined>;
}

/** An entry of this member, signed, of the newest time that the chain lets it have. */
export async function signEntry(context: NodeContext, draft: Draft, id: string): Promise<ParsedEntry | Refused> {
  const now = context.clock.now();
  const published = await context.ledger.published();
  // An entry is never older than the chain's own time, or a clock that lags would see it expire at once.
  const time = Math.max(now, published?.time ?? 0);
  const payload: EntryPayload = {
    attachments: [...(draft.attachments ?? []), ...(draft.sealed ?? [])].map(referenceOf),
    chain: context.chain,
    id,
    operations: draft.operations,
    signers: [context.signThumbprint],
    time,
    until: time + entryLifetimeDefaultMs,
  };
  const payloadBytes = encodePayload(payload);
  const jwk = context.keys.public.sign;
  const signature = lowS(await context.keys.sign(signingInput(entryTyp, payloadBytes, jwk, context.signThumbprint)));
  // Refused in practice only where the entry is too large.
  return context.entries.parse(encodeEntry(payloadBytes, [{ jwk, kid: context.signThumbprint, signature }]));
}

function referenceOf(attachment: Attachment & { readonly name: string; readonly audience?: readonly string[] }): AttachmentReference {
  const { name, sha256, bytes, audience } = attachment;
  return { name, sha256, size: bytes.length, ...(audience === undefined ? {} : { audience }) };
}
