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
} from "@vermilion/certificates";
import { type Json, lowS, toHex, utf8 } from "@vermilion/ledger";
import type { Context } from "./context.ts";
import type { Attachment, RecordName } from "./ports/index.ts";

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

/**
 * Signs a part as SD-JWT VC and encrypts each disclosure under its own field key (design, section 7). The record key is made once a record,
 * is stored wrapped before anything is signed, and never leaves this member; a repeat after a crash goes on with the stored one.
 */
export async function sealRecord(
  context: Context,
  type: CertificateType,
  name: RecordName,
  values: Readonly<Record<string, Json>>,
  claims: CertificateClaims,
): Promise<SealedRecord> {
  const { crypto, random } = context;
  const recordKey = await recordKeyOf(context, name);
  const present = fieldsOf(type, name.part).filter((field) => values[field.name] !== undefined);
  const hash = schemaHash(type, name.part, crypto);
  const rows = present.map((field) => {
    const place = { certificate: name.certificate, version: name.version, part: name.part, field: field.name };
    const key = fieldKey(recordKey, place, crypto);
    const { text } = disclosure(random.bytes(saltBytes), field.name, values[field.name] ?? null);
    const sealed = sealDisclosure(
      { disclosure: text, field, key, nonce: random.bytes(nonceBytes), context: { ...place, schemaHash: hash } },
      crypto,
    );
    return { field: field.name, text, sealed, commitment: commitment(key, crypto) };
  });
  const input = issuerSignedInput(
    claims,
    rows.map(({ text }) => digest(text, crypto)),
    { alg: "ES256", kid: context.signThumbprint },
  );
  const jws = issuerSignedJws(input, lowS(await context.keys.sign(input)));
  const disclosures = attachmentOf(
    context,
    "disclosures",
    encodeSealedDisclosures(Object.fromEntries(rows.map(({ field, sealed }) => [field, sealed]))),
  );
  return {
    content: {
      fields: rows.map(({ field }) => field),
      commitments: Object.fromEntries(rows.map((row) => [row.field, row.commitment])),
      issuerSigned: issuerSignedHash(jws, crypto),
      disclosures: disclosures.sha256,
    },
    attachments: [attachmentOf(context, "issuer-signed", utf8(jws)), disclosures],
    sdJwt: assemble(
      jws,
      rows.map(({ text }) => text),
    ),
  };
}

async function recordKeyOf(context: Context, name: RecordName): Promise<Uint8Array> {
  const fresh = await context.keys.wrap(context.random.bytes(recordKeyBytes), recordContext(name));
  await context.recordKeys.saveFirst(name, fresh);
  const wrapped = await context.recordKeys.read(name);
  if (wrapped === undefined) throw new Error("bug: a saved record key is not there");
  return context.keys.unwrap(wrapped, recordContext(name));
}

function attachmentOf(context: Pick<Context, "crypto">, name: string, bytes: Uint8Array) {
  return { name, sha256: toHex(context.crypto.sha256(bytes)), bytes };
}

/** What a wrapped record key is bound to. */
export function recordContext({ certificate, version, part }: RecordName): string {
  return `vermilion-record-key/v1 ${certificate} ${version} ${part}`;
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
