import { mainPart, statusValues } from "@vermilion/certificates";
import { canonical, equalBytes, parseSigned, thumbprint, verifySigned } from "@vermilion/ledger";
import * as z from "zod";
import {
  by,
  callKey,
  certificateId,
  code,
  type Given,
  partId,
  sha256Hex,
  signedObject,
  statusPlace,
  typeId,
  typeVersion,
} from "./arguments.ts";
import { checkContent, partContent } from "./certificate-content.ts";
import { changeStatus, changeStatusInList, publishDocument, recordStep, takeStatusPlace } from "./certificate-register.ts";
import { checkStanding } from "./certificates.ts";
import { stateKeys } from "./keys.ts";
import { type MemberContext, memberOperation } from "./operation.ts";
import { partOf } from "./parts.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { CertificateRow, Party } from "./rows.ts";

/** What happens to a certificate between its issue and its end. */

const VERSION = 2;
const PROOF_BYTES_MAX = 8192;

const correctArguments = z.strictObject({
  certificate: certificateId,
  /** Named again, as in `complete`. */
  type: typeId,
  typeVersion,
  part: partId,
  /** The document that is corrected: of two corrections at one time the second is refused, for it did not know the first. */
  corrects: sha256Hex,
  reason: code,
  status: statusPlace,
  callKey: callKey.nullable(),
  by,
  ...partContent,
});

export type CorrectArguments = Given<typeof correctArguments>;

/**
 * Who stated a part states it anew (变更, 更正) under the same identifier: a new document with keys and a status of its own. The old one is
 * invalid in its status list; grants of it stay what they were, grants of the new one are asked for anew.
 */
const correct = memberOperation({
  contract: "certificates",
  operation: "correct",
  version: VERSION,
  arguments: correctArguments,
  reads: (given) => [stateKeys.certificate(given.certificate), stateKeys.digest(given.issuerSigned), stateKeys.digest(given.corrects)],
  apply: (context, given) => {
    const { view, member } = context;
    const certificate = view.get(stateKeys.certificate(given.certificate));
    if (certificate === undefined) return refuse("unknown-certificate");
    const part = partOf(certificate, given.part);
    if (part === undefined) return refuse("unknown-part");
    if (part.owner !== member.id) return refuse("not-the-owner");
    if (part.issuerSigned !== given.corrects) return refuse("document-not-current");
    if (given.type !== certificate.type || given.typeVersion !== certificate.typeVersion) return refuse("type-does-not-match");
    const type = view.get(stateKeys.type(certificate.type, certificate.typeVersion));
    if (type === undefined) return refuse("unknown-type");
    const bad =
      checkStanding(certificate) ??
      checkContent(context, type, given.part, given) ??
      takeStatusPlace(context, certificate.certificate, given.status);
    if (bad !== undefined) return bad;

    view.put(stateKeys.formerPart(part.issuerSigned), part);
    const former = view.get(stateKeys.digest(part.issuerSigned));
    if (former !== undefined) view.put(stateKeys.digest(part.issuerSigned), { ...former, correctedBy: given.issuerSigned });
    changeStatusInList(context, part, statusValues.invalid);
    const revision = (part.revision ?? 1) + 1;
    const more = { status: given.status, revision, corrects: part.issuerSigned };
    const corrected = publishDocument(context, certificate, given.part, given, more);
    recordStep(context, corrected, {
      kind: "corrected",
      by: given.by,
      part: given.part,
      document: given.issuerSigned,
      reason: given.reason,
    });
    return undefined;
  },
});

const statusArguments = z.strictObject({ certificate: certificateId, reason: code, by });

export type StatusArguments = Given<typeof statusArguments>;

/** An act of the issuer on the status of its certificate. */
function statusOperation(
  name: string,
  kind: "suspended" | "resumed" | "revoked",
  judge: (certificate: CertificateRow) => Refusal | undefined,
) {
  return memberOperation({
    contract: "certificates",
    operation: name,
    version: VERSION,
    arguments: statusArguments,
    reads: (given) => [stateKeys.certificate(given.certificate)],
    apply: (context, { certificate: id, reason, by }) => {
      const certificate = context.view.get(stateKeys.certificate(id));
      if (certificate === undefined) return refuse("unknown-certificate");
      if (certificate.issuer !== context.member.id) return refuse("not-the-certificate-issuer");
      const bad = judge(certificate);
      if (bad !== undefined) return bad;
      const status = kind === "resumed" ? "valid" : kind;
      recordStep(context, changeStatus(context, certificate, status, reason), { kind, by, reason });
      return undefined;
    },
  });
}

