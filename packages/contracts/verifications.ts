import * as z from "zod";
import { address, by, certificateId, sha256Hex } from "./operation/arguments.ts";
import { type AccountAuthor, checkBy, type MemberAuthor, partyOf } from "./operation/authors.ts";
import { onCertificateType } from "./operation/counts.ts";
import { type AuthoredContext, operation, positionOf } from "./operation/operation.ts";
import { type Refusal, refuse } from "./operation/refusals.ts";
import { partOf } from "./state/certificates.ts";
import { stateKeys } from "./state/keys.ts";
import type { Party } from "./state/party.ts";

const schema = z.strictObject({
  /** SHA-256 of the issuer-signed part that was shown. */
  issuerSigned: sha256Hex,
  certificate: certificateId,
  /** The account for which a member speaks; null where the author itself verified. */
  verifier: address.nullable(),
  /** USCC of the agency whose statement it is. */
  issuerCode: z.string().regex(/^[0-9A-Z]{18}$/),
  verdicts: z.strictObject({
    integrity: z.enum(["holds", "fails", "not-checked"]),
    status: z.enum(["valid", "expired", "suspended", "revoked", "replaced", "corrected", "not-checked"]),
    issuer: z.enum(["holds", "fails", "not-checked"]),
  }),
  /** Null in a verifier's own entry. */
  by: by.nullable(),
});

/** A verification is itself an entry (mission C4, C5); the record says which document was shown and what the verifier found. */
const record = operation({
  contract: "verifications",
  operation: "record",
  version: 1,
  schema,
  authors: ["member", "verifier"],
  subjects: ({ certificate }) => [{ kind: "certificate", id: certificate }],
  counts: { verified: { ...onCertificateType, way: "verify" } },
  reads: (given) => [
    stateKeys.digest(given.issuerSigned),
    stateKeys.certificate(given.certificate),
    ...(given.verifier === null ? [] : [stateKeys.account(given.verifier)]),
  ],
  apply: (context, given) => {
    const { view, block, entry, author } = context;
    const badBy = checkBy(author, given.by);
    if (badBy !== undefined) return badBy;
    const document = view.get(stateKeys.digest(given.issuerSigned));
    if (document === undefined) return refuse("unknown-document");
    const certificate = view.get(stateKeys.certificate(given.certificate));
    if (certificate === undefined) return refuse("unknown-certificate");
    if (document.certificate !== given.certificate) return refuse("document-does-not-match");
    const owner = partOf(certificate, document.part)?.owner;
    const issuer = owner === undefined ? undefined : view.get(stateKeys.member(owner));
    if (issuer?.uscc !== given.issuerCode) return refuse("issuer-does-not-match");
    const who = verifierOf(context, given.verifier);
    if ("refused" in who) return who;

    view.put(stateKeys.trace(given.certificate, positionOf(context)), {
      kind: "verified",
      at: block.time,
      who,
      ...(given.by === null ? {} : { by: given.by }),
      part: document.part,
      verdicts: given.verdicts,
      transaction: entry.transactionHash,
      height: block.height,
    });
    return undefined;
  },
});

/** The author, or the account for which a member speaks: one that it has registered, and nobody else's. */
function verifierOf({ view, author }: AuthoredContext<MemberAuthor | AccountAuthor>, verifier: string | null): Party | Refusal {
  if (verifier === null) return partyOf(author);
  if (author.kind === "account") return refuse("malformed-arguments", "verifier: an account speaks for itself alone");
  const account = view.get(stateKeys.account(verifier));
  if (account === undefined) return refuse("unknown-account");
  if (account.kind !== "verifier") return refuse("wrong-account-kind");
  return account.member === author.id ? { kind: "account", id: verifier } : refuse("account-of-another-member");
}

export const verificationOperations = [record] as const;
