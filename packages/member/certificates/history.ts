import { mainPart } from "@vermilion/certificates";
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
  const page = await readRange<LifeRow>(context, prefix, { from, limit });
  const steps = page.rows.map(({ value }) => value);
  const earlier = from === undefined && !isWhole(steps) ? stepsOfOlderRules(certificate) : [];
  return { items: [...earlier, ...steps], ...encodeCursor(page.next) };
}

function isWhole([first]: readonly LifeStep[]): boolean {
  return first?.kind === "issued" || first?.kind === "renewed";
}

/** What older rules wrote no steps of, from what they did write. A part that was corrected since is left out: its first stamp is gone. */
function stepsOfOlderRules(certificate: CertificateRow): LifeStep[] {
  return Object.entries(certificate.parts)
    .filter(([, part]) => part.corrects === undefined && part.status === undefined)
    .map(([name, part]): LifeStep => {
      const { owner, at, issuerSigned, transaction, height } = part;
      const who = { kind: "member", id: owner } as const;
      return {
        kind: name === mainPart ? "issued" : "completed",
        status: "valid",
        at,
        who,
        part: name,
        document: issuerSigned,
        transaction,
        height,
      };
    })
    .sort((one, other) => one.height - other.height);
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
  const facts = { certificate: certificate.certificate, asOf: { ...newest, time: at }, ...(expiresAt === undefined ? {} : { expiresAt }) };
  if (at < certificate.issuedAt) return { ...facts, status: "not-issued" };
  const last = await lastStepBefore(context, certificate, at);
  const stands: LifeStep["status"] = last?.status ?? "valid";
  const isOver = stands === "revoked" || stands === "replaced";
  if (!isOver && typeof expiresAt === "number" && expiresAt <= at) return { ...facts, status: "expired", since: expiresAt };
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
    const page = await readRange<LifeRow>(context, prefix, { from, limit: perReading });
    for (const { value } of page.rows) {
      if (value.at > at) return last;
      if (last?.status !== value.status) last = value;
    }
    from = page.next;
    more = from !== undefined;
  }
  return last;
}
