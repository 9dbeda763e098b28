import { mainPart, parseIdentifier } from "@vermilion/certificates";
import { type ArgumentsOf, type CertificateRow, operationCall, receiptOfHolderTyp, stateKeys } from "@vermilion/contracts";
import { attachmentOf, signedObjectOf, type TestKey } from "../support/entries.ts";
import { BY, type Call, commitmentsOf, World } from "./world.ts";

/** The same four agencies, with all that may happen to a certificate after its issue. */
export class LifeWorld extends World {
  private documents = 0;

  certificateRow(certificate = this.certificate): CertificateRow {
    const row = this.row(stateKeys.certificate(certificate));
    if (row === undefined) throw new Error(`no certificate ${certificate}`);
    return row;
  }

  /** The document of a part that counts now. */
  document(certificate = this.certificate, part = mainPart): string {
    return this.certificateRow(certificate).parts[part]?.issuerSigned ?? "";
  }

  renew(changes: Partial<ArgumentsOf["certificates.renew"]> = {}): Call {
    const replaces = changes.replaces ?? this.certificate;
    const content = this.content(["name", "address"]);
    const { version, holder } = this.certificateRow(replaces);
    const given: ArgumentsOf["certificates.renew"] = {
      replaces,
      certificate: nextVersionOf(replaces, this),
      type: "registration",
      typeVersion: 1,
      version: version + 1,
      holder,
      expiresAt: null,
      reason: "renewal",
      ...this.status(),
      ...content.given,
      ...changes,
    };
    return { operations: [operationCall("certificates.renew", given)], attachments: content.attachments };
  }

  correct(changes: Partial<ArgumentsOf["certificates.correct"]> = {}): Call {
    const certificate = changes.certificate ?? this.certificate;
    const part = changes.part ?? mainPart;
    const content = this.content(part === mainPart ? ["name", "address"] : ["result"]);
    const given: ArgumentsOf["certificates.correct"] = {
      certificate,
      type: "registration",
      typeVersion: 1,
      part,
      corrects: this.document(certificate, part),
      reason: "typing-error",
      ...this.status(),
      ...content.given,
      ...changes,
    };
    return { operations: [operationCall("certificates.correct", given)], attachments: content.attachments };
  }

  change(operation: "suspend" | "resume" | "revoke", certificate = this.certificate, reason = "inquiry"): Call {
    return { operations: [operationCall(`certificates.${operation}`, { certificate, reason, by: BY })], attachments: [] };
  }

  /** Acknowledged by this key, or without a signature. */
  receive(key: TestKey | undefined, changes: Partial<ArgumentsOf["certificates.receive"]> = {}): Call {
    const certificate = changes.certificate ?? this.certificate;
    const document = changes.document ?? this.document(certificate);
    const signed = { certificate, chain: this.id, document };
    const proof = key === undefined ? null : signedObjectOf(receiptOfHolderTyp, signed, key);
    return { operations: [operationCall("certificates.receive", { certificate, document, proof, by: BY, ...changes })], attachments: [] };
  }

  deposit(changes: Partial<ArgumentsOf["evidence.deposit"]> = {}): Call {
    const digests = attachmentOf(`digests-${this.documents++}`);
    const attachment = { ...digests, size: 96 };
    const given: ArgumentsOf["evidence.deposit"] = { root: digests.sha256, count: 3, digests: digests.sha256, by: BY, ...changes };
    return { operations: [operationCall("evidence.deposit", given)], attachments: [attachment] };
  }

  private content(fields: readonly string[]) {
    const name = `document-${this.documents++}`;
    const [issuerSigned, disclosures] = [attachmentOf(name), attachmentOf(`sealed-${name}`)];
    return {
      given: { fields, commitments: commitmentsOf(fields), issuerSigned: issuerSigned.sha256, disclosures: disclosures.sha256 },
      attachments: [issuerSigned, disclosures],
    };
  }
}

export function nextVersionOf(certificate: string, world: World): string {
  const identifier = parseIdentifier(certificate);
  if ("refused" in identifier) throw new Error(`no identifier: ${certificate}`);
  return world.identifier(identifier.serial, { version: identifier.version + 1 });
}
