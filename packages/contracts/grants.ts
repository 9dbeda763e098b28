import * as z from "zod";
import { certificateId, certificateVersion, fields, type Given, partId, requestName, sha256Hex } from "./arguments.ts";
import { checkAttachment } from "./attachments.ts";
import { countAct } from "./counts.ts";
import { stateKeys } from "./keys.ts";
import { type MemberContext, memberOperation, placeOf } from "./operation.ts";
import { partOf } from "./parts.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { GrantRow, RequestRow } from "./rows.ts";

const giveArgumentsV1 = z.strictObject({
  request: requestName,
  certificate: certificateId,
  version: certificateVersion,
  part: partId,
  fields,
  /** SHA-256 of the attachment with the wrapped field keys. */
  attachment: sha256Hex,
});

type GiveArgumentsV1 = Given<typeof giveArgumentsV1>;

/** Version 2 names the document whose field keys are given: a part may have been corrected since it was asked for. */
const giveArguments = giveArgumentsV1.extend({ document: sha256Hex });

export type GiveArguments = Given<typeof giveArguments>;

/**
 * The owner hands the field keys of one allowed request to its reader: permission, delivery and trace in one entry. Everything that the
 * request names is named again and must be equal, so that a signature over a grant alone says what was granted.
 */
function giveKeys(context: MemberContext, given: GiveArgumentsV1, document?: string): Refusal | undefined {
  const { view, block, entry, member } = context;
  const request = view.get(stateKeys.request(given.request));
  if (request === undefined) return refuse("unknown-request");
  if (request.owner !== member.id) return refuse("not-the-owner");
  if (request.status !== "allowed") return refuse("request-not-allowed");
  if (!matches(request, given)) return refuse("grant-does-not-match-request");
  if (!request.standing && block.time > request.deadline) return refuse("after-deadline");
  const bad = checkAttachment(entry, given.attachment, [request.owner, request.reader]);
  if (bad !== undefined) return bad;

  // A key file is for one grant: named by a second one it would be handed to that one's reader.
  if (view.get(stateKeys.grantedFile(given.attachment)) !== undefined) return refuse("attachment-used");
  view.put(stateKeys.grantedFile(given.attachment), {});

  const grant: GrantRow = {
    request: request.request,
    certificate: request.certificate,
    version: request.version,
    part: request.part,
    fields: request.fields,
    reader: request.reader,
    owner: request.owner,
    ...(document === undefined ? {} : { document }),
    attachment: given.attachment,
    transaction: entry.transactionHash,
    height: block.height,
    at: block.time,
  };
  view.put(stateKeys.grant(request.request), grant);
  view.put(stateKeys.certificateGrant(request.certificate, request.reader, request.by.app, block.height, request.request), {});
  view.put(stateKeys.request(request.request), {
    ...request,
    status: "granted",
    grantTransaction: entry.transactionHash,
    ...(document === undefined ? {} : { document }),
    grantAttachment: given.attachment,
  });
  view.delete(stateKeys.due(request.owner, request.request));
  view.put(stateKeys.trace(request.certificate, placeOf(context)), {
    kind: "granted",
    at: block.time,
    who: { kind: "member", id: member.id },
    by: request.decidedBy ?? request.by,
    part: request.part,
    fields: request.fields,
    reader: request.reader,
    purpose: request.purpose,
    serviceItem: request.serviceItem,
    basis: request.basis,
    standing: request.standing,
    request: request.request,
    transaction: entry.transactionHash,
    height: block.height,
  });
  return undefined;
}

const reads = (given: GiveArgumentsV1) => [stateKeys.request(given.request), stateKeys.grantedFile(given.attachment)];

const give = memberOperation({
  contract: "grants",
  operation: "give",
  version: 1,
  arguments: giveArgumentsV1,
  reads,
  apply: (context, given) => giveKeys(context, given),
});

const giveOfDocument = memberOperation({
  contract: "grants",
  operation: "give",
  version: 2,
  arguments: giveArguments,
  reads,
  apply: (context, given) => {
    const { view, member } = context;
    const refused = giveKeys(context, given, given.document);
    if (refused !== undefined) return refused;
    const certificate = view.get(stateKeys.certificate(given.certificate));
    if (certificate === undefined) return refuse("unknown-certificate");
    if (partOf(certificate, given.part)?.issuerSigned !== given.document) return refuse("document-not-current");
    countAct(context, member.id, certificate.type, "granted");
    const reader = view.get(stateKeys.request(given.request))?.reader;
    if (reader !== undefined) countAct(context, reader, certificate.type, "used-details");
    return undefined;
  },
});

function matches(request: RequestRow, given: GiveArgumentsV1): boolean {
  const sorted = [...given.fields].sort();
  return (
    given.certificate === request.certificate &&
    given.version === request.version &&
    given.part === request.part &&
    sorted.length === request.fields.length &&
    sorted.every((field, at) => field === request.fields[at])
  );
}

export const grantOperations = [give, giveOfDocument];
