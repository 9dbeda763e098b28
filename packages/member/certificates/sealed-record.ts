import {
  assemble,
  type CertificateClaims,
  type CertificateType,
  commitment,
  digest,
  disclosure,
  encodeSealedDisclosures,
  fieldKey,
  fieldsOf,
  issuerSignedHash,
  issuerSignedInput,
  issuerSignedJws,
  nonceBytes,
  recordKeyBytes,
  saltBytes,
  schemaHash,
  sealDisclosure,
  withDerived,
} from "@vermilion/certificates";
import { type Json, lowS, toHex, utf8 } from "@vermilion/ledger";
import type { Attachment } from "@vermilion/node/ports/index";
import type { Context } from "../context.ts";
import type { RecordName } from "../ports/index.ts";

/** A signed and encrypted part, ready to be put on the chain. */
export interface SealedRecord {
  /** Arguments that `certificates.issue` and `certificates.complete` share. */
  readonly content: {
    readonly fields: readonly string[];
    readonly commitments: Readonly<Record<string, string>>;
    readonly issuerSigned: string;
    readonly disclosures: string;
  };
  readonly attachments: readonly (Attachment & { readonly name: string })[];
  readonly sdJwt: string;
}

/** Which part of which certificate is sealed. */
export type RecordPlace = Omit<RecordName, "document">;

/**
 * Signs a part as SD-JWT VC and encrypts each disclosure under its own field key (design, section 7). Every document has a record key of its
 * own, stored wrapped before anything leaves this member: a document that the ledger refuses, or a draft before its correction, must not
 * open with the keys that are granted for the one of record.
 */
export async function sealRecord(
  context: Context,
  type: CertificateType,
  place: RecordPlace,
  given: Readonly<Record<string, Json>>,
  claims: CertificateClaims,
): Promise<SealedRecord> {
  const { crypto, random } = context;
  const values = withDerived(type, place.part, given);
  const fields = fieldsOf(type, place.part).filter(({ name }) => Object.hasOwn(values, name));
  const texts = fields.map(({ name }) => disclosure(random.bytes(saltBytes), name, values[name] ?? null).text);
  const jws = await signDocument(context, claims, texts);
  const document = issuerSignedHash(jws, crypto);
  const recordKey = await newRecordKey(context, { ...place, document });
  const hash = schemaHash(type, place.part, crypto);
  const rows = fields.map((field, at) => {
    const where = { certificate: place.certificate, version: place.version, part: place.part, field: field.name };
    const key = fieldKey(recordKey, where, crypto);
    const input = { disclosure: texts[at] ?? "", field, key, nonce: random.bytes(nonceBytes), context: { ...where, schemaHash: hash } };
    return { field: field.name, sealed: sealDisclosure(input, crypto), commitment: commitment(key, crypto) };
  });
  const sealed = encodeSealedDisclosures(Object.fromEntries(rows.map((row) => [row.field, row.sealed])));
  const disclosures = attachmentOf(context, "disclosures", sealed);
  return {
    content: {
      fields: rows.map(({ field }) => field),
      commitments: Object.fromEntries(rows.map((row) => [row.field, row.commitment])),
      issuerSigned: document,
      disclosures: disclosures.sha256,
    },
    attachments: [attachmentOf(context, "issuer-signed", utf8(jws)), disclosures],
    sdJwt: assemble(jws, texts),
  };
}

async function signDocument(context: Context, claims: CertificateClaims, disclosures: readonly string[]): Promise<string> {
  const digests = disclosures.map((text) => digest(text, context.crypto));
  const input = issuerSignedInput(claims, digests, { alg: "ES256", kid: context.signThumbprint });
  return issuerSignedJws(input, lowS(await context.keys.sign(input)));
}

async function newRecordKey(context: Context, name: RecordName): Promise<Uint8Array> {
  const key = context.random.bytes(recordKeyBytes);
  await context.recordKeys.saveFirst(name, await context.keys.wrap(key, recordContext(name)));
  return key;
}

function attachmentOf(context: Pick<Context, "crypto">, name: string, bytes: Uint8Array) {
  return { name, sha256: toHex(context.crypto.sha256(bytes)), bytes };
}

/** What a wrapped record key is bound to. */
function recordContext({ certificate, version, part, document }: RecordName): string {
  return `vermilion-record-key/v1 ${certificate} ${version} ${part} ${document}`;
}

/** Field keys of a record of this member; undefined where the record key is not here (another owner, or erased). */
export async function ownFieldKeys(
  context: Context,
  name: RecordName,
  fields: readonly string[],
): Promise<Readonly<Record<string, Uint8Array>> | undefined> {
  const wrapped = await context.recordKeys.read(name);
  if (wrapped === undefined) return undefined;
  const recordKey = await context.keys.unwrap(wrapped, recordContext(name));
  return Object.fromEntries(fields.map((field) => [field, fieldKey(recordKey, { ...name, field }, context.crypto)]));
}
