import * as z from "zod";
import { by, type Given, sha256Hex } from "./arguments.ts";
import { checkAttachment } from "./attachments.ts";
import { countAct, evidenceSubject } from "./counts.ts";
import { evidenceId, stateKeys } from "./keys.ts";
import { memberOperation } from "./operation.ts";
import { refuse } from "./refusals.ts";

const DIGEST_BYTES = 32;
/** As many as an attachment of 256 KB holds. */
export const evidenceDigestsMax = 8_192;

const depositArguments = z.strictObject({
  /** RFC 6962 root over the digests as leaves. */
  root: sha256Hex,
  count: z.int().min(1).max(evidenceDigestsMax),
  /** SHA-256 of the attachment that is the digests one after the other. */
  digests: sha256Hex,
  by,
});

export type DepositArguments = Given<typeof depositArguments>;

/**
 * A batch of digests as one act (mission E2, E6). The root is the depositor's word; a receipt leads from a digest by its inner path to this
 * root and from the entry to the tree head, so a root that is not that of the list proves nothing to anybody.
 */
const deposit = memberOperation({
  contract: "evidence",
  operation: "deposit",
  version: 1,
  arguments: depositArguments,
  reads: () => [],
  apply: (context, given) => {
    const { view, block, entry, member } = context;
    const bad = checkAttachment(entry, given.digests, undefined);
    if (bad !== undefined) return bad;
    const size = entry.payload.attachments.find(({ sha256 }) => sha256 === given.digests)?.size;
    if (size !== given.count * DIGEST_BYTES) return refuse("evidence-size-does-not-match");
    const evidence = evidenceId(entry.transactionHash, context.operation);
    view.put(stateKeys.evidence(evidence), {
      evidence,
      ...given,
      owner: member.id,
      transaction: entry.transactionHash,
      height: block.height,
      at: block.time,
    });
    countAct(context, member.id, evidenceSubject, "deposited", given.count);
    return undefined;
  },
});

export const evidenceOperations = [deposit];
