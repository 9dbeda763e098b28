import { policyAllows } from "@vermilion/certificates";
import * as z from "zod";
import { by, certificateId, code, fields, type Given, partId, requestName, time } from "./operation/arguments.ts";
import { partyOf } from "./operation/authors.ts";
import { onCertificateType } from "./operation/counts.ts";
import { type MemberContext, operation, positionOf } from "./operation/operation.ts";
import { refuse } from "./operation/refusals.ts";
import { type CertificateRow, type PartRow, partOf } from "./state/certificates.ts";
import { stateKeys } from "./state/keys.ts";
import { type RequestRow, requestId } from "./state/requests.ts";
import type { TraceRow } from "./state/trace.ts";

const DEADLINE_MS_MAX = 30 * 24 * 3_600_000;

const openSchema = z.strictObject({
  certificate: certificateId,
  part: partId,
  fields,
  purpose: code,
  serviceItem: code,
  basis: code,
  way: z.literal("details"),
  deadline: time,
  by,
});

/** A member asks to read fields of another member's part. The reader is the author: nobody asks in another's name. */
const open = operation({
  contract: "requests",
  operation: "open",
  version: 1,
  schema: openSchema,
  authors: ["member"],
  subjects: ({ certificate }, { transaction, operation }) => [
    { kind: "request", id: requestId(transaction, operation) },
    { kind: "certificate", id: certificate },
  ],
  counts: { requested: onCertificateType },
  reads: (given) => [stateKeys.certificate(given.certificate)],
  apply: (context, given) => {
    const { view, block, entry, author } = context;
    const certificate = view.get(stateKeys.certificate(given.certificate));
    if (certificate === undefined) return refuse("unknown-certificate");
    const part = partOf(certificate, given.part);
    if (part === undefined) return refuse("unknown-part");
    if (part.owner === author.id) return refuse("own-record");
    if (given.fields.some((field) => !part.fields.includes(field))) return refuse("unknown-field");
    if (given.deadline <= block.time || given.deadline > block.time + DEADLINE_MS_MAX) return refuse("deadline-out-of-range");

    const { certificate: identifier, version } = certificate;
    const standing = hasStandingPolicy(context, certificate, part, given);
    const request: RequestRow = {
      ...given,
      request: requestId(entry.transactionHash, context.operation),
      certificate: identifier,
      version,
      fields: [...given.fields].sort(),
      reader: author.id,
      owner: part.owner,
      status: standing ? "allowed" : "pending",
      standing,
      openedAt: block.time,
      transaction: entry.transactionHash,
      height: block.height,
    };
    const { request: id, owner, reader, height } = request;
    view.put(stateKeys.request(id), request);
    view.put(standing ? stateKeys.due(owner, id) : stateKeys.pending(owner, height, id), {});
    view.put(stateKeys.requestInList(reader, height, id), { request: id });
    view.put(stateKeys.trace(identifier, positionOf(context)), { kind: "requested", standing, ...traceOf(context, request), by: given.by });
    return undefined;
  },
});

/**
 * A standing policy counts when the version of the type under which the part was published and the latest version both allow it: a type's
 * owner can withdraw a policy at once, but cannot widen it over what others published before.
 */
function hasStandingPolicy(context: MemberContext, certificate: CertificateRow, part: PartRow, given: Given<typeof openSchema>): boolean {
  const { view, author } = context;
  const published = view.get(stateKeys.type(certificate.type, part.typeVersion));
  const latestVersion = view.get(stateKeys.typeLatest(certificate.type))?.version ?? part.typeVersion;
  const latest = view.get(stateKeys.type(certificate.type, latestVersion));
  return [published, latest].every((type) => type !== undefined && policyAllows(type, author.id, given.part, given.fields, given.purpose));
}

/** The owner's answer to a pending request; an approval leaves the grant due. */
const decide = operation({
  contract: "requests",
  operation: "decide",
  version: 1,
  schema: z.strictObject({ request: requestName, decision: z.enum(["approve", "refuse"]), reason: code.nullable(), by }),
  authors: ["member"],
  subjects: ({ request }) => [{ kind: "request", id: request }],
  counts: {},
  reads: (given) => [stateKeys.request(given.request)],
  apply: (context, given) => {
    const { view, block, author } = context;
    const request = view.get(stateKeys.request(given.request));
    if (request === undefined) return refuse("unknown-request");
    if (request.owner !== author.id) return refuse("not-the-owner");
    if (request.status !== "pending") return refuse("already-decided");
    if (block.time > request.deadline) return refuse("after-deadline");

    const { decision } = given;
    view.put(stateKeys.request(request.request), {
      ...request,
      status: decision === "approve" ? "allowed" : "refused",
      decidedAt: block.time,
      decidedBy: given.by,
      ...(given.reason === null ? {} : { reason: given.reason }),
    });
    view.delete(stateKeys.pending(request.owner, request.height, request.request));
    if (decision === "approve") view.put(stateKeys.due(request.owner, request.request), {});
    const trace: TraceRow = { kind: "decided", decision, ...traceOf(context, request), by: given.by };
    view.put(stateKeys.trace(request.certificate, positionOf(context)), trace);
    return undefined;
  },
});

/** What every act on a request leaves on the certificate's trace. */
export function traceOf({ block, entry, author }: MemberContext, request: RequestRow) {
  return {
    at: block.time,
    who: partyOf(author),
    part: request.part,
    fields: request.fields,
    reader: request.reader,
    purpose: request.purpose,
    serviceItem: request.serviceItem,
    basis: request.basis,
    request: request.request,
    transaction: entry.transactionHash,
    height: block.height,
  };
}

export const requestOperations = [open, decide] as const;
