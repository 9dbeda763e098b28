import { checkFields, formatIdentifier, mainPart, serialFromNumber, typeUrn } from "@vermilion/certificates";
import { type CertificateListRow, type CertificateRow, type StateKey, stateKeys, statePrefixes, type TypeRow } from "@vermilion/contracts";
import type { Json } from "@vermilion/ledger";
import type { Context } from "../context.ts";
import { readRange, readRow, readRows } from "../entries/state-reader.ts";
import { submit } from "../entries/submit.ts";
import { checkFileFields } from "../records/file-fields.ts";
import { type SealedRecord, sealRecord } from "../records/sealed-record.ts";
import type { Caller, IssuedCertificate, IssueInput, Page, Refused, Services, Submitted, WriteOptions } from "../services.ts";
import type { Driver } from "../turns/driver.ts";
import { findEntry } from "./entries.ts";
import { idSource } from "./id-source.ts";
import { decodeCursor, encodeCursor } from "./paging.ts";

type Issued = (Submitted & IssuedCertificate) | Refused;

/** Publish (发布): fields checked against the type, signed, encrypted, committed. */
export async function issue(context: Context, driver: Driver, input: IssueInput, caller: Caller, options: WriteOptions): Promise<Issued> {
  const type = await latestType(context, input.type);
  if (type === undefined) return { refused: "unknown-type", detail: input.type };
  // Before anything is checked or signed at length: who may not issue costs this member nothing.
  if (!type.issuers.includes(context.member)) return { refused: "not-an-issuer", detail: `${context.member} does not issue ${type.id}` };
  const wrong = checkFields(type, mainPart, input.fields as Json);
  if (wrong !== undefined) return { refused: wrong.refused, detail: "some fields are wrong", problems: wrong.problems };
  const wrongFile = await checkFileFields(context, type, mainPart, input.fields);
  if (wrongFile !== undefined) return wrongFile;
  const serial = serialOf(context, type, input);
  if (typeof serial !== "string") return serial;
  const issuer = await readRow(context, stateKeys.member(context.member));
  if (issuer === undefined) throw new Error("bug: this member has no row");
  const certificate = formatIdentifier({ type: type.code, issuer: issuer.uscc, serial, version: 1 });
  const record = await sealRecord(context, type, { certificate, version: 1, part: mainPart }, input.fields, {
    ...claimsOf(context, type, certificate, mainPart),
    ...(input.holder === undefined ? {} : { sub: input.holder }),
  });
  const given = { certificate, type: type.id, typeVersion: type.version, version: 1, holder: input.holder ?? null, ...record.content };
  return submitRecord(context, driver, "issue", given, record, caller, options);
}

/** Complete (录入): a second agency adds its part. */
export async function complete(
  context: Context,
  driver: Driver,
  certificate: string,
  input: { readonly part: string; readonly fields: Readonly<Record<string, Json>> },
  caller: Caller,
  options: WriteOptions,
): Promise<Issued> {
  const row = await readRow(context, stateKeys.certificate(certificate));
  if (row === undefined) return { refused: "unknown-certificate", detail: certificate };
  const type = await readRow(context, stateKeys.type(row.type, row.typeVersion));
  if (type === undefined) throw new Error("bug: a certificate has no type");
  if (!type.parts.some(({ id }) => id === input.part)) return { refused: "unknown-part", detail: `the type has no part ${input.part}` };
  const completers = (await latestType(context, row.type))?.parts.find(({ id }) => id === input.part)?.completers ?? [];
  if (!completers.includes(context.member))
    return { refused: "not-a-completer", detail: `${context.member} does not fill in ${input.part}` };
  if (Object.hasOwn(row.parts, input.part) && options.idempotencyKey === undefined) return { refused: "part-exists", detail: input.part };
  const wrong = checkFields(type, input.part, input.fields as Json);
  if (wrong !== undefined) return { refused: wrong.refused, detail: "some fields are wrong", problems: wrong.problems };
  const wrongFile = await checkFileFields(context, type, input.part, input.fields);
  if (wrongFile !== undefined) return wrongFile;
  const name = { certificate: row.certificate, version: row.version, part: input.part };
  const record = await sealRecord(context, type, name, input.fields, claimsOf(context, type, row.certificate, input.part));
  const given = { certificate: row.certificate, type: type.id, typeVersion: type.version, part: input.part, ...record.content };
  return submitRecord(context, driver, "complete", given, record, caller, options);
}

