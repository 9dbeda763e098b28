import { type CertificateType, statusListLength, statusValues } from "@vermilion/certificates";
import { type AccountAuthor, type MemberAuthor, partyOf } from "../operation/authors.ts";
import { type AuthoredContext, type MemberContext, type OperationContext, positionOf } from "../operation/operation.ts";
import { type Refusal, refuse } from "../operation/refusals.ts";
import type {
  CertificateRow,
  CertificateStatus,
  CertificateTotalsRow,
  LifeKind,
  LifeRow,
  PartRow,
  StatusSlot,
} from "../state/certificates.ts";
import { stateKeys } from "../state/keys.ts";
import type { By, Party } from "../state/party.ts";
import type { PartContent } from "./content.ts";

/** What is written wherever a certificate begins, changes or ends: its row, its rows in lists, its statuses, its life and its trace. */

/** A new certificate in the lists, and as waiting for every other part of its type. */
export function listCertificate(context: MemberContext, certificate: CertificateRow, type: CertificateType): void {
  const { view } = context;
  const { listed } = certificate;
  const row = { certificate: certificate.certificate };
  view.put(stateKeys.certificateInList(listed), row);
  view.put(stateKeys.certificateInTypeList(certificate.type, listed), row);
  view.put(stateKeys.certificateInIssuerList(certificate.issuer, listed), row);
  if (certificate.holder !== null) view.put(stateKeys.certificateInHolderList(certificate.holder, listed), row);
  for (const { id } of type.parts) view.put(stateKeys.certificateAwaiting(certificate.type, id, listed), row);
  countStatus(context, certificate, undefined, "valid");
}

/** Takes a slot in the author's status list for a new document: each slot once, in the newest list or an older one. */
export function takeStatusSlot(context: MemberContext, certificate: string, { list, index }: StatusSlot): Refusal | undefined {
  const { view, author } = context;
  const current = view.get(stateKeys.statusList(author.id)) ?? { list: 0, taken: 0 };
  if (list > current.list) return refuse("wrong-status-list", `the newest list is ${current.list}`);
  const key = stateKeys.statusIndex(author.id, list, index);
  if (view.get(key) !== undefined) return refuse("status-index-taken");
  view.put(key, { certificate });
  if (list < current.list) return undefined;
  const taken = current.taken + 1;
  // Half full, slots drawn at random seldom meet; then the next list begins.
  view.put(stateKeys.statusList(author.id), taken * 2 >= statusListLength ? { list: list + 1, taken: 0 } : { list, taken });
  return undefined;
}

/** The part's new row. The document must be new, its status slot taken. */
export function publishDocument(
  context: MemberContext,
  certificate: CertificateRow,
  name: string,
  content: PartContent,
  more: { readonly status: StatusSlot; readonly revision: number; readonly corrects?: string },
): CertificateRow {
  const { view, block, entry, author } = context;
  const stamp = { transaction: entry.transactionHash, height: block.height };
  const part: PartRow = {
    owner: author.id,
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
  const { list, index } = part.status;
  context.view.put(stateKeys.statusChange(part.owner, list, positionOf(context), index), { index, value, at: context.block.time });
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
  const { listed } = certificate;
  const row = { certificate: certificate.certificate };
  for (const part of Object.values(certificate.parts)) changeStatusInList(context, part, listValues[status]);
  if (certificate.status !== "valid") view.delete(stateKeys.certificateInStatusList(certificate.status, listed));
  if (status !== "valid") view.put(stateKeys.certificateInStatusList(status, listed), row);
  if (status === "revoked" || status === "replaced") stopWaiting(context, certificate);
  countStatus(context, certificate, certificate.status, status);
  return { ...certificate, status, statusAt: block.time, statusReason: reason };
}

/** A certificate that has ended waits for no part any more. */
function stopWaiting({ view }: MemberContext, { type, typeVersion, listed }: CertificateRow): void {
  for (const { id } of view.get(stateKeys.type(type, typeVersion))?.parts ?? [])
    view.delete(stateKeys.certificateAwaiting(type, id, listed));
}

export interface Step {
  readonly kind: LifeKind;
  /** Null where an account acts by its own key. */
  readonly by: By | null;
  /** Where it is not the author: for whom he speaks. */
  readonly who?: Party;
  readonly part?: string;
  readonly document?: string;
  readonly reason?: string;
  readonly other?: string;
}

/** Stores the certificate, and the step that brought it there in its life and its trace. */
export function recordStep(context: AuthoredContext<MemberAuthor | AccountAuthor>, certificate: CertificateRow, step: Step): void {
  const { view, block, entry, author } = context;
  const { kind, by: named, who = partyOf(author), ...more } = step;
  const by = named === null ? {} : { by: named };
  const stamp = { transaction: entry.transactionHash, height: block.height };
  const position = positionOf(context);
  const life: LifeRow = { kind, status: certificate.status, at: block.time, who, ...by, ...more, ...stamp };
  view.put(stateKeys.certificate(certificate.certificate), certificate);
  view.put(stateKeys.life(certificate.certificate, position), life);
  const { part, reason } = more;
  view.put(stateKeys.trace(certificate.certificate, position), {
    kind,
    at: block.time,
    who,
    ...by,
    ...(part === undefined ? {} : { part, fields: certificate.parts[part]?.fields ?? [] }),
    ...(reason === undefined ? {} : { reason }),
    ...stamp,
  });
}

const none: CertificateTotalsRow = { valid: 0, suspended: 0, revoked: 0, replaced: 0 };

/** Moves one certificate from a status to another one in the totals of its type and issuer; `undefined`: it is new. */
function countStatus(
  context: OperationContext,
  of: { readonly type: string; readonly issuer: string },
  from: CertificateStatus | undefined,
  to: CertificateStatus,
): void {
  const key = stateKeys.certificateTotals(of.type, of.issuer);
  const row = context.view.get(key) ?? none;
  const left = from === undefined ? {} : { [from]: row[from] - 1 };
  context.view.put(key, { ...row, ...left, [to]: row[to] + 1 });
}
