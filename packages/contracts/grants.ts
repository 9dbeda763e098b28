import * as z from "zod";
import { certificateId, certificateVersion, fields, type Given, partId, requestName, sha256Hex } from "./operation/arguments.ts";
import { checkAttachment } from "./operation/attachments.ts";
import { type Count, onCertificateType } from "./operation/counts.ts";
import { type MemberContext, operation, positionOf } from "./operation/operation.ts";
import { type Refusal, refuse } from "./operation/refusals.ts";
import { traceOf } from "./requests.ts";
import { partOf } from "./state/certificates.ts";
import { stateKeys } from "./state/keys.ts";
import type { GrantRow, RequestRow } from "./state/requests.ts";

const schema = z.strictObject({
  request: requestName,
  certificate: certificateId,
  version: certificateVersion,
  part: partId,
  /** The document whose field keys are given: a part may have been corrected since it was asked for. */
  document: sha256Hex,
  fields,
  /** SHA-256 of the attachment with the wrapped field keys. */
  attachment: sha256Hex,
});

type Give = Given<typeof schema>;

/** The reader uses what it is given. */
const onReader: Count<MemberContext, Give> = {
  of: "reader",
  way: "details",
  counted: (context, given) => {
    const reader = context.view.get(stateKeys.request(given.request))?.reader;
    const onType = onCertificateType.counted(context, given);
    return reader === undefined || onType === undefined ? undefined : { member: reader, subject: onType.subject };
  },
};

/**
 * The owner hands the field keys of one allowed request to its reader: permission, delivery and trace in one entry. Everything that the
 * request names is named again and must be equal, so that a signature over a grant alone says what was granted.
 */
const give = operation({
  contract: "grants",
  operation: "give",
  version: 1,
  schema,
  authors: ["member"],
  subjects: ({ request, certificate }) => [
    { kind: "request", id: request },
    { kind: "certificate", id: certificate },
  ],
  counts: { granted: onCertificateType, "used-details": onReader },
  reads: (given) => [stateKeys.request(given.request), stateKeys.grantedFile(given.attachment), stateKeys.certificate(given.certificate)],
  apply: (context, given) => {
    const { view, block, author } = context;
    const request = view.get(stateKeys.request(given.request));
    if (request === undefined) return refuse("unknown-request");
    if (request.owner !== author.id) return refuse("not-the-owner");
    if (request.status !== "allowed") return refuse("request-not-allowed");
    if (!matches(request, given)) return refuse("grant-does-not-match-request");
    if (!request.standing && block.time > request.deadline) return refuse("after-deadline");
    return checkKeyFile(context, request, given) ?? checkDocument(context, given) ?? put(context, request, given);
  },
});

function matches(request: RequestRow, given: Give): boolean {
  const sorted = [...given.fields].sort();
  return (
    given.certificate === request.certificate &&
    given.version === request.version &&
    given.part === request.part &&
    sorted.length === request.fields.length &&
    sorted.every((field, at) => field === request.fields[at])
  );
}

/** For reader and owner alone, and for one grant: named by a second one it would be handed to that one's reader. */
function checkKeyFile({ view, entry }: MemberContext, request: RequestRow, { attachment }: Give): Refusal | undefined {
  const bad = checkAttachment(entry, attachment, [request.owner, request.reader]);
  if (bad !== undefined) return bad;
  return view.get(stateKeys.grantedFile(attachment)) === undefined ? undefined : refuse("attachment-used");
}

function checkDocument({ view }: MemberContext, { certificate, part, document }: Give): Refusal | undefined {
  const row = view.get(stateKeys.certificate(certificate));
  if (row === undefined) return refuse("unknown-certificate");
  return partOf(row, part)?.issuerSigned === document ? undefined : refuse("document-not-current");
}

function put(context: MemberContext, request: RequestRow, { document, attachment }: Give): undefined {
  const { view, block, entry } = context;
  const { request: id, certificate, version, part, fields, reader, owner } = request;
  const stamp = { transaction: entry.transactionHash, height: block.height };
  const grant: GrantRow = {
    request: id,
    certificate,
    version,
    part,
    fields,
    reader,
    owner,
    document,
    attachment,
    ...stamp,
    at: block.time,
  };
  view.put(stateKeys.grantedFile(attachment), {});
  view.put(stateKeys.grant(id), grant);
  view.put(stateKeys.certificateGrant(certificate, reader, request.by.app, block.height, id), {});
  view.put(stateKeys.request(id), {
    ...request,
    status: "granted",
    grantTransaction: entry.transactionHash,
    document,
    grantAttachment: attachment,
  });
  view.delete(stateKeys.due(owner, id));
  view.put(stateKeys.trace(certificate, positionOf(context)), {
    kind: "granted",
    standing: request.standing,
    ...traceOf(context, request),
    by: request.decidedBy ?? request.by,
  });
}

export const grantOperations = [give] as const;
