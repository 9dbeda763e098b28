import { z } from "@hono/zod-openapi";
import { answer, type Doors } from "../doors.ts";
import { memberId, optional, sha256Hex, time, waitSeconds } from "../schemas.ts";

const digestsMax = 8_192;
const evidenceId = z.string().regex(/^[0-9a-f]{64}-[0-9]{1,2}$/);
const byEvidence = z.object({ evidence: evidenceId });
const count = z.int().min(1).max(digestsMax);

const row = z
  .object({
    evidence: evidenceId,
    root: sha256Hex,
    count,
    digests: sha256Hex.openapi({ description: "各摘要依次相连而成的附件 · the attachment that is the digests one after the other" }),
    owner: memberId,
    by: z.object({ app: z.string(), operator: z.string() }),
    transaction: sha256Hex,
    height: z.int(),
    at: time,
  })
  .openapi("Evidence");

const evidenceReceipt = z
  .object({
    digest: sha256Hex,
    index: z.int(),
    count,
    root: sha256Hex,
    path: z.array(sha256Hex),
    evidence: evidenceId,
    transactionHash: sha256Hex,
    final: z.boolean(),
    receipt: z.string().openapi({ description: "C2SP tlog-proof" }),
    entry: z.string(),
  })
  .openapi("EvidenceReceipt");

/** Deposits of digests (存证): many in one entry, a receipt for each (mission E2, E6). */
export function evidenceRoutes({ reading, writing, publicly, waits, needs: { services } }: Doors): void {
  writing({
    method: "post",
    path: "/v1/evidence",
    topic: "evidence",
    summary: { zh: "批量存证：一次提交一批摘要", en: "Deposit a batch of digests as one entry" },
    description: "原件留在原处，只有 SHA-256 上链。The originals stay where they are; only their SHA-256 go on the chain.",
    scopes: ["evidence:deposit"],
    body: z.strictObject({ digests: z.array(sha256Hex).min(1).max(digestsMax) }),
    result: { evidence: evidenceId, root: sha256Hex, count },
    location: ({ evidence }) => `/v1/evidence/${evidence}`,
    problems: ["malformed-digests", "evidence-size-does-not-match"],
    run: ({ body, caller }, options) => services.deposit(body.digests, caller, options),
  });
  reading(
    {
      method: "get",
      path: "/v1/evidence/{evidence}",
      topic: "evidence",
      summary: { zh: "存证登记信息", en: "What the ledger says of a deposit" },
      scopes: ["evidence:deposit", "ledger:read"],
      params: byEvidence,
      answers: { 200: { description: "存证 · the deposit", content: { "application/json": row } } },
      problems: ["unknown-evidence"],
    },
    async ({ c, params }) => answer(c, row, await services.evidence(params.evidence)),
  );
  publicly(
    {
      method: "get",
      path: "/v1/evidence/{evidence}/receipts/{digest}",
      topic: "evidence",
      summary: { zh: "一个摘要的存证凭据", en: "The receipt of one digest, for whoever knows it" },
      description:
        "path 由摘要（叶）通向 root（RFC 6962），root 在 entry 之中，entry 由 receipt 证明。" +
        "`path` leads from the digest, a leaf, to `root` (RFC 6962); the root stands in `entry`, and the receipt proves the entry.",
      params: z.object({ evidence: evidenceId, digest: sha256Hex }),
      query: z.strictObject({ wait: optional(waitSeconds) }),
      answers: { 200: { description: "凭据 · the receipt", content: { "application/json": evidenceReceipt } } },
      problems: [
        "unknown-evidence",
        "digest-not-deposited",
        "evidence-list-does-not-match",
        "attachment-not-here",
        "no-checkpoint",
        "unknown-transaction",
      ],
    },
    async ({ c, params, query }) => {
      const read = (waitMs: number) => services.evidenceReceipt(params.evidence, params.digest, { waitMs });
      return answer(c, evidenceReceipt, await waits.anonymous.during((query.wait ?? 0) * 1000, read));
    },
  );
}