async function submitRecord(
  context: Context,
  driver: Driver,
  operation: "issue" | "complete",
  given: { readonly certificate: string; readonly issuerSigned: string },
  record: SealedRecord,
  caller: Caller,
  options: WriteOptions,
): Promise<Issued> {
  const draft = {
    operations: [{ contract: "certificates", operation, arguments: given as unknown as Record<string, Json> }],
    attachments: record.attachments,
  };
  const submitted = await submit(context, driver, draft, idSource(caller, options), options);
  if ("refused" in submitted) return submitted;
  const written = await writtenBy(context, submitted.transactionHash);
  // A repeat by Idempotency-Key answers what the first call wrote; what was just made is not on the chain then.
  if (written !== undefined && written.issuerSigned !== given.issuerSigned) {
    return { ...submitted, certificate: written.certificate, issuerSignedSha256: written.issuerSigned };
  }
  return { ...submitted, certificate: given.certificate, issuerSignedSha256: given.issuerSigned, sdJwt: record.sdJwt };
}

/** What the operation of a committed or waiting entry says it writes. */
async function writtenBy(context: Context, transactionHash: string): Promise<{ certificate: string; issuerSigned: string } | undefined> {
  const entry = await findEntry(context, transactionHash);
  return entry?.payload.operations[0]?.arguments as { certificate: string; issuerSigned: string } | undefined;
}

function claimsOf(context: Context, type: TypeRow, certificate: string, part: string) {
  const iat = Math.floor(context.clock.now() / 1000);
  return {
    vct: typeUrn(type.id, type.version),
    iss: `${context.consortium}/${context.member}`,
    iat,
    jti: certificate,
    part,
    ...(type.validityDays === undefined ? {} : { exp: iat + type.validityDays * 86_400 }),
  };
}

/** The serial is the certificate number only where the type marks it public: numbers are often numbers of persons (design, section 7). */
function serialOf(context: Context, type: TypeRow, input: IssueInput): string | Refused {
  const number = type.number?.public === true ? input.fields[type.number.field] : undefined;
  if (typeof number === "string") {
    const serial = serialFromNumber(number);
    return typeof serial === "string" ? serial : { refused: serial.refused, detail: serial.detail.en };
  }
  return [...context.random.bytes(16)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}

export async function latestType(context: Context, id: string): Promise<TypeRow | undefined> {
  const latest = await readRow(context, stateKeys.typeLatest(id));
  return latest === undefined ? undefined : readRow(context, stateKeys.type(id, latest.version));
}

export async function certificate(context: Context, id: string): Promise<CertificateRow | Refused> {
  return (await readRow(context, stateKeys.certificate(id))) ?? { refused: "unknown-certificate", detail: id };
}

/** Newest first. */
export async function certificates(
  context: Context,
  ...[filter, cursor, limit]: Parameters<Services["certificates"]>
): Promise<Page<CertificateRow> | Refused> {
  const prefix =
    filter.holder !== undefined
      ? statePrefixes.certificatesOfHolder(filter.holder)
      : filter.type !== undefined
        ? statePrefixes.certificatesOfType(filter.type)
        : statePrefixes.certificates;
  const from = decodeCursor(cursor, prefix);
  if (typeof from === "object") return from;
  const page = await readRange<CertificateListRow>(context, prefix, { from, limit, backward: true });
  const keys: StateKey<CertificateRow>[] = page.rows.map(({ value }) => stateKeys.certificate(value.certificate));
  const rows = await readRows(context, keys);
  // Both filters: the holder's list is the shorter one.
  const items = filter.type === undefined ? rows : rows.filter(({ type }) => type === filter.type);
  return { items, ...encodeCursor(page.next) };
}
