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
  statusSlot,
  time,
  typeId,
  typeVersion,
} from "../operation/arguments.ts";
import { onCertificateType } from "../operation/counts.ts";
import { type MemberContext, operation, positionOf } from "../operation/operation.ts";
import { type Refusal, refuse } from "../operation/refusals.ts";
import type { CertificateRow } from "../state/certificates.ts";
import { stateKeys } from "../state/keys.ts";
import { positionKey } from "../state/position.ts";
import { checkContent, checkHolder, checkIdentifier, partContent } from "./content.ts";
import { changeStatus, listCertificate, publishDocument, recordStep, takeStatusSlot } from "./register.ts";
import { refuseUnlessValid } from "./status.ts";

const DAY_MS = 24 * 3_600_000;

const newCertificate = {
  certificate: certificateId,
  type: typeId,
  typeVersion,
  version: certificateVersion,
  holder: address.nullable(),
  /** ms since 1970; null: it does not expire. */
  expiresAt: time.nullable(),
  status: statusSlot,
  callKey: callKey.nullable(),
  by,
  ...partContent,
};

/** An issuer of the type publishes a certificate with its main part (发布). */
export const issue = operation({
  contract: "certificates",
  operation: "issue",
  version: 1,
  schema: z.strictObject(newCertificate),
  authors: ["member"],
  subjects: ({ certificate }) => [{ kind: "certificate", id: certificate }],
  counts: { issued: onCertificateType },
  reads: readsOfNew,
  apply: (context, given) => {
    const type = checkNew(context, given);
    if ("refused" in type) return type;
    const certificate = begin(context, given, type);
    recordStep(context, certificate, { kind: "issued", by: given.by, part: mainPart, document: given.issuerSigned });
    return undefined;
  },
});

/**
 * The issuer puts the next version in the place of a certificate (换证): same type, serial and holder, one version more (GB/T 36904). The old
 * one points to it and counts no more. An expired one may be renewed; one that is suspended is resumed first.
 */
export const renew = operation({
  contract: "certificates",
  operation: "renew",
  version: 1,
  schema: z.strictObject({ replaces: certificateId, reason: code, ...newCertificate }),
  authors: ["member"],
  subjects: ({ certificate, replaces }) => [
    { kind: "certificate", id: certificate },
    { kind: "certificate", id: replaces },
  ],
  // What happens to the old one is the same act.
  counts: { renewed: onCertificateType },
  reads: (given) => [stateKeys.certificate(given.replaces), ...readsOfNew(given)],
  apply: (context, given) => {
    const old = context.view.get(stateKeys.certificate(given.replaces));
    if (old === undefined) return refuse("unknown-certificate");
    if (old.issuer !== context.author.id) return refuse("not-the-certificate-issuer");
    const ended = refuseUnlessValid(old);
    if (ended !== undefined) return ended;
    if (given.type !== old.type) return refuse("type-does-not-match");
    if (old.holder !== null && given.holder !== old.holder) return refuse("holder-does-not-match");
    if (!isNextVersion(old.certificate, given.certificate)) return refuse("identifier-does-not-match");
    const type = checkNew(context, given);
    if ("refused" in type) return type;

    const { by, reason } = given;
    const replaced: CertificateRow = { ...changeStatus(context, old, "replaced", reason), replacedBy: given.certificate };
    recordStep(context, replaced, { kind: "replaced", by, reason, other: given.certificate });
    const certificate = { ...begin(context, given, type), replaces: old.certificate };
    const step = { kind: "renewed", by, part: mainPart, document: given.issuerSigned, reason, other: old.certificate } as const;
    recordStep(context, certificate, step);
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

/** All that is asked of a certificate that begins; answers its type. Takes the slot in the status list as the last of its questions. */
function checkNew(context: MemberContext, given: NewCertificate): CertificateType | Refusal {
  const { view, author } = context;
  const latest = view.get(stateKeys.typeLatest(given.type));
  if (latest === undefined) return refuse("unknown-type");
  if (given.typeVersion !== latest.version) return refuse("type-version-not-latest", `the latest version is ${latest.version}`);
  const type = view.get(stateKeys.type(given.type, given.typeVersion));
  if (type === undefined) return refuse("unknown-type");
  if (!type.issuers.includes(author.id)) return refuse("not-an-issuer");
  const bad = checkIdentifier(given, type, author.member.uscc);
  if (bad !== undefined) return bad;
  if (view.get(stateKeys.certificate(given.certificate)) !== undefined) return refuse("certificate-exists");
  return (
    checkExpiry(context, type, given.expiresAt) ??
    checkHolder(context, given.holder) ??
    checkContent(context, type, mainPart, given) ??
    takeStatusSlot(context, given.certificate, given.status) ??
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
  const { block, entry, author } = context;
  const certificate: CertificateRow = {
    certificate: given.certificate,
    type: given.type,
    typeVersion: given.typeVersion,
    version: given.version,
    issuer: author.id,
    holder: given.holder,
    status: "valid",
    issuedAt: block.time,
    expiresAt: given.expiresAt,
    listed: positionKey(positionOf(context)),
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
