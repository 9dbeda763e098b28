import { type CertificateType, fieldsOf, parseIdentifier } from "@vermilion/certificates";
import type * as z from "zod";
import { commitments, fields, type Given, sha256Hex } from "../operation/arguments.ts";
import { checkAttachment } from "../operation/attachments.ts";
import type { OperationContext } from "../operation/operation.ts";
import { type Refusal, refuse } from "../operation/refusals.ts";
import { stateKeys } from "../state/keys.ts";

/** What is published of a part: field names, commitments to their keys, and the two attachments by their SHA-256. */
export const partContent = {
  fields,
  commitments,
  issuerSigned: sha256Hex,
  disclosures: sha256Hex,
};

export type PartContent = Given<z.ZodObject<typeof partContent>>;

/** GB/T 36904: the identifier itself names type, issuer and version, and must name these. */
export function checkIdentifier(
  given: { readonly certificate: string; readonly version: number },
  type: CertificateType,
  uscc: string,
): Refusal | undefined {
  const identifier = parseIdentifier(given.certificate);
  if ("refused" in identifier) return refuse("malformed-identifier", identifier.refused);
  const matches = identifier.type === type.code && identifier.issuer === uscc && identifier.version === given.version;
  return matches ? undefined : refuse("identifier-does-not-match");
}

export function checkHolder(context: OperationContext, holder: string | null): Refusal | undefined {
  if (holder === null) return undefined;
  const account = context.view.get(stateKeys.account(holder));
  if (account === undefined) return refuse("unknown-account");
  return account.kind === "holder" ? undefined : refuse("wrong-account-kind");
}

/** Fields of the part, none surplus, no required one missing, one commitment each, both attachments listed for all, the document new. */
export function checkContent(context: OperationContext, type: CertificateType, part: string, content: PartContent): Refusal | undefined {
  const given = new Set(content.fields);
  const known = fieldsOf(type, part);
  const names = new Set(known.map(({ name }) => name));
  if (content.fields.some((field) => !names.has(field))) return refuse("unknown-field");
  const missing = known.find(({ name, required }) => required && !given.has(name));
  if (missing !== undefined) return refuse("missing-field", missing.name);
  const committed = Object.keys(content.commitments);
  if (committed.length !== given.size || committed.some((field) => !given.has(field))) return refuse("commitments-do-not-match-fields");
  const bad =
    checkAttachment(context.entry, content.issuerSigned, undefined) ?? checkAttachment(context.entry, content.disclosures, undefined);
  if (bad !== undefined) return bad;
  // Otherwise anyone could publish another's document again and turn its public look-up to a certificate of his own.
  if (context.view.get(stateKeys.digest(content.issuerSigned)) !== undefined) return refuse("document-exists");
  return undefined;
}
