import {
  checkSignature,
  disclosureCounts,
  openDisclosure,
  parseJws,
  parseSealedDisclosures,
  readClaims,
  type SealedDisclosures,
  schemaHash,
  sdJwtTyp,
  typeUrn,
} from "@vermilion/certificates";
import { type CertificateRow, type PartRow, stateKeys } from "@vermilion/contracts";
import { type Json, text } from "@vermilion/ledger";
import type { Context } from "../context.ts";
import type { Refused } from "../services.ts";
import { readRow } from "../state/reader.ts";

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
  if (isMalformed(sealed) || jws === undefined)
    return { refused: "record-malformed", detail: "the owner has published a record that is not in form" };
  if (!(await isOwners(context, certificate, part, row, jws)))
    return { refused: "record-not-signed", detail: "the record is not a document of this certificate, signed by its owner" };
  const hash = schemaHash(type, part, context.crypto);
  const fields = new Map<string, Json>();
  for (const [field, key] of Object.entries(keys)) {
    const bytes = Object.hasOwn(sealed, field) ? sealed[field] : undefined;
    const committed = Object.hasOwn(row.commitments, field) ? row.commitments[field] : undefined;
    if (bytes === undefined || committed === undefined) return { refused: "unknown-field", detail: field };
    const place = { certificate: certificate.certificate, version: certificate.version, part, field, schemaHash: hash };
    const opened = openDisclosure({ sealed: bytes, key, commitment: committed, context: place }, context.crypto);
    if ("refused" in opened) return { refused: opened.refused, detail: `${field}: ${opened.detail.en}` };
    if (!disclosureCounts(opened.text, jws.claims, context.crypto))
      return { refused: "disclosure-not-signed", detail: `${field}: its digest is not in _sd` };
    fields.set(field, opened.value);
  }
  return { fields: Object.fromEntries(fields) };
}

/** A field may be called `refused` too, but then its value is a ciphertext and no code. */
function isMalformed(sealed: ReturnType<typeof parseSealedDisclosures>): sealed is Exclude<typeof sealed, SealedDisclosures> {
  return typeof (sealed as { refused?: unknown }).refused === "string";
}

/** Signed by the owner's key, and of this certificate, type and part: otherwise the owner could later disown what he gave others to read. */
async function isOwners(
  context: Context,
  certificate: CertificateRow,
  part: string,
  row: PartRow,
  jws: NonNullable<ReturnType<typeof parseJws>>,
): Promise<boolean> {
  const { members } = await context.node.read.membershipAt(row.height);
  const key = members.get(row.owner)?.keys.sign;
  const claims = readClaims(jws.claims);
  if (key === undefined || claims === undefined || checkSignature(jws, sdJwtTyp, key, context.crypto) !== undefined) return false;
  const { iss, jti, vct } = claims;
  const isOfType = vct === typeUrn(certificate.type, row.typeVersion);
  return isOfType && iss === `${context.consortium}/${row.owner}` && jti === certificate.certificate && claims.part === part;
}
