import { type CertificateRow, type LifeRow, stateKeys, statePrefixes } from "@vermilion/contracts";
import type { Context } from "../context.ts";
import { decodeCursor, encodeCursor } from "../paging.ts";
import type { CertificateStatusView, LifeStep, Page, Refused } from "../services.ts";
import { readRange, readRow } from "../state/reader.ts";

/** Steps looked at in one reading; a certificate has few, and whoever makes thousands of them waits a little longer. */
const perReading = 200;

/** Every step of a certificate's life in the order in which they were taken; each transaction has its receipt. */
export async function history(context: Context, id: string, cursor: string | undefined, limit: number): Promise<Page<LifeStep> | Refused> {
  const certificate = await readRow(context, stateKeys.certificate(id));
  if (certificate === undefined) return { refused: "unknown-certificate", detail: id };
  const prefix = statePrefixes.life(certificate.certificate);
  const from = decodeCursor(cursor, prefix);
  if (typeof from === "object") return from;
  const page = await readRange(context, prefix, { from, limit });
  return { items: page.rows.map(({ value }) => value), ...encodeCursor(page.next) };
}

/**
 * The status of a certificate now or at a time past (ms since 1970), and since when and why. Expiry is judged at that time. The answer says of
 * which block it speaks: what other members have committed since then it does not know.
 */
export async function statusAt(context: Context, id: string, asOf: number | undefined): Promise<CertificateStatusView | Refused> {
  const certificate = await readRow(context, stateKeys.certificate(id));
  if (certificate === undefined) return { refused: "unknown-certificate", detail: id };
  const published = await context.ledger.published();
  const newest = { blockNumber: published?.height ?? 0, time: published?.time ?? 0 };
  const now = Math.max(context.clock.now(), newest.time);
  if (asOf !== undefined && asOf > now) return { refused: "as-of-in-the-future", detail: "nobody knows yet" };
  const at = asOf ?? now;
  const { expiresAt } = certificate;
  const facts = { certificate: certificate.certificate, asOf: { ...newest, time: at }, expiresAt };
  if (at < certificate.issuedAt) return { ...facts, status: "not-issued" };
  const last = await lastStepBefore(context, certificate, at);
  const stands: LifeStep["status"] = last?.status ?? "valid";
  const isOver = stands === "revoked" || stands === "replaced";
  if (!isOver && expiresAt !== null && expiresAt <= at) return { ...facts, status: "expired", since: expiresAt };
  return {
    ...facts,
    status: stands,
    since: last?.at ?? certificate.issuedAt,
    transaction: last?.transaction ?? certificate.transaction,
    ...(last?.reason === undefined ? {} : { reason: last.reason }),
    ...(stands === "replaced" && last?.other !== undefined ? { replacedBy: last.other } : {}),
  };
}

/** The step that gave the status which stood at a time; steps that changed none are passed over. */
async function lastStepBefore(context: Context, certificate: CertificateRow, at: number): Promise<LifeRow | undefined> {
  const prefix = statePrefixes.life(certificate.certificate);
  let last: LifeRow | undefined;
  for (let from: string | undefined, more = true; more; ) {
    const page = await readRange(context, prefix, { from, limit: perReading });
    for (const { value } of page.rows) {
      if (value.at > at) return last;
      if (last?.status !== value.status) last = value;
    }
    from = page.next;
    more = from !== undefined;
  }
  return last;
}
