import { dayText } from "@vermilion/certificates";
import { stateKeys } from "./keys.ts";
import type { OperationContext } from "./operation.ts";
import type { CertificateStatus, CertificateTotalsRow } from "./rows.ts";

/** Days of the statistics are those of China Standard Time (UTC+8, no summer time), in which the agencies work. */
const DAY_OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 24 * 3_600_000;

/** The day of a time in ms since 1970, `YYYYMMDD`. */
export function dayOf(time: number): string {
  return dayText(Math.floor((time + DAY_OFFSET_MS) / DAY_MS));
}

/** Subject of the day rows of evidence, which has no certificate type; no type id begins with a capital. */
export const evidenceSubject = "EVIDENCE";

/** Counts an act of a member on a subject (a certificate type) on the day of the block. Execution is serial: no count is lost, no row is hot. */
export function countAct(context: OperationContext, member: string, subject: string, act: string, times = 1): void {
  const key = stateKeys.day(dayOf(context.block.time), member, subject);
  const row = context.view.get(key) ?? {};
  context.view.put(key, { ...row, [act]: (row[act] ?? 0) + times });
}

const none: CertificateTotalsRow = { valid: 0, suspended: 0, revoked: 0, replaced: 0 };

/** Moves one certificate from a status to another one in the totals of its type and issuer; `undefined`: it is new. */
export function countStatus(
  context: OperationContext,
  of: { readonly type: string; readonly issuer: string },
  from: CertificateStatus | undefined,
  to: CertificateStatus,
): void {
  const key = stateKeys.certificateTotals(of.type, of.issuer);
  const row = context.view.get(key) ?? none;
  // A certificate of the rules before these was never counted as it was issued: it must not make a count negative.
  const left = from === undefined ? {} : { [from]: Math.max(0, row[from] - 1) };
  context.view.put(key, { ...row, ...left, [to]: row[to] + 1 });
}
