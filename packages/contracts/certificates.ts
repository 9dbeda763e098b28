import { type CertificateType, mainPart, parseIdentifier } from "@vermilion/certificates";
import * as z from "zod";
import {
  address,
  by,
  callKey,
  certificateId,
  certificateVersion,
  code,
  type Given,
  partId,
  statusPlace,
  time,
  typeId,
  typeVersion,
} from "./arguments.ts";
import { checkContent, checkHolder, checkIdentifier, partContent } from "./certificate-content.ts";
import { changeStatus, listCertificate, publishDocument, recordStep, takeStatusPlace } from "./certificate-register.ts";
import { placeKey, stateKeys } from "./keys.ts";
import { type MemberContext, memberOperation, placeOf } from "./operation.ts";
import { partOf } from "./parts.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { CertificateRow } from "./rows.ts";

/** Version 2 of issue and complete, and what it brings: expiry, statuses in lists, the app and operator, and the next version (换证). */

const VERSION = 2;
const DAY_MS = 24 * 3_600_000;

const newCertificate = {
  certificate: certificateId,
  type: typeId,
  typeVersion,
  version: certificateVersion,
  holder: address.nullable(),
  /** ms since 1970; null: it does not expire. */
  expiresAt: time.nullable(),
  status: statusPlace,
  callKey: callKey.nullable(),
  by,
  ...partContent,
};

const issueArguments = z.strictObject(newCertificate);

export type IssueArguments = Given<typeof issueArguments>;

/** An issuer of the type publishes a certificate with its main part (发布). */
const issue = memberOperation({
  contract: "certificates",
  operation: "issue",
  version: VERSION,
  arguments: issueArguments,
  reads: readsOfNew,
  apply: (context, given) => {
    const type = checkNew(context, given);
    if ("refused" in type) return type;
    const certificate = begin(context, given, type);
    recordStep(context, certificate, { kind: "issued", by: given.by, part: mainPart, document: given.issuerSigned });
    return undefined;
  },
});

/** The type is named again, so that who holds the entry alone can compare it with what the issuer-signed part says it is. */
const completeArguments = z.strictObject({
  certificate: certificateId,
  type: typeId,
  typeVersion,
  part: partId,
  status: statusPlace,
  callKey: callKey.nullable(),
  by,
  ...partContent,
});

export type CompleteArguments = Given<typeof completeArguments>;

/**
 * A second agency adds its part (录入). The fields are those of the type's version under which the certificate was issued, so that what was
 * sealed while a new version came is still right; who may add them is what the latest version says, so that a change of agencies counts at once.
 */
const complete = memberOperation({
  contract: "certificates",
  operation: "complete",
  version: VERSION,
  arguments: completeArguments,
  reads: (given) => [stateKeys.certificate(given.certificate), stateKeys.digest(given.issuerSigned)],
  apply: (context, given) => {
    const { view, member } = context;
    const certificate = view.get(stateKeys.certificate(given.certificate));
    if (certificate === undefined) return refuse("unknown-certificate");
    if (given.type !== certificate.type || given.typeVersion !== certificate.typeVersion) return refuse("type-does-not-match");
    const type = view.get(stateKeys.type(certificate.type, certificate.typeVersion));
    if (given.part !== mainPart && !type?.parts.some(({ id }) => id === given.part)) return refuse("unknown-part");
    if (type === undefined) return refuse("unknown-type");
    if (partOf(certificate, given.part) !== undefined) return refuse("part-exists");
    const latest = latestType(context, certificate.type);
    if (!latest?.parts.some(({ id, completers }) => id === given.part && completers.includes(member.id))) return refuse("not-a-completer");
    const bad =
      checkStanding(certificate) ??
      checkContent(context, type, given.part, given) ??
      takeStatusPlace(context, certificate.certificate, given.status);
    if (bad !== undefined) return bad;

    if (certificate.listed !== undefined) view.delete(stateKeys.certificateAwaiting(certificate.type, given.part, certificate.listed));
    const completed = publishDocument(context, certificate, given.part, given, { status: given.status, revision: 1 });
    recordStep(context, completed, { kind: "completed", by: given.by, part: given.part, document: given.issuerSigned });
    return undefined;
  },
});

const renewArguments = z.strictObject({ replaces: certificateId, reason: code, ...newCertificate });

export type RenewArguments = Given<typeof renewArguments>;

/**
 * The issuer puts the next version in the place of a certificate (换证): same type, serial and holder, one version more (GB/T 36904). The old
 * one points to it and counts no more. An expired one may be renewed; one that is suspended is resumed first.
 */
