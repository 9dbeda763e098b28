import { row } from "./row.ts";

/** Deposits of digests. */
export const evidenceProblems = {
  "malformed-digests": row(422, "摘要应为1至8192个64位十六进制数", "Digests are 1 to 8,192 texts of 64 hex digits"),
  "unknown-evidence": row(404, "没有此存证", "There is no such deposit"),
  "digest-not-deposited": row(404, "该存证不含此摘要", "The deposit does not hold this digest"),
  "evidence-list-does-not-match": row(409, "存证的根与摘要清单不符", "The root of the deposit is not that of its digests"),
  "evidence-size-does-not-match": row(422, "摘要数量与附件大小不符", "The number of digests does not fit the size of the attachment"),
} as const;
