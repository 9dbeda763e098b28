import { mainPart } from "@vermilion/certificates";
import * as z from "zod";
import { by, certificateId, type Given, sha256Hex, signedObject } from "../operation/arguments.ts";
import { type AccountAuthor, checkBy, type MemberAuthor } from "../operation/authors.ts";
import { onCertificateType } from "../operation/counts.ts";
import { type AuthoredContext, operation } from "../operation/operation.ts";
import { checkProof } from "../operation/proof.ts";
import { type Refusal, refuse } from "../operation/refusals.ts";
import { type CertificateRow, partOf } from "../state/certificates.ts";
import { stateKeys } from "../state/keys.ts";
import type { Party } from "../state/party.ts";
import { recordStep } from "./register.ts";
import { refuseUnlessValid } from "./status.ts";

/** `typ` of the signed object by which a holder acknowledges a certificate through a member. */
export const receiptOfHolderTyp = "vermilion-received+json";

/** What the holder's key signs: this very document of this certificate, on this chain. */
export type ReceiptOfHolder = { readonly certificate: string; readonly chain: string; readonly document: string };

const schema = z.strictObject({
  certificate: certificateId,
  /** SHA-256 of the issuer-signed main part that was received. */
  document: sha256Hex,
  /** In a member's entry, by the holder's own key; without it the member that serves the holder speaks for him. In the holder's own entry null. */
  proof: signedObject.nullable(),
  /** Null in the holder's own entry. */
  by: by.nullable(),
});

/** The holder acknowledges receipt (收证): by an entry of his own, or through the member that serves him. */
export const receive = operation({
  contract: "certificates",
  operation: "receive",
  version: 1,
  schema,
  authors: ["member", "holder"],
  subjects: ({ certificate }) => [{ kind: "certificate", id: certificate }],
  counts: { received: onCertificateType },
  reads: (given) => [stateKeys.certificate(given.certificate)],
  apply: (context, given) => {
    const { view, block, entry, author } = context;
    const badBy = checkBy(author, given.by);
    if (badBy !== undefined) return badBy;
    const certificate = view.get(stateKeys.certificate(given.certificate));
    if (certificate === undefined) return refuse("unknown-certificate");
    const ended = refuseUnlessValid(certificate);
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

type Received = Given<typeof schema>;

/** Who acknowledges: the holder by his signature; else the member that has registered him, or where no holder is named the issuer. */
function receiver(
  context: AuthoredContext<MemberAuthor | AccountAuthor>,
  certificate: CertificateRow,
  { proof, document }: Received,
): Party | Refusal {
  const { view, author } = context;
  if (author.kind === "account") {
    if (author.id !== certificate.holder) return refuse("not-the-holder");
    return proof === null ? { kind: "account", id: author.id } : refuse("bad-proof", "the entry itself is signed by the holder");
  }
  const speaker = { kind: "member", id: author.id } as const;
  if (certificate.holder === null)
    return proof === null && certificate.issuer === author.id ? speaker : refuse("not-the-holder", "the certificate names no holder");
  const account = view.get(stateKeys.account(certificate.holder));
  if (account === undefined) return refuse("unknown-account");
  if (proof === null) return account.member === author.id ? speaker : refuse("not-the-holder", "another member serves the holder");
  const payload: ReceiptOfHolder = { certificate: certificate.certificate, chain: context.block.chain, document };
  const expected = { typ: receiptOfHolderTyp, payload, jwk: account.jwk, otherKey: "not-the-holder" } as const;
  return checkProof(proof, expected, context.crypto) ?? { kind: "account", id: account.address };
}
