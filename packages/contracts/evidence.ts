import * as z from "zod";
import { by, sha256Hex } from "./operation/arguments.ts";
import { checkAttachment } from "./operation/attachments.ts";
import { operation } from "./operation/operation.ts";
import { refuse } from "./operation/refusals.ts";
import { evidenceId } from "./state/evidence.ts";
import { stateKeys } from "./state/keys.ts";
import { evidenceSubject } from "./state/statistics.ts";

const DIGEST_BYTES = 32;
/** As many as an attachment of 256 KB holds. */
export const evidenceDigestsMax = 8_192;

const schema = z.strictObject({
  /** RFC 6962 root over the digests as leaves. */
  root: sha256Hex,
  count: z.int().min(1).max(evidenceDigestsMax),
  /** SHA-256 of the attachment that is the digests one after the other. */
  digests: sha256Hex,
  by,
});

/**
 * A batch of digests as one act (mission E2, E6). The root is the depositor's word; a receipt leads from a digest by its inner path to this
 * root and from the entry to the tree head, so a root that is not that of the list proves nothing to anybody.
 */
const deposit = operation({
  contract: "evidence",
  operation: "deposit",
  version: 1,
  schema,
  authors: ["member"],
  subjects: (_given, { transaction, operation }) => [{ kind: "evidence", id: evidenceId(transaction, operation) }],
  counts: { deposited: { of: "author", counted: ({ author }) => ({ member: author.id, subject: evidenceSubject }) } },
  times: ({ count }) => count,
  reads: () => [],
  apply: (context, given) => {
    const { view, block, entry, author } = context;
    const bad = checkAttachment(entry, given.digests, undefined);
    if (bad !== undefined) return bad;
    const size = entry.payload.attachments.find(({ sha256 }) => sha256 === given.digests)?.size;
    if (size !== given.count * DIGEST_BYTES) return refuse("evidence-size-does-not-match");
    const evidence = evidenceId(entry.transactionHash, context.operation);
    view.put(stateKeys.evidence(evidence), {
      evidence,
      ...given,
      owner: author.id,
      transaction: entry.transactionHash,
      height: block.height,
      at: block.time,
    });
    return undefined;
  },
});

export const evidenceOperations = [deposit] as const;
