import { mainPart } from "@vermilion/certificates";
import * as z from "zod";
import { address, certificateId, certificateVersion, partId, typeId, typeVersion } from "./arguments.ts";
import { checkContent, checkHolder, checkIdentifier, type PartContent, partContent } from "./certificate-content.ts";
import { stateKeys } from "./keys.ts";
import { type MemberContext, memberOperation, placeOf } from "./operation.ts";
import { partOf } from "./parts.ts";
import { refuse } from "./refusals.ts";
import type { CertificateRow, PartRow, TraceKind } from "./rows.ts";

const issueArguments = z.strictObject({
  certificate: certificateId,
  type: typeId,
  typeVersion,
  version: certificateVersion,
  holder: address.nullable(),
  ...partContent,
});

/** An issuer of the type publishes a certificate with its main part (发布). */
const issue = memberOperation({
  contract: "certificates",
  operation: "issue",
  version: 1,
  arguments: issueArguments,
  reads: (given) => [
    stateKeys.typeLatest(given.type),
    stateKeys.type(given.type, given.typeVersion),
    stateKeys.certificate(given.certificate),
    stateKeys.digest(given.issuerSigned),
    ...(given.holder === null ? [] : [stateKeys.account(given.holder)]),
  ],
  apply: (context, given) => {
    const { view, block, entry, member } = context;
    const latest = view.get(stateKeys.typeLatest(given.type));
    if (latest === undefined) return refuse("unknown-type");
    if (given.typeVersion !== latest.version) return refuse("type-version-not-latest", `the latest version is ${latest.version}`);
    const type = view.get(stateKeys.type(given.type, given.typeVersion));
    if (type === undefined) return refuse("unknown-type");
    if (!type.issuers.includes(member.id)) return refuse("not-an-issuer");
    const bad = checkIdentifier(given, type, member.uscc);
    if (bad !== undefined) return bad;
    if (view.get(stateKeys.certificate(given.certificate)) !== undefined) return refuse("certificate-exists");
    const badContent = checkHolder(context, given.holder) ?? checkContent(context, type, mainPart, given);
    if (badContent !== undefined) return badContent;

    const certificate: CertificateRow = {
      certificate: given.certificate,
      type: given.type,
      typeVersion: given.typeVersion,
      version: given.version,
      issuer: member.id,
      holder: given.holder,
      status: "valid",
      issuedAt: block.time,
      transaction: entry.transactionHash,
      height: block.height,
      parts: {},
    };
    publishPart(context, certificate, mainPart, given, "issued");
    const place = placeOf(context);
    const listed = { certificate: given.certificate };
    view.put(stateKeys.certificateInList(place), listed);
    view.put(stateKeys.certificateInTypeList(given.type, place), listed);
    if (given.holder !== null) view.put(stateKeys.certificateInHolderList(given.holder, place), listed);
    return undefined;
  },
});

/** The type is named again, so that who holds the entry alone can compare it with what the issuer-signed part says it is. */
const completeArguments = z.strictObject({ certificate: certificateId, type: typeId, typeVersion, part: partId, ...partContent });

/**
 * A second agency adds its part (录入). The fields are those of the type's version under which the certificate was issued, so that what was
 * sealed while a new version came is still right; who may add them is what the latest version says, so that a change of agencies counts at once.
 */
const complete = memberOperation({
  contract: "certificates",
  operation: "complete",
  version: 1,
  arguments: completeArguments,
  reads: (given) => [stateKeys.certificate(given.certificate), stateKeys.digest(given.issuerSigned)],
  apply: (context, given) => {
    const { view, member } = context;
    const certificate = view.get(stateKeys.certificate(given.certificate));
    if (certificate === undefined) return refuse("unknown-certificate");
    if (given.type !== certificate.type || given.typeVersion !== certificate.typeVersion) return refuse("type-does-not-match");
    const type = view.get(stateKeys.type(certificate.type, certificate.typeVersion));
    const latestVersion = view.get(stateKeys.typeLatest(certificate.type))?.version ?? certificate.typeVersion;
    const latest = view.get(stateKeys.type(certificate.type, latestVersion));
    if (given.part !== mainPart && !type?.parts.some(({ id }) => id === given.part)) return refuse("unknown-part");
    if (type === undefined) return refuse("unknown-type");
    if (partOf(certificate, given.part) !== undefined) return refuse("part-exists");
    if (!latest?.parts.some(({ id, completers }) => id === given.part && completers.includes(member.id))) return refuse("not-a-completer");
    const bad = checkContent(context, type, given.part, given);
    if (bad !== undefined) return bad;

    publishPart(context, certificate, given.part, given, "completed");
    return undefined;
  },
});

function publishPart(context: MemberContext, certificate: CertificateRow, name: string, content: PartContent, kind: TraceKind): void {
  const { view, block, entry, member } = context;
  const stamp = { transaction: entry.transactionHash, height: block.height };
  const part: PartRow = {
    owner: member.id,
    fields: [...content.fields].sort(),
    commitments: content.commitments,
    issuerSigned: content.issuerSigned,
    disclosures: content.disclosures,
    typeVersion: certificate.typeVersion,
    ...stamp,
    at: block.time,
  };
  view.put(stateKeys.certificate(certificate.certificate), { ...certificate, parts: { ...certificate.parts, [name]: part } });
  view.put(stateKeys.digest(content.issuerSigned), {
    certificate: certificate.certificate,
    version: certificate.version,
    part: name,
    ...stamp,
  });
  view.put(stateKeys.trace(certificate.certificate, placeOf(context)), {
    kind,
    at: block.time,
    who: { kind: "member", id: member.id },
    part: name,
    fields: part.fields,
    ...stamp,
  });
}

export const certificateOperationsV1 = [issue, complete];
