import { parseFileReference } from "@vermilion/certificates";
import { stateKeys } from "@vermilion/contracts";
import { Fault } from "@vermilion/node/fault";
import { ownFieldKeys } from "../certificates/sealed-record.ts";
import type { Context } from "../context.ts";
import { encodeFileAnswer, parseFileCall } from "../peers/wire.ts";
import { openFields } from "../requests/open-fields.ts";
import type { Refused } from "../services.ts";
import { readRow } from "../state/reader.ts";
import { fileChunks } from "./file-links.ts";

/**
 * The owner's side of reading a granted file: the caller is the reader of a committed grant, the field is among those granted, and what
 * the field names is a file of this member. Throws `Fault` `peer-refused` with a word that says no more than the ledger does.
 */
export async function giveFile(context: Context, from: string, body: Uint8Array): Promise<Uint8Array> {
  const call = parseFileCall(body);
  // The reader may have read of the grant a block before its owner does.
  const unknown: Refused = { refused: "unknown-grant", detail: call.request };
  const grant = await context.node.read.freshly(async () => (await readRow(context, stateKeys.grant(call.request))) ?? unknown);
  if ("refused" in grant || grant.owner !== context.member || grant.reader !== from || !grant.fields.includes(call.field))
    throw new Fault("peer-refused", "no grant on the ledger gives this to you");
  const { certificate, version, part } = grant;
  const row = await readRow(context, stateKeys.certificate(certificate));
  const published = row === undefined || !Object.hasOwn(row.parts, part) ? undefined : row.parts[part];
  if (row === undefined || published === undefined) throw new Error("bug: a grant without its record");
  const keys = await ownFieldKeys(context, { certificate, version, part, document: published.issuerSigned }, [call.field]);
  const opened = keys === undefined ? undefined : await openFields(context, row, part, published, keys);
  const value = opened === undefined || "refused" in opened ? undefined : opened.fields[call.field];
  const reference = typeof value === "string" ? parseFileReference(value) : undefined;
  if (reference === undefined || "refused" in reference) throw new Fault("peer-refused", "the field holds no file");
  const chunks = await fileChunks(context, reference.file, call.from);
  if ("refused" in chunks) throw new Fault("peer-refused", chunks.refused);
  context.log.info("file-given", { request: call.request, reader: from, file: reference.file, from: call.from });
  return encodeFileAnswer(chunks);
}
