import { formatIdentifier, mainPart, parseIdentifier, serialFromNumber } from "@vermilion/certificates";
import { type CertificateRow, operationCall, stateKeys, type TypeRow } from "@vermilion/contracts";
import type { Json } from "@vermilion/ledger";
import type { Call } from "@vermilion/protocol";
import type { Context } from "../context.ts";
import { byOf } from "../entries/by.ts";
import { idSource } from "../entries/id-source.ts";
import { parseSignedObject } from "../entries/signed-object.ts";
import { submit } from "../entries/submit.ts";
import type { Caller, CorrectInput, IssuedCertificate, Refused, RenewInput, Submitted, WriteOptions } from "../services.ts";
import { readRow } from "../state/reader.ts";
import { checkValues, claimsOf, documentOf, latestType, type Preparing, prepared, prepareNew, submitRecord } from "./certificates.ts";
import { sealRecord } from "./sealed-record.ts";
import { drawStatusSlot } from "./status-slots.ts";

type Issued = (Submitted & IssuedCertificate) | Refused;

const versionMax = 999;

/** Renew (换证): the next version of a certificate, under the same serial; the old one points to it and counts no more. */
export function renew(context: Context, id: string, input: RenewInput, caller: Caller, options: WriteOptions): Promise<Issued> {
  return submitRecord(context, (preparing) => prepareRenewal(context, id, input, preparing), caller, options);
}

async function prepareRenewal(context: Context, id: string, input: RenewInput, preparing: Preparing) {
  const old = await readRow(context, stateKeys.certificate(id));
  if (old === undefined) return unknownCertificate(id);
  if (old.issuer !== context.member)
    return { refused: "not-the-certificate-issuer", detail: `${old.issuer} has issued the certificate and alone renews it` };
  const type = await latestType(context, old.type);
  if (type === undefined) throw new Error("bug: a certificate has no type");
  const wrong = await checkValues(context, type, mainPart, input.fields);
  if (wrong !== undefined) return wrong;
  const certificate = nextIdentifier(type, old, input.fields);
  if (typeof certificate !== "string") return certificate;
  const holder = input.holder ?? old.holder;
  return prepareNew(
    context,
    type,
    {
      certificate,
      version: old.version + 1,
      input: {
        fields: input.fields,
        ...(holder === null ? {} : { holder }),
        ...(input.expiresAt === undefined ? {} : { expiresAt: input.expiresAt }),
      },
    },
    preparing,
    { replaces: old.certificate, reason: input.reason },
  );
}

/** GB/T 36904: the version is raised, the serial stays. Where the serial is the certificate's number, the number must stay too. */
function nextIdentifier(type: TypeRow, old: CertificateRow, fields: Readonly<Record<string, Json>>): string | Refused {
  const identifier = parseIdentifier(old.certificate);
  if ("refused" in identifier) throw new Error("bug: a certificate of the ledger has no identifier");
  if (identifier.version >= versionMax)
    return { refused: "version-exhausted", detail: `version ${versionMax} is the last of an identifier; issue a new certificate` };
  const number = type.number?.public === true ? fields[type.number.field] : undefined;
  if (typeof number === "string" && serialFromNumber(number) !== identifier.serial)
    return {
      refused: "number-changed",
      detail: "the number stands in the identifier; a certificate of another number is issued, not renewed",
    };
  const { issuer, serial, version } = identifier;
  return formatIdentifier({ type: type.code, issuer, serial, version: version + 1 });
}

/** Correct (变更, 更正): this member states its part anew, as a new document under the same identifier. */
export function correct(context: Context, id: string, input: CorrectInput, caller: Caller, options: WriteOptions): Promise<Issued> {
  return submitRecord(context, (preparing) => prepareCorrection(context, id, input, preparing), caller, options);
}

async function prepareCorrection(context: Context, id: string, input: CorrectInput, preparing: Preparing) {
  const certificate = await readRow(context, stateKeys.certificate(id));
  if (certificate === undefined) return unknownCertificate(id);
  const part = Object.hasOwn(certificate.parts, input.part) ? certificate.parts[input.part] : undefined;
  if (part === undefined) return { refused: "unknown-part", detail: `the certificate has no part ${input.part}` };
  if (part.owner !== context.member)
    return { refused: "not-the-owner", detail: `${part.owner} has stated this part and alone corrects it` };
  const type = await readRow(context, stateKeys.type(certificate.type, certificate.typeVersion));
  if (type === undefined) throw new Error("bug: a certificate has no type");
  const wrong = await checkValues(context, type, input.part, input.fields);
  if (wrong !== undefined) return wrong;
  const status = await drawStatusSlot(context, preparing.slotsDrawn);
  const name = { certificate: certificate.certificate, version: certificate.version, part: input.part };
  const { expiresAt, holder } = certificate;
  const record = await sealRecord(context, type, name, input.fields, {
    ...(await claimsOf(context, type, certificate.certificate, input.part, status)),
    ...(input.part === mainPart && expiresAt !== null ? { exp: Math.floor(expiresAt / 1000) } : {}),
    ...(input.part === mainPart && holder !== null ? { sub: holder } : {}),
  });
  const operation = operationCall("certificates.correct", {
    certificate: certificate.certificate,
    type: certificate.type,
    typeVersion: certificate.typeVersion,
    part: input.part,
    corrects: part.issuerSigned,
    reason: input.reason,
    ...documentOf(preparing, status),
    ...record.content,
  });
  return prepared(operation, certificate.certificate, record);
}

/** Suspend, resume, revoke (中止, 恢复, 注销): the issuer's word on its certificate, with a reason code. */
export async function changeStatus(
  context: Context,
  operation: "suspend" | "resume" | "revoke",
  id: string,
  { reason }: { readonly reason: string },
  caller: Caller,
  options: WriteOptions,
): Promise<Submitted | Refused> {
  const certificate = await readRow(context, stateKeys.certificate(id));
  if (certificate === undefined) return unknownCertificate(id);
  const call = operationCall(`certificates.${operation}`, { certificate: certificate.certificate, reason, by: byOf(caller) });
  return submit(context, { operations: [call] }, idSource(caller, options), options);
}

/** Receive (收证): by the holder's own signature, or by the app that serves him. */
export async function receive(
  context: Context,
  id: string,
  input: Omit<Call<"receiveCertificate">, "certificate">,
  caller: Caller,
  options: WriteOptions,
): Promise<Submitted | Refused> {
  const certificate = await readRow(context, stateKeys.certificate(id));
  if (certificate === undefined) return unknownCertificate(id);
  const proof = input.proof === undefined ? null : parseSignedObject(input.proof);
  if (proof === undefined) return { refused: "bad-proof", detail: "the proof is not a signed object in JSON" };
  const document = input.document ?? certificate.parts[mainPart]?.issuerSigned ?? "";
  const call = operationCall("certificates.receive", { certificate: certificate.certificate, document, proof, by: byOf(caller) });
  return submit(context, { operations: [call] }, idSource(caller, options), options);
}

function unknownCertificate(id: string): Refused {
  return { refused: "unknown-certificate", detail: id };
}
