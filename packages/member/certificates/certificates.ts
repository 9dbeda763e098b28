import { checkFields, formatIdentifier, mainPart, serialFromNumber, typeUrn } from "@vermilion/certificates";
import { type CertificateRow, operationCall, type StatusSlot, stateKeys, type TypeRow } from "@vermilion/contracts";
import type { Json, Operation } from "@vermilion/ledger";
import { refusalOf } from "@vermilion/node/entries/submission";
import type { Context } from "../context.ts";
import { byOf } from "../entries/by.ts";
import { idSource } from "../entries/id-source.ts";
import { submit } from "../entries/submit.ts";
import { findEntry } from "../explorer/entries.ts";
import { checkFileFields } from "../files/file-fields.ts";
import type { Caller, IssuedCertificate, IssueInput, PartInput, Refused, Submitted, WriteOptions } from "../services.ts";
import { readRow } from "../state/reader.ts";
import { type SealedRecord, sealRecord } from "./sealed-record.ts";
import { drawStatusSlot, statusListUri } from "./status-slots.ts";

const DAY_MS = 86_400_000;

type Issued = (Submitted & IssuedCertificate) | Refused;

/** A record that is signed and sealed, with the operation that puts it on the chain. */
export interface PreparedRecord {
  readonly operation: Operation;
  readonly attachments: SealedRecord["attachments"];
  readonly certificate: string;
  readonly issuerSigned: string;
  readonly sdJwt: string;
}

/** What several records of one call share, and what they must not. */
export interface Preparing {
  readonly by: Caller;
  /** How the caller's line of a bulk call is known again; null for a call of its own. */
  readonly callKey: string | null;
  /** Slots in status lists that this call has drawn. */
  readonly slotsDrawn: Set<string>;
}

/** Entries that one call may use up where another process has taken its slot in the status list before it. */
const triesMax = 5;

/** Publish (发布): fields checked against the type, signed, encrypted, committed. */
export function issue(context: Context, input: IssueInput, caller: Caller, options: WriteOptions): Promise<Issued> {
  return submitRecord(context, (preparing) => prepareIssue(context, input, preparing), caller, options);
}

/** Complete (录入): a second agency adds its part. */
export function complete(context: Context, certificate: string, input: PartInput, caller: Caller, options: WriteOptions): Promise<Issued> {
  const isRepeatable = options.idempotencyKey !== undefined;
  return submitRecord(context, (preparing) => prepareComplete(context, certificate, input, preparing, isRepeatable), caller, options);
}

/** `serialOfKey`: taken instead of a random one where the type does not make its number public. */
export async function prepareIssue(
  context: Context,
  input: IssueInput,
  preparing: Preparing,
  serialOfKey?: string,
): Promise<PreparedRecord | Refused> {
  const type = await latestType(context, input.type);
  if (type === undefined) return { refused: "unknown-type", detail: input.type };
  // Before anything is checked or signed at length: who may not issue costs this member nothing.
  if (!type.issuers.includes(context.member)) return { refused: "not-an-issuer", detail: `${context.member} does not issue ${type.id}` };
  const wrong = await checkValues(context, type, mainPart, input.fields);
  if (wrong !== undefined) return wrong;
  const certificate = await identifierOf(context, type, input, serialOfKey);
  if (typeof certificate !== "string") return certificate;
  return prepareNew(context, type, { certificate, version: 1, input }, preparing);
}

/** A certificate with its main part, signed and sealed: as it is first issued, or as the next version of another. */
export async function prepareNew(
  context: Context,
  type: TypeRow,
  of: { readonly certificate: string; readonly version: number; readonly input: Omit<IssueInput, "type" | "serial"> },
  preparing: Preparing,
  renewal?: { readonly replaces: string; readonly reason: string },
): Promise<PreparedRecord> {
  const { certificate, version, input } = of;
  const holder = input.holder ?? null;
  const now = context.clock.now();
  const expiresAt = input.expiresAt ?? (type.validityDays === undefined ? null : now + type.validityDays * DAY_MS);
  const status = await drawStatusSlot(context, preparing.slotsDrawn);
  const record = await sealRecord(context, type, { certificate, version, part: mainPart }, input.fields, {
    ...(await claimsOf(context, type, certificate, mainPart, status)),
    ...(expiresAt === null ? {} : { exp: Math.floor(expiresAt / 1000) }),
    ...(holder === null ? {} : { sub: holder }),
  });
  const named = { certificate, type: type.id, typeVersion: type.version, version, holder, expiresAt };
  const given = { ...named, ...documentOf(preparing, status), ...record.content };
  const operation =
    renewal === undefined ? operationCall("certificates.issue", given) : operationCall("certificates.renew", { ...given, ...renewal });
  return prepared(operation, certificate, record);
}

