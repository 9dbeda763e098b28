import * as z from "zod";
import {
  address,
  by,
  certificateId,
  code,
  fieldName,
  json,
  memberId,
  names,
  optional,
  partId,
  sha256Hex,
  time,
  typeId,
  who,
} from "../forms.ts";

const part = z.object({
  owner: memberId,
  fields: z.array(fieldName),
  commitments: z.record(z.string(), sha256Hex),
  issuerSigned: sha256Hex,
  disclosures: sha256Hex,
  typeVersion: z.int(),
  status: z.object({ list: z.int(), index: z.int() }),
  revision: z.int(),
  corrects: optional(sha256Hex),
  transaction: sha256Hex,
  height: z.int(),
  at: time,
});

export const certificateStatus = z.enum(["valid", "suspended", "revoked", "replaced"]);
export const lifeKind = z.enum(["issued", "completed", "renewed", "replaced", "corrected", "suspended", "resumed", "revoked", "received"]);

export const certificate = z
  .object({
    certificate: certificateId,
    type: typeId,
    typeVersion: z.int(),
    version: z.int(),
    issuer: memberId,
    holder: address.nullable(),
    status: certificateStatus.meta({
      description: "账本上的状态；是否过期看 expiresAt · as the ledger says; whether it has expired, `expiresAt` tells",
    }),
    issuedAt: time,
    expiresAt: time.nullable(),
    listed: z.string(),
    replaces: optional(certificateId),
    replacedBy: optional(certificateId),
    statusAt: optional(time),
    statusReason: optional(code),
    received: optional(z.object({ document: sha256Hex, at: time, transaction: sha256Hex })),
    transaction: sha256Hex,
    height: z.int(),
    parts: z.record(z.string(), part),
  })
  .meta({ id: "Certificate" });

/** As lists show a certificate; never a field of it. */
export const certificateItem = z
  .object({
    ...certificate.shape,
    typeNames: names,
    issuerNames: names,
    /** Parts that are still missing, and whether the member may add them. */
    awaiting: z.array(z.object({ part: partId, names, mayComplete: z.boolean() })),
  })
  .meta({ id: "CertificateItem" });

/** What issuing, completing, renewing and correcting answer. */
export const issued = {
  certificate: certificateId,
  issuerSignedSha256: sha256Hex,
  sdJwt: optional(z.string()).meta({ description: "含全部披露的 SD-JWT VC · the SD-JWT VC with all disclosures" }),
};

export const lifeStep = z
  .object({
    kind: lifeKind,
    status: certificateStatus,
    at: time,
    who,
    by: optional(by),
    part: optional(partId),
    document: optional(sha256Hex),
    reason: optional(code),
    other: optional(certificateId),
    transaction: sha256Hex,
    height: z.int(),
  })
  .meta({ id: "LifeStep" });

export const verdicts = z.object({
  integrity: z.enum(["holds", "fails", "not-checked"]),
  status: z.enum([...certificateStatus.options, "expired", "corrected", "not-checked"]),
  issuer: z.enum(["holds", "fails", "not-checked"]),
});

export const traceRow = z
  .object({
    kind: z.enum([...lifeKind.options, "requested", "decided", "granted", "verified"]),
    at: time,
    who,
    transaction: sha256Hex,
    height: z.int(),
    by: optional(by),
    part: optional(partId),
    fields: optional(z.array(fieldName)),
    reader: optional(memberId),
    purpose: optional(code),
    serviceItem: optional(code),
    basis: optional(code),
    reason: optional(code),
    decision: optional(z.enum(["approve", "refuse"])),
    standing: optional(z.boolean()),
    request: optional(z.string()),
    verdicts: optional(verdicts),
  })
  .meta({ id: "TraceRow" });

/** Fields in the clear: a member's own, or those that were granted to it. */
export const disclosed = z
  .object({
    request: z.string(),
    certificate: certificateId,
    version: z.int(),
    part: partId,
    owner: memberId,
    purpose: z.string(),
    grantTransaction: sha256Hex.nullable(),
    fields: z.record(z.string(), json),
  })
  .meta({ id: "DisclosedFields" });
