import { z } from "@hono/zod-openapi";
import {
  address,
  by,
  certificateId,
  code,
  fieldName,
  memberId,
  names,
  optional,
  partId,
  sha256Hex,
  time,
  typeId,
  verdicts,
} from "./schemas.ts";

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
    status: certificateStatus.openapi({
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
  .openapi("Certificate");

/** As lists show a certificate. */
export const certificateItem = z
  .object({
    ...certificate.shape,
    typeNames: names,
    issuerNames: names,
    awaiting: z.array(z.object({ part: partId, names, mayComplete: z.boolean() })),
  })
  .openapi("CertificateItem");

/** What issuing, completing, renewing and correcting answer. */
export const issued = {
  certificate: certificateId,
  issuerSignedSha256: sha256Hex,
  sdJwt: optional(z.string()).openapi({ description: "含全部披露的 SD-JWT VC · the SD-JWT VC with all disclosures" }),
};

export const lifeStep = z
  .object({
    kind: lifeKind,
    status: certificateStatus,
    at: time,
    who: z.object({ kind: z.enum(["member", "account"]), id: z.string() }),
    by: optional(by),
    part: optional(partId),
    document: optional(sha256Hex),
    reason: optional(code),
    other: optional(certificateId),
    transaction: sha256Hex,
    height: z.int(),
  })
  .openapi("LifeStep");

export const certificateStatusView = z
  .object({
    certificate: certificateId,
    status: z.enum([...certificateStatus.options, "expired", "not-issued"]),
    since: optional(time),
    reason: optional(code),
    replacedBy: optional(certificateId),
    expiresAt: time.nullable(),
    transaction: optional(sha256Hex),
    asOf: z.object({ blockNumber: z.int(), time }),
  })
  .openapi("CertificateStatus");

export const trace = z
  .object({
    kind: z.enum([...lifeKind.options, "requested", "decided", "granted", "verified"]),
    at: time,
    who: z.object({ kind: z.enum(["member", "account"]), id: z.string() }),
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
  .openapi("TraceRow");