const renew = memberOperation({
  contract: "certificates",
  operation: "renew",
  version: VERSION,
  arguments: renewArguments,
  reads: (given) => [stateKeys.certificate(given.replaces), ...readsOfNew(given)],
  apply: (context, given) => {
    const { view, member } = context;
    const old = view.get(stateKeys.certificate(given.replaces));
    if (old === undefined) return refuse("unknown-certificate");
    if (old.issuer !== member.id) return refuse("not-the-certificate-issuer");
    const ended = checkStanding(old);
    if (ended !== undefined) return ended;
    if (given.type !== old.type) return refuse("type-does-not-match");
    if (old.holder !== null && given.holder !== old.holder) return refuse("holder-does-not-match");
    if (!isNextVersion(old.certificate, given.certificate)) return refuse("identifier-does-not-match");
    const type = checkNew(context, given);
    if ("refused" in type) return type;

    const replaced: CertificateRow = { ...changeStatus(context, old, "replaced", given.reason), replacedBy: given.certificate };
    recordStep(context, replaced, { kind: "replaced", by: given.by, reason: given.reason, other: given.certificate });
    const certificate = { ...begin(context, given, type), replaces: old.certificate };
    recordStep(context, certificate, {
      kind: "renewed",
      by: given.by,
      part: mainPart,
      document: given.issuerSigned,
      reason: given.reason,
      other: old.certificate,
    });
    return undefined;
  },
});

type NewCertificate = Given<z.ZodObject<typeof newCertificate>>;

function readsOfNew(given: NewCertificate): string[] {
  return [
    stateKeys.typeLatest(given.type),
    stateKeys.type(given.type, given.typeVersion),
    stateKeys.certificate(given.certificate),
    stateKeys.digest(given.issuerSigned),
    ...(given.holder === null ? [] : [stateKeys.account(given.holder)]),
  ];
}

/** All that is asked of a certificate that begins; answers its type. Takes the place in the status list as the last of its questions. */
function checkNew(context: MemberContext, given: NewCertificate): CertificateType | Refusal {
  const { view, member } = context;
  const latest = view.get(stateKeys.typeLatest(given.type));
  if (latest === undefined) return refuse("unknown-type");
  if (given.typeVersion !== latest.version) return refuse("type-version-not-latest", `the latest version is ${latest.version}`);
  const type = view.get(stateKeys.type(given.type, given.typeVersion));
  if (type === undefined) return refuse("unknown-type");
  if (!type.issuers.includes(member.id)) return refuse("not-an-issuer");
  const bad = checkIdentifier(given, type, member.uscc);
  if (bad !== undefined) return bad;
  if (view.get(stateKeys.certificate(given.certificate)) !== undefined) return refuse("certificate-exists");
  return (
    checkExpiry(context, type, given.expiresAt) ??
    checkHolder(context, given.holder) ??
    checkContent(context, type, mainPart, given) ??
    takeStatusPlace(context, given.certificate, given.status) ??
    type
  );
}

/** In the future; where the type limits it, within that limit and the day that clocks and waiting may take. */
function checkExpiry({ block }: MemberContext, { validityDays }: CertificateType, expiresAt: number | null): Refusal | undefined {
  if (expiresAt === null) return validityDays === undefined ? undefined : refuse("expiry-out-of-range", "the type asks for an end");
  const latest = validityDays === undefined ? Number.MAX_SAFE_INTEGER : block.time + (validityDays + 1) * DAY_MS;
  return expiresAt > block.time && expiresAt <= latest ? undefined : refuse("expiry-out-of-range");
}

/** The row, listed, with its main part; not stored yet. */
function begin(context: MemberContext, given: NewCertificate, type: CertificateType): CertificateRow {
  const { block, entry, member } = context;
  const certificate: CertificateRow = {
    certificate: given.certificate,
    type: given.type,
    typeVersion: given.typeVersion,
    version: given.version,
    issuer: member.id,
    holder: given.holder,
    status: "valid",
    issuedAt: block.time,
    expiresAt: given.expiresAt,
    listed: placeKey(placeOf(context)),
    transaction: entry.transactionHash,
    height: block.height,
    parts: {},
  };
  listCertificate(context, certificate, type);
  return publishDocument(context, certificate, mainPart, given, { status: given.status, revision: 1 });
}

/** GB/T 36904: a reissue raises the version and keeps everything before it. */
function isNextVersion(old: string, next: string): boolean {
  const [one, other] = [parseIdentifier(old), parseIdentifier(next)];
  if ("refused" in one || "refused" in other) return false;
  return one.type === other.type && one.issuer === other.issuer && one.serial === other.serial && one.version + 1 === other.version;
}

export function latestType({ view }: MemberContext, id: string): CertificateType | undefined {
  const latest = view.get(stateKeys.typeLatest(id));
  return latest === undefined ? undefined : view.get(stateKeys.type(id, latest.version));
}

/** A certificate that was revoked or replaced is over; one that is suspended waits. */
export function checkStanding(certificate: CertificateRow): Refusal | undefined {
  switch (certificate.status) {
    case "revoked":
      return refuse("certificate-revoked");
    case "replaced":
      return refuse("certificate-replaced", certificate.replacedBy);
    case "suspended":
      return refuse("certificate-suspended");
    case "valid":
      return undefined;
  }
}

export const certificateOperations = [issue, complete, renew];