const suspend = statusOperation("suspend", "suspended", checkStanding);

const resume = statusOperation("resume", "resumed", (certificate) => {
  if (certificate.status === "suspended") return undefined;
  return checkStanding(certificate) ?? refuse("certificate-not-suspended");
});

/** For good (注销, 吊销): also of a suspended one. */
const revoke = statusOperation("revoke", "revoked", (certificate) =>
  certificate.status === "suspended" ? undefined : checkStanding(certificate),
);

/** `typ` of the signed object by which a holder acknowledges a certificate. */
export const receiptOfHolderTyp = "vermilion-received+json";

/** What the holder's key signs: this very document of this certificate, on this chain. */
export type ReceiptOfHolder = { readonly certificate: string; readonly chain: string; readonly document: string };

const receiveArguments = z.strictObject({
  certificate: certificateId,
  /** SHA-256 of the issuer-signed main part that was received. */
  document: sha256Hex,
  /** By the holder's own key; without it the member that serves the holder speaks for him. */
  proof: signedObject.nullable(),
  by,
});

export type ReceiveArguments = Given<typeof receiveArguments>;

/** The holder's account or the app that serves him acknowledges receipt (收证). */
const receive = memberOperation({
  contract: "certificates",
  operation: "receive",
  version: VERSION,
  arguments: receiveArguments,
  reads: (given) => [stateKeys.certificate(given.certificate)],
  apply: (context, given) => {
    const { view, block, entry } = context;
    const certificate = view.get(stateKeys.certificate(given.certificate));
    if (certificate === undefined) return refuse("unknown-certificate");
    const ended = checkStanding(certificate);
    if (ended !== undefined) return ended;
    if (partOf(certificate, mainPart)?.issuerSigned !== given.document) return refuse("document-not-current");
    if (certificate.received?.document === given.document) return refuse("already-received");
    const who = receiver(context, certificate, given);
    if ("refused" in who) return who;
    const received = { document: given.document, at: block.time, transaction: entry.transactionHash };
    recordStep(context, { ...certificate, received }, { kind: "received", by: given.by, who, document: given.document });
    return undefined;
  },
});

/** Who acknowledges: the holder by his signature; else the member that has registered him, or where no holder is named the issuer. */
function receiver(context: MemberContext, certificate: CertificateRow, given: ReceiveArguments): Party | Refusal {
  const { view, member, block } = context;
  const speaker = { kind: "member", id: member.id } as const;
  if (certificate.holder === null)
    return given.proof === null && certificate.issuer === member.id ? speaker : refuse("not-the-holder", "the certificate names no holder");
  const account = view.get(stateKeys.account(certificate.holder));
  if (account === undefined) return refuse("unknown-account");
  if (given.proof === null) return account.member === member.id ? speaker : refuse("not-the-holder", "another member serves the holder");
  const signed = parseSigned(canonical(given.proof), receiptOfHolderTyp, PROOF_BYTES_MAX);
  if ("refused" in signed) return refuse("bad-proof", signed.refused);
  const expected: ReceiptOfHolder = { certificate: certificate.certificate, chain: block.chain, document: given.document };
  if (!equalBytes(signed.payload, canonical(expected))) return refuse("bad-proof", "the payload is not of this certificate");
  const [signature, ...others] = signed.signatures;
  if (signature === undefined || others.length > 0) return refuse("bad-proof", "one signature is asked");
  if (signature.kid !== thumbprint(account.jwk, context.crypto)) return refuse("not-the-holder", "signed by another key");
  const bad = verifySigned(signature, account.jwk, context.crypto);
  return bad === undefined ? { kind: "account", id: account.address } : refuse("bad-proof", bad.refused);
}

export const certificateChangeOperations = [correct, suspend, resume, revoke, receive];
