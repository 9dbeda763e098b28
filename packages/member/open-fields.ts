import { disclosureCounts, openDisclosure, parseJws, parseSealedDisclosures, schemaHash } from "@vermilion/certificates";
import { type CertificateRow, type PartRow, stateKeys } from "@vermilion/contracts";
import { type Json, text } from "@vermilion/ledger";
import type { Context } from "./context.ts";
import type { Refused } from "./services.ts";
import { readRow } from "./state-reader.ts";

/**
 * Opens fields with their keys: each key must match what the entry committed to, each ciphertext its place, and each disclosure must be
 * one whose digest the issuer signed (design, section 7).
 */
export async function openFields(
  context: Context,
  certificate: CertificateRow,
  part: string,
  row: PartRow,
  keys: Readonly<Record<string, Uint8Array>>,
): Promise<{ readonly fields: Readonly<Record<string, Json>> } | Refused> {
  const type = await readRow(context, stateKeys.type(certificate.type, row.typeVersion));
  const sealedBytes = await context.ledger.attachment(row.disclosures);
  const issuerSigned = await context.ledger.attachment(row.issuerSigned);
  if (type === undefined || sealedBytes === undefined || issuerSigned === undefined) {
    return { refused: "attachment-not-here", detail: "the encrypted fields of this record are not held by this member yet" };
  }
  const sealed = parseSealedDisclosures(sealedBytes);
  const jws = parseJws(text(issuerSigned));
  if ("refused" in sealed || jws === undefined)
    return { refused: "record-malformed", detail: "the owner has published a record that is not in form" };
  const hash = schemaHash(type, part, context.crypto);
  const fields: Record<string, Json> = {};
  for (const [field, key] of Object.entries(keys)) {
    const bytes = sealed[field];
    const committed = row.commitments[field];
    if (bytes === undefined || committed === undefined) return { refused: "unknown-field", detail: field };
    const place = { certificate: certificate.certificate, version: certificate.version, part, field, schemaHash: hash };
    const opened = openDisclosure({ sealed: bytes, key, commitment: committed, context: place }, context.crypto);
    if ("refused" in opened) return { refused: opened.refused, detail: `${field}: ${opened.detail.en}` };
    if (!disclosureCounts(opened.text, jws.claims, context.crypto))
      return { refused: "disclosure-not-signed", detail: `${field}: its digest is not in _sd` };
    fields[field] = opened.value;
  }
  return { fields };
}
