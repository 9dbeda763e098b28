import { mainPart } from "@vermilion/certificates";
import * as z from "zod";
import { by, callKey, certificateId, partId, statusSlot, typeId, typeVersion } from "../operation/arguments.ts";
import { onCertificateType } from "../operation/counts.ts";
import { operation } from "../operation/operation.ts";
import { refuse } from "../operation/refusals.ts";
import { partOf } from "../state/certificates.ts";
import { stateKeys } from "../state/keys.ts";
import { checkContent, partContent } from "./content.ts";
import { publishDocument, recordStep, takeStatusSlot } from "./register.ts";
import { refuseUnlessValid } from "./status.ts";

const schema = z.strictObject({
  certificate: certificateId,
  /** Named again, so that who holds the entry alone can compare it with what the issuer-signed part says it is. */
  type: typeId,
  typeVersion,
  part: partId,
  status: statusSlot,
  callKey: callKey.nullable(),
  by,
  ...partContent,
});

/**
 * A second agency adds its part (录入). The fields are those of the type's version under which the certificate was issued, so that what was
 * sealed while a new version came is still right; who may add them is what the latest version says, so that a change of agencies counts at once.
 */
export const complete = operation({
  contract: "certificates",
  operation: "complete",
  version: 1,
  schema,
  authors: ["member"],
  subjects: ({ certificate }) => [{ kind: "certificate", id: certificate }],
  counts: { completed: onCertificateType },
  reads: (given) => [stateKeys.certificate(given.certificate), stateKeys.digest(given.issuerSigned)],
  apply: (context, given) => {
    const { view, author } = context;
    const certificate = view.get(stateKeys.certificate(given.certificate));
    if (certificate === undefined) return refuse("unknown-certificate");
    if (given.type !== certificate.type || given.typeVersion !== certificate.typeVersion) return refuse("type-does-not-match");
    const type = view.get(stateKeys.type(certificate.type, certificate.typeVersion));
    if (given.part !== mainPart && !type?.parts.some(({ id }) => id === given.part)) return refuse("unknown-part");
    if (type === undefined) return refuse("unknown-type");
    if (partOf(certificate, given.part) !== undefined) return refuse("part-exists");
    const latestVersion = view.get(stateKeys.typeLatest(certificate.type))?.version ?? certificate.typeVersion;
    const latest = view.get(stateKeys.type(certificate.type, latestVersion));
    if (!latest?.parts.some(({ id, completers }) => id === given.part && completers.includes(author.id))) return refuse("not-a-completer");
    const bad =
      refuseUnlessValid(certificate) ??
      checkContent(context, type, given.part, given) ??
      takeStatusSlot(context, certificate.certificate, given.status);
    if (bad !== undefined) return bad;

    view.delete(stateKeys.certificateAwaiting(certificate.type, given.part, certificate.listed));
    const completed = publishDocument(context, certificate, given.part, given, { status: given.status, revision: 1 });
    recordStep(context, completed, { kind: "completed", by: given.by, part: given.part, document: given.issuerSigned });
    return undefined;
  },
});
