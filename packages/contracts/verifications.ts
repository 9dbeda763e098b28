import * as z from "zod";
import { address, by, certificateId, type Given, sha256Hex } from "./arguments.ts";
import { countAct } from "./counts.ts";
import { stateKeys } from "./keys.ts";
import { type MemberContext, memberOperation, placeOf } from "./operation.ts";
import { partOf } from "./parts.ts";
import { type Refusal, refuse } from "./refusals.ts";

const recordArgumentsV1 = z.strictObject({
  /** SHA-256 of the issuer-signed part that was shown. */
  issuerSigned: sha256Hex,
  certificate: certificateId,
  /** The account that verified, null where it was the member's own app. */
  verifier: address.nullable(),
  /** USCC of the agency whose statement it is. */
  issuerCode: z.string().regex(/^[0-9A-Z]{18}$/),
  verdicts: z.strictObject({
    integrity: z.enum(["holds", "fails", "not-checked"]),
    status: z.enum(["valid", "expired", "suspended", "revoked", "not-checked"]),
    issuer: z.enum(["holds", "fails", "not-checked"]),
  }),
  by,
});

type RecordArgumentsV1 = Given<typeof recordArgumentsV1>;

/** Version 2 knows all that may have happened to a certificate. */
const recordArguments = recordArgumentsV1.extend({
  verdicts: recordArgumentsV1.shape.verdicts.extend({
    status: z.enum(["valid", "expired", "suspended", "revoked", "replaced", "corrected", "not-checked"]),
  }),
});

export type RecordArguments = Given<typeof recordArguments>;

/** A verification is itself an entry (mission C4, C5); the record says which document was shown and what the verifier found. */
function recordVerification(context: MemberContext, given: RecordArgumentsV1 | RecordArguments): Refusal | undefined {
  const { view, block, entry, member } = context;
  const document = view.get(stateKeys.digest(given.issuerSigned));
  if (document === undefined) return refuse("unknown-document");
  const certificate = view.get(stateKeys.certificate(given.certificate));
  if (certificate === undefined) return refuse("unknown-certificate");
  if (document.certificate !== given.certificate) return refuse("document-does-not-match");
  const owner = partOf(certificate, document.part)?.owner;
  const issuer = owner === undefined ? undefined : view.get(stateKeys.member(owner));
  if (issuer?.uscc !== given.issuerCode) return refuse("issuer-does-not-match");
  if (given.verifier !== null) {
    const verifier = view.get(stateKeys.account(given.verifier));
    if (verifier === undefined) return refuse("unknown-account");
    if (verifier.kind !== "verifier") return refuse("wrong-account-kind");
    // A member speaks for the accounts that it has registered, and for nobody else's.
    if (verifier.member !== member.id) return refuse("account-of-another-member");
  }

  view.put(stateKeys.trace(given.certificate, placeOf(context)), {
    kind: "verified",
    at: block.time,
    who: given.verifier === null ? { kind: "member", id: member.id } : { kind: "account", id: given.verifier },
    by: given.by,
    part: document.part,
    verdicts: given.verdicts,
    transaction: entry.transactionHash,
    height: block.height,
  });
  return undefined;
}

const reads = (given: RecordArgumentsV1 | RecordArguments) => [
  stateKeys.digest(given.issuerSigned),
  stateKeys.certificate(given.certificate),
  ...(given.verifier === null ? [] : [stateKeys.account(given.verifier)]),
];

const record = memberOperation({
  contract: "verifications",
  operation: "record",
  version: 1,
  arguments: recordArgumentsV1,
  reads,
  apply: recordVerification,
});

const recordCounted = memberOperation({
  contract: "verifications",
  operation: "record",
  version: 2,
  arguments: recordArguments,
  reads,
  apply: (context, given) => {
    const refused = recordVerification(context, given);
    if (refused !== undefined) return refused;
    const type = context.view.get(stateKeys.certificate(given.certificate))?.type;
    if (type !== undefined) countAct(context, context.member.id, type, "verified");
    return undefined;
  },
});

export const verificationOperations = [record, recordCounted];
