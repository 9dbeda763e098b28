import { policyAllows } from "@vermilion/certificates";
import * as z from "zod";
import { by, certificateId, code, fields, type Given, partId, requestName, time } from "./arguments.ts";
import { countAct } from "./counts.ts";
import { requestId, stateKeys } from "./keys.ts";
import { type MemberContext, memberOperation, placeOf } from "./operation.ts";
import { partOf } from "./parts.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { CertificateRow, PartRow, RequestRow } from "./rows.ts";

const DEADLINE_MS_MAX = 30 * 24 * 3_600_000;

const openArguments = z.strictObject({
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

export type OpenArguments = Given<typeof openArguments>;

function openRequest(context: MemberContext, given: OpenArguments): Refusal | undefined {
  const { view, block, entry, member } = context;
  const certificate = view.get(stateKeys.certificate(given.certificate));
  if (certificate === undefined) return refuse("unknown-certificate");
  const part = partOf(certificate, given.part);
  if (part === undefined) return refuse("unknown-part");
  if (part.owner === member.id) return refuse("own-record");
  if (given.fields.some((field) => !part.fields.includes(field))) return refuse("unknown-field");
  if (given.deadline <= block.time || given.deadline > block.time + DEADLINE_MS_MAX) return refuse("deadline-out-of-range");

  const request = requestId(entry.transactionHash, context.operation);
  const standing = hasStandingPolicy(context, certificate, part, given);
  const row: RequestRow = {
    request,
    certificate: certificate.certificate,
    version: certificate.version,
    part: given.part,
    fields: [...given.fields].sort(),
    reader: member.id,
    owner: part.owner,
    purpose: given.purpose,
    serviceItem: given.serviceItem,
    basis: given.basis,
    way: given.way,
    by: given.by,
    status: standing ? "allowed" : "pending",
    standing,
    deadline: given.deadline,
    openedAt: block.time,
    transaction: entry.transactionHash,
    height: block.height,
  };
  view.put(stateKeys.request(request), row);
  view.put(standing ? stateKeys.due(row.owner, request) : stateKeys.pending(row.owner, row.height, request), {});
  view.put(stateKeys.requestInList(row.reader, row.height, request), { request });
  view.put(stateKeys.trace(row.certificate, placeOf(context)), {
    kind: "requested",
    at: block.time,
    who: { kind: "member", id: member.id },
    by: row.by,
    part: row.part,
    fields: row.fields,
    reader: row.reader,
    purpose: row.purpose,
    serviceItem: row.serviceItem,
    basis: row.basis,
    standing,
    request,
    transaction: entry.transactionHash,
    height: block.height,
  });
  return undefined;
}

const opening = {
  contract: "requests",
  operation: "open",
  arguments: openArguments,
  reads: (given: OpenArguments) => [stateKeys.certificate(given.certificate)],
};

/** A member asks to read fields of another member's part. The reader is the author: nobody asks in another's name. */
const open = memberOperation({ ...opening, version: 1, apply: openRequest });

/** Version 2 counts the request; nothing else differs. */
const openCounted = memberOperation({
  ...opening,
  version: 2,
  apply: (context, given) => {
    const refused = openRequest(context, given);
    if (refused !== undefined) return refused;
    const type = context.view.get(stateKeys.certificate(given.certificate))?.type;
    if (type !== undefined) countAct(context, context.member.id, type, "requested");
    return undefined;
  },
});

/**
 * A standing policy counts when the version of the type under which the part was published and the latest version both allow it: a type's
 * owner can withdraw a policy at once, but cannot widen it over what others published before.
 */
function hasStandingPolicy(context: MemberContext, certificate: CertificateRow, part: PartRow, given: OpenArguments): boolean {
  const { view, member } = context;
  const published = view.get(stateKeys.type(certificate.type, part.typeVersion));
  const latestVersion = view.get(stateKeys.typeLatest(certificate.type))?.version ?? part.typeVersion;
  const latest = view.get(stateKeys.type(certificate.type, latestVersion));
  return [published, latest].every((type) => type !== undefined && policyAllows(type, member.id, given.part, given.fields, given.purpose));
}

const decideArguments = z.strictObject({
  request: requestName,
  decision: z.enum(["approve", "refuse"]),
  reason: code.nullable(),
  by,
});

export type DecideArguments = Given<typeof decideArguments>;

/** The owner's answer to a pending request; an approval leaves the grant due. */
const decide = memberOperation({
  contract: "requests",
  operation: "decide",
  version: 1,
  arguments: decideArguments,
  reads: (given) => [stateKeys.request(given.request)],
  apply: (context, given) => {
    const { view, block, entry, member } = context;
    const request = view.get(stateKeys.request(given.request));
    if (request === undefined) return refuse("unknown-request");
    if (request.owner !== member.id) return refuse("not-the-owner");
    if (request.status !== "pending") return refuse("already-decided");
    if (block.time > request.deadline) return refuse("after-deadline");

    const approved = given.decision === "approve";
    view.put(stateKeys.request(request.request), {
      ...request,
      status: approved ? "allowed" : "refused",
      decidedAt: block.time,
      decidedBy: given.by,
      ...(given.reason === null ? {} : { reason: given.reason }),
    });
    view.delete(stateKeys.pending(request.owner, request.height, request.request));
    if (approved) view.put(stateKeys.due(request.owner, request.request), {});
    view.put(stateKeys.trace(request.certificate, placeOf(context)), {
      kind: "decided",
      at: block.time,
      who: { kind: "member", id: member.id },
      by: given.by,
      part: request.part,
      fields: request.fields,
      reader: request.reader,
      purpose: request.purpose,
      serviceItem: request.serviceItem,
      basis: request.basis,
      decision: given.decision,
      request: request.request,
      transaction: entry.transactionHash,
      height: block.height,
    });
    return undefined;
  },
});

export const requestOperations = [open, openCounted, decide];
