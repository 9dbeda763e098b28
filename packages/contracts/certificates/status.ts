import * as z from "zod";
import { by, certificateId, code } from "../operation/arguments.ts";
import { onCertificateType } from "../operation/counts.ts";
import { operation } from "../operation/operation.ts";
import { type Refusal, refuse } from "../operation/refusals.ts";
import type { CertificateRow } from "../state/certificates.ts";
import { stateKeys } from "../state/keys.ts";
import { changeStatus, recordStep } from "./register.ts";

const schema = z.strictObject({ certificate: certificateId, reason: code, by });

/** A certificate that was revoked or replaced is over; one that is suspended waits. */
export function refuseUnlessValid(certificate: CertificateRow): Refusal | undefined {
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

/** An act of the issuer on the status of its certificate. */
function statusOperation<const Name extends string>(
  name: Name,
  kind: "suspended" | "resumed" | "revoked",
  judge: (certificate: CertificateRow) => Refusal | undefined,
) {
  return operation({
    contract: "certificates",
    operation: name,
    version: 1,
    schema,
    authors: ["member"],
    subjects: ({ certificate }) => [{ kind: "certificate", id: certificate }],
    counts: { [kind]: onCertificateType },
    reads: (given) => [stateKeys.certificate(given.certificate)],
    apply: (context, { certificate: id, reason, by }) => {
      const certificate = context.view.get(stateKeys.certificate(id));
      if (certificate === undefined) return refuse("unknown-certificate");
      if (certificate.issuer !== context.author.id) return refuse("not-the-certificate-issuer");
      const bad = judge(certificate);
      if (bad !== undefined) return bad;
      const status = kind === "resumed" ? "valid" : kind;
      recordStep(context, changeStatus(context, certificate, status, reason), { kind, by, reason });
      return undefined;
    },
  });
}

export const suspend = statusOperation("suspend", "suspended", refuseUnlessValid);

export const resume = statusOperation("resume", "resumed", (certificate) => {
  if (certificate.status === "suspended") return undefined;
  return refuseUnlessValid(certificate) ?? refuse("certificate-not-suspended");
});

/** For good (注销, 吊销): also of a suspended one. */
export const revoke = statusOperation("revoke", "revoked", (certificate) =>
  certificate.status === "suspended" ? undefined : refuseUnlessValid(certificate),
);
