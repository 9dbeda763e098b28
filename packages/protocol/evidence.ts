import { evidenceDigestsMax } from "@vermilion/contracts";
import * as z from "zod";
import { actId, by, memberId, sha256Hex, time } from "./forms.ts";
import type { Route } from "./route.ts";

const count = z.int().min(1).max(evidenceDigestsMax);

/** Deposits of digests (存证): many in one entry, a receipt for each (mission E2, E6). */
export const evidenceRoutes = {
  depositEvidence: {
    method: "post",
    path: "/v1/evidence",
    topic: "evidence",
    names: { zh: "批量存证：一次提交一批摘要", en: "Deposit a batch of digests as one entry" },
    description: "原件留在原处，只有 SHA-256 上链。The originals stay where they are; only their SHA-256 go on the chain.",
    scopes: ["evidence:deposit"],
    body: { digests: z.array(sha256Hex).min(1).max(evidenceDigestsMax) },
    makes: "evidence.deposit",
    adds: { evidence: actId, root: sha256Hex, count },
    location: "/v1/evidence/{evidence}",
    refusals: ["malformed-digests", "evidence-size-does-not-match"],
  },
  evidence: {
    method: "get",
    path: "/v1/evidence/{evidence}",
    topic: "evidence",
    names: { zh: "存证登记信息", en: "What the ledger says of a deposit" },
    scopes: ["evidence:deposit", "ledger:read"],
    params: { evidence: actId },
    result: z
      .object({
        evidence: actId,
        root: sha256Hex,
        count,
        digests: sha256Hex.meta({ description: "各摘要依次相连而成的附件 · the attachment that is the digests one after the other" }),
        owner: memberId,
        by,
        transaction: sha256Hex,
        height: z.int(),
        at: time,
      })
      .meta({ id: "Evidence" }),
    refusals: ["unknown-evidence"],
  },
  evidenceReceipt: {
    method: "get",
    path: "/v1/evidence/{evidence}/receipts/{digest}",
    topic: "evidence",
    names: { zh: "一个摘要的存证凭据", en: "The receipt of one digest, for whoever knows it" },
    description:
      "path 由摘要（叶）通向 root（RFC 6962），root 在 entry 之中，entry 由 receipt 证明。" +
      "`path` leads from the digest, a leaf, to `root` (RFC 6962); the root stands in `entry`, and the receipt proves the entry.",
    params: { evidence: actId, digest: sha256Hex },
    waits: 0,
    result: z
      .object({
        digest: sha256Hex,
        index: z.int(),
        count,
        root: sha256Hex,
        path: z.array(sha256Hex),
        evidence: actId,
        transactionHash: sha256Hex,
        final: z.boolean(),
        receipt: z.string().meta({ description: "C2SP tlog-proof" }),
        entry: z.string(),
      })
      .meta({ id: "EvidenceReceipt" }),
    refusals: [
      "unknown-evidence",
      "digest-not-deposited",
      "evidence-list-does-not-match",
      "attachment-not-here",
      "no-checkpoint",
      "unknown-transaction",
    ],
  },
} as const satisfies Readonly<Record<string, Route>>;
