import { type CertificateType, statusListLength, statusValues } from "@vermilion/certificates";
import type { PartContent } from "./certificate-content.ts";
import { countAct, countStatus } from "./counts.ts";
import { placeKey, stateKeys } from "./keys.ts";
import { type MemberContext, placeOf } from "./operation.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { By, CertificateRow, CertificateStatus, LifeKind, LifeRow, PartRow, Party, StatusPlace } from "./rows.ts";

/** What is written wherever a certificate begins, changes or ends: its row, its places in lists, its statuses, its life and its trace. */

/** The place of a certificate in every list; one that older rules issued gets the place of the change that first needs it. */
function listedOf(context: MemberContext, certificate: CertificateRow): string {
  return certificate.listed ?? placeKey(placeOf(context));
}

/** A new certificate in the lists, and as waiting for every other part of its type. */
export function listCertificate(context: MemberContext, certificate: CertificateRow, type: CertificateType): void {
  const { view } = context;
  const place = placeOf(context);
  const listed = placeKey(place);
  const row = { certificate: certificate.certificate };
  view.put(stateKeys.certificateInList(place), row);
  view.put(stateKeys.certificateInTypeList(certificate.type, place), row);
  view.put(stateKeys.certificateInIssuerList(certificate.issuer, listed), row);
  if (certificate.holder !== null) view.put(stateKeys.certificateInHolderList(certificate.holder, place), row);
  for (const { id } of type.parts) view.put(stateKeys.certificateAwaiting(certificate.type, id, listed), row);
  countStatus(context, certificate, undefined, "valid");
}

/** Takes a place in the owner's status list for a new document: each place once, in the newest list or an older one. */
export function takeStatusPlace(context: MemberContext, certificate: string, { list, index }: StatusPlace): Refusal | undefined {
  const { view, member } = context;
  const current = view.get(stateKeys.statusList(member.id)) ?? { list: 0, taken: 0 };
  if (list > current.list) return refuse("wrong-status-list", `the newest list is ${current.list}`);
  const key = stateKeys.statusIndex(member.id, list, index);
  if (view.get(key) !== undefined) return refuse("status-index-taken");
  view.put(key, { certificate });
  if (list < current.list) return undefined;
  const taken = current.taken + 1;
  // Half full, places drawn at random seldom meet; then the next list begins.
  view.put(stateKeys.statusList(member.id), taken * 2 >= statusListLength ? { list: list + 1, taken: 0 } : { list, taken });
  return undefined;
}

/** The part's new row. The document must be new, its status place taken. */
export function publishDocument(
  context: MemberContext,
  certificate: CertificateRow,
  name: string,
  content: PartContent,
  more: { readonly status: StatusPlace; readonly revision: number; readonly corrects?: string },
): CertificateRow {
  const { view, block, entry, member } = context;
  const stamp = { transaction: entry.transactionHash, height: block.height };
  const part: PartRow = {
    owner: member.id,
    fields: [...content.fields].sort(),
    commitments: content.commitments,
    issuerSigned: content.issuerSigned,
    disclosures: content.disclosures,
    typeVersion: certificate.typeVersion,
    ...more,
    ...stamp,
    at: block.time,
  };
  const document = { certificate: certificate.certificate, version: certificate.version, part: name, ...stamp };
  view.put(stateKeys.digest(content.issuerSigned), document);
  return { ...certificate, parts: { ...certificate.parts, [name]: part } };
}

/** The value of a document's status in its list from now on. */
export function changeStatusInList(context: MemberContext, part: Pick<PartRow, "owner" | "status">, value: number): void {
  if (part.status === undefined) return;
  const { list, index } = part.status;
  context.view.put(stateKeys.statusChange(part.owner, list, placeOf(context), index), { index, value, at: context.block.time });
}

const listValues: Readonly<Record<CertificateStatus, number>> = {
  valid: statusValues.valid,
  suspended: statusValues.suspended,
  revoked: statusValues.invalid,
  replaced: statusValues.invalid,
};

/** The certificate under a new status: in its row, in the status lists of all who signed a part, in the list of its status and in the totals. */
export function changeStatus(
  context: MemberContext,
  certificate: CertificateRow,
  status: CertificateStatus,
  reason: string,
): CertificateRow {
  const { view, block } = context;
  const listed = listedOf(context, certificate);
  const row = { certificate: certificate.certificate };
  for (const part of Object.values(certificate.parts)) changeStatusInList(context, part, listValues[status]);
  if (certificate.status !== "valid") view.delete(stateKeys.certificateInStatusList(certificate.status, listed));
  if (status !== "valid") view.put(stateKeys.certificateInStatusList(status, listed), row);
  if (status === "revoked" || status === "replaced") stopWaiting(context, certificate, listed);
  countStatus(context, certificate, certificate.status, status);
  return { ...certificate, status, statusAt: block.time, statusReason: reason, listed };
}

/** A certificate that has ended waits for no part any more. */
function stopWaiting({ view }: MemberContext, { type, typeVersion }: CertificateRow, listed: string): void {
  for (const { id } of view.get(stateKeys.type(type, typeVersion))?.parts ?? [])
    view.delete(stateKeys.certificateAwaiting(type, id, listed));
}

export interface Step {
  readonly kind: LifeKind;
  readonly by: By;
  /** The author's member where nobody else is named. */
  readonly who?: Party;
  readonly part?: string;
  readonly document?: string;
  readonly reason?: string;
  readonly other?: string;
}

/** Stores the certificate, and the step that brought it there in its life, its trace and the counts of the day. */
export function recordStep(context: MemberContext, certificate: CertificateRow, step: Step): void {
  const { view, block, entry, member } = context;
  const { kind, by, who = { kind: "member", id: member.id }, ...more } = step;
  const stamp = { transaction: entry.transactionHash, height: block.height };
  const place = placeOf(context);
  const life: LifeRow = { kind, status: certificate.status, at: block.time, who, by, ...more, ...stamp };
  view.put(stateKeys.certificate(certificate.certificate), certificate);
  view.put(stateKeys.life(certificate.certificate, place), life);
  const { part, reason } = more;
  view.put(stateKeys.trace(certificate.certificate, place), {
    kind,
    at: block.time,
    who,
    by,
    ...(part === undefined ? {} : { part, fields: certificate.parts[part]?.fields ?? [] }),
    ...(reason === undefined ? {} : { reason }),
    ...stamp,
  });
  // What happens to the old one of a renewal is the same act.
  if (kind !== "replaced") countAct(context, member.id, certificate.type, kind);
}
