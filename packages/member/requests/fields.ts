import { type CertificateRow, type PartRow, partOf, type RequestRow, stateKeys, statePrefixes, type TraceRow } from "@vermilion/contracts";
import { toHex } from "@vermilion/ledger";
import { ownFieldKeys } from "../certificates/sealed-record.ts";
import type { Context } from "../context.ts";
import { decodeCursor, encodeCursor } from "../paging.ts";
import { encodeAttachmentCall, parseAttachmentAnswer } from "../peers/wire.ts";
import type { Caller, Disclosed, Page, Refused } from "../services.ts";
import { readRange, readRow } from "../state/reader.ts";
import { grantContextOf, openGrant } from "./grant-keys.ts";
import { openFields } from "./open-fields.ts";

const fetchTimeoutMs = 3_000;

/** The fields of a granted request, for the reader alone. Waits for a grant that is due; one that is not decided is answered at once. */
export async function readGranted(
  context: Context,
  id: string,
  caller: Caller,
  options: { readonly waitMs: number },
): Promise<Disclosed | Refused> {
  const row = await readRow(context, stateKeys.request(id));
  if (row === undefined) return { refused: "unknown-request", detail: id };
  if (row.reader !== context.member) return { refused: "not-the-reader", detail: "the request was opened by another member" };
  // The trace names the app that asked; fields that another app of the same member needs are asked for by that one.
  if (row.by.app !== caller.app) return { refused: "not-the-requesting-app", detail: "the request was opened by another app" };
  const granted = await context.node.read.until(row.status === "allowed" ? options.waitMs : 0, async () => {
    const now = await readRow(context, stateKeys.request(id));
    return now?.status === "granted" ? now : undefined;
  });
  if (granted === undefined) return notGranted((await readRow(context, stateKeys.request(id))) ?? row, context.clock.now());
  const bytes = await keyFile(context, granted);
  if ("refused" in bytes) return bytes;
  const opened = await openGrant(context, grantContextOf(context, granted), bytes.bytes);
  if ("refused" in opened) return opened;
  const certificate = await readRow(context, stateKeys.certificate(granted.certificate));
  return certificate === undefined
    ? { refused: "unknown-certificate", detail: granted.certificate }
    : disclose(context, certificate, granted, opened.keys, caller);
}

function notGranted(row: RequestRow, now: number): Refused {
  if (row.status === "refused") return { refused: "request-refused", detail: `the owner refused: ${row.reason ?? ""}` };
  if (row.deadline < now) return { refused: "request-expired", detail: "the deadline has passed without a decision" };
  if (row.status === "pending") return { refused: "request-pending", detail: "the owner has not decided yet" };
  return { refused: "grant-due", detail: "allowed; the owner's member has not delivered the keys yet" };
}

/** The key file is held after the first reading; before, it is fetched from the owner, who hands it over for the committed grant. */
async function keyFile(context: Context, row: RequestRow): Promise<{ readonly bytes: Uint8Array } | Refused> {
  const sha256 = row.grantAttachment;
  if (sha256 === undefined) return { refused: "grant-due", detail: "the grant names no key file" };
  const held = await context.ledger.sealed(sha256);
  if (held !== undefined) return { bytes: held };
  const bytes = parseAttachmentAnswer(
    await context.peers.call(row.owner, "attachment", encodeAttachmentCall(sha256, row.request), fetchTimeoutMs),
  );
  if (toHex(context.crypto.sha256(bytes)) !== sha256)
    return { refused: "wrong-grant", detail: "the key file is not the one that the grant names" };
  await context.node.keepSealed({ sha256, bytes });
  return { bytes };
}

async function disclose(
  context: Context,
  certificate: CertificateRow,
  row: RequestRow,
  keys: Readonly<Record<string, Uint8Array>>,
  caller: Caller,
): Promise<Disclosed | Refused> {
  const part = await grantedPart(context, certificate, row);
  if (part === undefined) return { refused: "unknown-part", detail: row.part };
  const opened = await openFields(context, certificate, row.part, part, keys);
  if ("refused" in opened) return opened;
  context.log.info("fields-read", { request: row.request, certificate: row.certificate, part: row.part, ...caller });
  return {
    request: row.request,
    certificate: row.certificate,
    version: row.version,
    part: row.part,
    owner: row.owner,
    purpose: row.purpose,
    grantTransaction: row.grantTransaction ?? null,
    fields: opened.fields,
  };
}

/** The part under the document whose keys were granted: the one that stands, or one that a correction has replaced since. */
async function grantedPart(context: Context, certificate: CertificateRow, request: RequestRow): Promise<PartRow | undefined> {
  const grant = await readRow(context, stateKeys.grant(request.request));
  let part = partOf(certificate, request.part);
  while (part?.corrects !== undefined && part.issuerSigned !== grant?.document)
    part = await readRow(context, stateKeys.formerPart(part.corrects));
  return part;
}

/** This member's own part, whole. */
export async function readOwn(context: Context, id: string, part: string, caller: Caller): Promise<Disclosed | Refused> {
  const certificate = await readRow(context, stateKeys.certificate(id));
  if (certificate === undefined) return { refused: "unknown-certificate", detail: id };
  const row = partOf(certificate, part);
  if (row === undefined) return { refused: "unknown-part", detail: part };
  if (row.owner !== context.member) return { refused: "not-the-owner", detail: "another member's record is read by a request" };
  const name = { certificate: certificate.certificate, version: certificate.version, part, document: row.issuerSigned };
  const keys = await ownFieldKeys(context, name, row.fields);
  if (keys === undefined) return { refused: "record-key-not-here", detail: "this member does not hold the key of the record" };
  const opened = await openFields(context, certificate, part, row, keys);
  if ("refused" in opened) return opened;
  context.log.info("own-fields-read", { certificate: certificate.certificate, part, ...caller });
  const { version } = certificate;
  return {
    request: "",
    certificate: certificate.certificate,
    version,
    part,
    owner: row.owner,
    purpose: "",
    grantTransaction: null,
    fields: opened.fields,
  };
}

/** Who did what with a certificate, newest first. */
export async function trace(
  context: Context,
  certificate: string,
  cursor: string | undefined,
  limit: number,
): Promise<Page<TraceRow> | Refused> {
  if ((await readRow(context, stateKeys.certificate(certificate))) === undefined)
    return { refused: "unknown-certificate", detail: certificate };
  const prefix = statePrefixes.trace(certificate);
  const from = decodeCursor(cursor, prefix);
  if (typeof from === "object") return from;
  const page = await readRange(context, prefix, { from, limit, backward: true });
  return { items: page.rows.map(({ value }) => value), ...encodeCursor(page.next) };
}