export async function prepareComplete(
  context: Context,
  certificate: string,
  input: PartInput,
  preparing: Preparing,
  isRepeatable: boolean,
): Promise<PreparedRecord | Refused> {
  const row = await readRow(context, stateKeys.certificate(certificate));
  if (row === undefined) return { refused: "unknown-certificate", detail: certificate };
  const type = await readRow(context, stateKeys.type(row.type, row.typeVersion));
  if (type === undefined) throw new Error("bug: a certificate has no type");
  if (!type.parts.some(({ id }) => id === input.part)) return { refused: "unknown-part", detail: `the type has no part ${input.part}` };
  const completers = (await latestType(context, row.type))?.parts.find(({ id }) => id === input.part)?.completers ?? [];
  if (!completers.includes(context.member))
    return { refused: "not-a-completer", detail: `${context.member} does not fill in ${input.part}` };
  if (Object.hasOwn(row.parts, input.part) && !isRepeatable) return { refused: "part-exists", detail: input.part };
  const wrong = await checkValues(context, type, input.part, input.fields);
  if (wrong !== undefined) return wrong;
  const status = await drawStatusSlot(context, preparing.slotsDrawn);
  const name = { certificate: row.certificate, version: row.version, part: input.part };
  const record = await sealRecord(context, type, name, input.fields, await claimsOf(context, type, row.certificate, input.part, status));
  const given = { certificate: row.certificate, type: type.id, typeVersion: type.version, part: input.part };
  const operation = operationCall("certificates.complete", { ...given, ...documentOf(preparing, status), ...record.content });
  return prepared(operation, row.certificate, record);
}

/** Arguments of every operation that publishes a document. */
export function documentOf({ by, callKey }: Preparing, status: StatusSlot) {
  return { status, callKey, by: byOf(by) };
}

export function prepared(operation: Operation, certificate: string, record: SealedRecord): PreparedRecord {
  return {
    operation,
    attachments: record.attachments,
    certificate,
    issuerSigned: record.content.issuerSigned,
    sdJwt: record.sdJwt,
  };
}

/** The values of a part against its type, and the files that they name against the ledger. */
export async function checkValues(
  context: Context,
  type: TypeRow,
  part: string,
  fields: Readonly<Record<string, Json>>,
): Promise<Refused | undefined> {
  const wrong = checkFields(type, part, fields as Json);
  if (wrong !== undefined) return { refused: wrong.refused, detail: "some fields are wrong", problems: wrong.problems };
  return checkFileFields(context, type, part, fields);
}

/** One record as an entry of its own. A slot in the status list that another process took first is drawn anew, under the next entry id. */
export async function submitRecord(
  context: Context,
  prepare: (preparing: Preparing) => Promise<PreparedRecord | Refused>,
  caller: Caller,
  options: WriteOptions,
): Promise<Issued> {
  const slotsDrawn = new Set<string>();
  for (let tryNumber = 1; ; tryNumber++) {
    const record = await prepare({ by: caller, callKey: null, slotsDrawn });
    if ("refused" in record) return record;
    const draft = { operations: [record.operation], attachments: record.attachments };
    const submitted = await submit(context, draft, idSource(caller, options, tryNumber), options);
    const isTaken = refusalOf(submitted) === "status-index-taken";
    if (isTaken && tryNumber < triesMax) continue;
    return "refused" in submitted ? submitted : issuedBy(context, submitted, record);
  }
}

async function issuedBy(context: Context, submitted: Submitted, record: PreparedRecord): Promise<Issued> {
  const written = await writtenBy(context, submitted.transactionHash);
  // A repeat by Idempotency-Key answers what the first call wrote; what was just made is not on the chain then.
  if (written !== undefined && written.issuerSigned !== record.issuerSigned) {
    return { ...submitted, certificate: written.certificate, issuerSignedSha256: written.issuerSigned };
  }
  return { ...submitted, certificate: record.certificate, issuerSignedSha256: record.issuerSigned, sdJwt: record.sdJwt };
}

/** What the operation of a committed or waiting entry says it writes. */
async function writtenBy(context: Context, transactionHash: string): Promise<{ certificate: string; issuerSigned: string } | undefined> {
  const entry = await findEntry(context, transactionHash);
  return entry?.payload.operations[0]?.arguments as { certificate: string; issuerSigned: string } | undefined;
}

export async function claimsOf(context: Context, type: TypeRow, certificate: string, part: string, { list, index }: StatusSlot) {
  const statusList = { idx: index, uri: await statusListUri(context, context.member, list) };
  return {
    vct: typeUrn(type.id, type.version),
    iss: `${context.consortium}/${context.member}`,
    iat: Math.floor(context.clock.now() / 1000),
    jti: certificate,
    part,
    status: { status_list: statusList },
  };
}

/** The identifier that a certificate is issued under. */
export async function identifierOf(context: Context, type: TypeRow, input: IssueInput, serialOfKey?: string): Promise<string | Refused> {
  const serial = serialOf(context, type, input, serialOfKey);
  const issuer = (await context.node.read.membershipAt()).members.get(context.member);
  if (issuer === undefined) throw new Error("bug: this member is no member");
  return typeof serial === "string" ? formatIdentifier({ type: type.code, issuer: issuer.uscc, serial, version: 1 }) : serial;
}

/** The serial is the certificate number only where the type marks it public: numbers are often numbers of persons (design, section 7). */
function serialOf(context: Context, type: TypeRow, input: IssueInput, serialOfKey: string | undefined): string | Refused {
  const number = type.number?.public === true ? input.fields[type.number.field] : undefined;
  if (typeof number === "string") {
    const serial = serialFromNumber(number);
    return typeof serial === "string" ? serial : { refused: serial.refused, detail: serial.detail.en };
  }
  if (serialOfKey !== undefined) return serialOfKey;
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
