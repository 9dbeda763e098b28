import { statusValues } from "@vermilion/certificates";
import * as z from "zod";
import { by, callKey, certificateId, code, partId, sha256Hex, statusSlot, typeId, typeVersion } from "../operation/arguments.ts";
import { onCertificateType } from "../operation/counts.ts";
import { operation } from "../operation/operation.ts";
import { refuse } from "../operation/refusals.ts";
import { partOf } from "../state/certificates.ts";
import { stateKeys } from "../state/keys.ts";
import { checkContent, partContent } from "./content.ts";
import { changeStatusInList, publishDocument, recordStep, takeStatusSlot } from "./register.ts";
import { refuseUnlessValid } from "./status.ts";

const schema = z.strictObject({
  certificate: certificateId,
  /** Named again, as in `complete`. */
  type: typeId,
  typeVersion,
  part: partId,
  /** The document that is corrected: of two corrections at one time the second is refused, for it did not know the first. */
  corrects: sha256Hex,
  reason: code,
  status: statusSlot,
  callKey: callKey.nullable(),
  by,
  ...partContent,
});

/**
 * Who stated a part states it anew (变更, 更正) under the same identifier: a new document with keys and a status of its own. The old one is
 * invalid in its status list; grants of it stay what they were, grants of the new one are asked for anew.
 */
export const correct = operation({
  contract: "certificates",
  operation: "correct",
  version: 1,
  schema,
  authors: ["member"],
  subjects: ({ certificate }) => [{ kind: "certificate", id: certificate }],
  counts: { corrected: onCertificateType },
  reads: (given) => [stateKeys.certificate(given.certificate), stateKeys.digest(given.issuerSigned), stateKeys.digest(given.corrects)],
  apply: (context, given) => {
    const { view, author } = context;
    const certificate = view.get(stateKeys.certificate(given.certificate));
    if (certificate === undefined) return refuse("unknown-certificate");
    const part = partOf(certificate, given.part);
    if (part === undefined) return refuse("unknown-part");
    if (part.owner !== author.id) return refuse("not-the-owner");
    if (part.issuerSigned !== given.corrects) return refuse("document-not-current");
    if (given.type !== certificate.type || given.typeVersion !== certificate.typeVersion) return refuse("type-does-not-match");
    const type = view.get(stateKeys.type(certificate.type, certificate.typeVersion));
    if (type === undefined) return refuse("unknown-type");
    const bad =
      refuseUnlessValid(certificate) ??
      checkContent(context, type, given.part, given) ??
      takeStatusSlot(context, certificate.certificate, given.status);
    if (bad !== undefined) return bad;

    view.put(stateKeys.formerPart(part.issuerSigned), part);
    const former = view.get(stateKeys.digest(part.issuerSigned));
    if (former !== undefined) view.put(stateKeys.digest(part.issuerSigned), { ...former, correctedBy: given.issuerSigned });
    changeStatusInList(context, part, statusValues.invalid);
    const more = { status: given.status, revision: part.revision + 1, corrects: part.issuerSigned };
    const corrected = publishDocument(context, certificate, given.part, given, more);
    const { by, reason, part: name, issuerSigned: document } = given;
    recordStep(context, corrected, { kind: "corrected", by, part: name, document, reason });
    return undefined;
  },
});
