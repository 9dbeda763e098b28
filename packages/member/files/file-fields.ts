import { type CertificateType, type FileReference, fieldsOf, parseFileReference } from "@vermilion/certificates";
import { type FileRow, stateKeys } from "@vermilion/contracts";
import type { Json } from "@vermilion/ledger";
import type { Context } from "../context.ts";
import type { Refused } from "../services.ts";
import { readRow } from "../state/reader.ts";

/** What is wrong with the files that the values of a part name: each must be on the ledger, of this member, and as the value says it is. */
export async function checkFileFields(
  context: Context,
  type: CertificateType,
  part: string,
  values: Readonly<Record<string, Json>>,
): Promise<Refused | undefined> {
  for (const { name, schema } of fieldsOf(type, part)) {
    const value = values[name];
    if (schema.type !== "string" || schema.format !== "file" || typeof value !== "string") continue;
    const reference = parseFileReference(value);
    if ("refused" in reference) throw new Error("bug: the values were not checked");
    const wrong = await checkReference(context, reference, context.member);
    if (wrong !== undefined) return { ...wrong, detail: `${name}: ${wrong.detail}` };
  }
  return undefined;
}

/** A reference fits what `owner` has registered. */
export async function checkReference(context: Context, reference: FileReference, owner: string): Promise<Refused | undefined> {
  const row: FileRow | undefined = await readRow(context, stateKeys.file(reference.file));
  if (row === undefined) return { refused: "unknown-file", detail: "the file is not on the ledger" };
  if (row.owner !== owner) return { refused: "file-of-another-member", detail: "the file is registered by another member" };
  const fits = row.size === reference.size && row.dataType === reference.mediaType;
  return fits ? undefined : { refused: "file-does-not-match", detail: "size or media type are not those of the registered file" };
}
