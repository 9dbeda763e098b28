import { type CertificateType, formatIdentifier } from "@vermilion/certificates";
import { type ArgumentsOf, addressOf, operationCall, requestId } from "@vermilion/contracts";
import type { AttachmentReference, Operation, ParsedEntry } from "@vermilion/ledger";
import { accountProof, attachmentOf, crypto, makeKey, statusOf, type TestKey } from "../support/entries.ts";
import { TestChain } from "./chain.ts";

/** Four agencies, one type, one holder, one verifier, one certificate completed by inspection: what the operations are tried on. */

export const MEMBERS = ["platform", "inspection", "customs", "tax"] as const;
export const BY = { app: "e-port", operator: "王敏" };
const DAY_MS = 24 * 3_600_000;

export interface Call {
  readonly operations: readonly Operation[];
  readonly attachments: readonly AttachmentReference[];
}

export interface Account {
  readonly key: TestKey;
  readonly address: string;
}

export class World extends TestChain {
  readonly holder: Account;
  readonly verifier: Account;
  readonly certificate: string;
  private slots = 1;

  constructor() {
    super(MEMBERS);
    this.expectApplied(this.submit([this.key("platform")], [operationCall("types.define", { type: this.type() })]));
    this.holder = this.register("holder", "张伟");
    this.verifier = this.register("verifier", "First Bank");
    this.certificate = this.identifier("A1");
    this.expectApplied(this.act("platform", this.issue({ certificate: this.certificate, holder: this.holder.address })));
    this.expectApplied(this.act("inspection", this.complete()));
  }

  private expectApplied(outcome: string): void {
    if (outcome !== "applied") throw new Error(`setting up failed: ${outcome}`);
  }

  /** One entry by a member. */
  act(member: string, call: Call): string {
    return this.submit([this.key(member)], call.operations, { attachments: call.attachments });
  }

  made(member: string, call: Call): ParsedEntry {
    return this.entry([this.key(member)], call.operations, { attachments: call.attachments });
  }

  type(changes: Partial<CertificateType> = {}): CertificateType {
    const field = (part: string, name: string, order: number, required: boolean) => ({
      name,
      names: { zh: `字段${name}`, en: name },
      part,
      schema: { type: "string" as const },
      sensitivity: "internal" as const,
      required,
      order,
    });
    return {
      id: "registration",
      version: 1,
      names: { zh: "备案登记表", en: "Registration" },
      code: `${this.member("platform").uscc}001`,
      fields: [
        field("main", "name", 1, true),
        field("main", "address", 2, true),
        field("main", "capital", 3, false),
        field("inspection", "result", 1, true),
        field("inspection", "remark", 2, false),
      ],
      parts: [{ id: "inspection", names: { zh: "检验检疫", en: "Inspection" }, completers: ["inspection"] }],
      issuers: ["platform"],
      policies: [{ reader: "customs", part: "main", fields: ["name", "address"], purposes: ["declaration"] }],
      ...changes,
    };
  }

  identifier(serial: string, changes: { readonly version?: number; readonly issuer?: string; readonly type?: string } = {}): string {
    return formatIdentifier({
      type: changes.type ?? `${this.member("platform").uscc}001`,
      issuer: this.member(changes.issuer ?? "platform").uscc,
      serial,
      version: changes.version ?? 1,
    });
  }

  register(kind: "holder" | "issuer" | "verifier", name: string): Account {
    const key = makeKey("P-256");
    const proof = accountProof(key, { chain: this.id, kind, name, member: "platform" });
    this.expectApplied(this.submit([this.key("platform")], [operationCall("accounts.register", { kind, name, jwk: key.jwk, proof })]));
    return { key, address: addressOf(key.thumbprint, crypto) };
  }

  define(changes: Partial<CertificateType> = {}): Call {
    return { operations: [operationCall("types.define", { type: this.type(changes) })], attachments: [] };
  }

  issue(changes: Partial<ArgumentsOf["certificates.issue"]> = {}): Call {
    const certificate = changes.certificate ?? this.identifier("B2");
    const [issuerSigned, disclosures] = [attachmentOf(`main-${certificate}`), attachmentOf(`sealed-${certificate}`)];
    const fields = changes.fields ?? ["name", "address"];
    const given: ArgumentsOf["certificates.issue"] = {
      certificate,
      type: "registration",
      typeVersion: 1,
      version: 1,
      holder: null,
      fields,
      commitments: commitmentsOf(fields),
      issuerSigned: issuerSigned.sha256,
      disclosures: disclosures.sha256,
      expiresAt: null,
      ...this.status(),
      ...changes,
    };
    return { operations: [operationCall("certificates.issue", given)], attachments: [issuerSigned, disclosures] };
  }

  complete(changes: Partial<ArgumentsOf["certificates.complete"]> = {}): Call {
    const certificate = changes.certificate ?? this.certificate;
    const [issuerSigned, disclosures] = [attachmentOf(`part-${certificate}`), attachmentOf(`part-sealed-${certificate}`)];
    const fields = changes.fields ?? ["result"];
    const given: ArgumentsOf["certificates.complete"] = {
      certificate,
      type: "registration",
      typeVersion: 1,
      part: "inspection",
      fields,
      commitments: commitmentsOf(fields),
      issuerSigned: issuerSigned.sha256,
      disclosures: disclosures.sha256,
      ...this.status(),
      ...changes,
    };
    return { operations: [operationCall("certificates.complete", given)], attachments: [issuerSigned, disclosures] };
  }

  /** What is asked of every document beside its content, with the next free slot in a status list. */
  status() {
    return statusOf(this.slots++);
  }

  open(changes: Partial<ArgumentsOf["requests.open"]> = {}): Call {
    const given: ArgumentsOf["requests.open"] = {
      certificate: this.certificate,
      part: "main",
      fields: ["name"],
      purpose: "audit",
      serviceItem: "tax-refund",
      basis: "law-12",
      way: "details",
      deadline: this.time + DAY_MS,
      by: BY,
      ...changes,
    };
    return { operations: [operationCall("requests.open", given)], attachments: [] };
  }

  /** Opens a request in a block of its own and answers its name. */
  opened(reader: string, changes: Partial<ArgumentsOf["requests.open"]> = {}): string {
    const entry = this.made(reader, this.open(changes));
    this.expectApplied(this.commit([entry])[0] ?? "");
    return requestId(entry.transactionHash, 0);
  }

  decide(request: string, decision: "approve" | "refuse" = "approve"): Call {
    const given = { request, decision, reason: decision === "refuse" ? "no-basis" : null, by: BY };
    return { operations: [operationCall("requests.decide", given)], attachments: [] };
  }

  give(
    request: string,
    changes: Partial<ArgumentsOf["grants.give"]> = {},
    audience: readonly string[] | undefined = ["platform", "tax"],
  ): Call {
    const keys = attachmentOf(`keys-${request}`, audience);
    const given: ArgumentsOf["grants.give"] = {
      request,
      certificate: this.certificate,
      version: 1,
      part: "main",
      fields: ["name"],
      attachment: keys.sha256,
      document: attachmentOf(`main-${this.certificate}`).sha256,
      ...changes,
    };
    return { operations: [operationCall("grants.give", given)], attachments: [keys] };
  }

  record(changes: Partial<ArgumentsOf["verifications.record"]> = {}): Call {
    const given: ArgumentsOf["verifications.record"] = {
      issuerSigned: attachmentOf(`main-${this.certificate}`).sha256,
      certificate: this.certificate,
      verifier: null,
      issuerCode: this.member("platform").uscc,
      verdicts: { integrity: "holds", status: "valid", issuer: "holds" },
      by: BY,
      ...changes,
    };
    return { operations: [operationCall("verifications.record", given)], attachments: [] };
  }

  file(seed: string, changes: Partial<ArgumentsOf["files.register"]> = {}): Call {
    const given: ArgumentsOf["files.register"] = {
      version: 1,
      file: attachmentOf(`file-${seed}`).sha256,
      hashAlgorithm: "sha256",
      dataType: "application/pdf",
      size: 20_000_016,
      chunks: 3,
      chunkBytes: 8 * 1024 * 1024,
      plain: attachmentOf(`content-${seed}`).sha256,
      ...changes,
    };
    return { operations: [operationCall("files.register", given)], attachments: [] };
  }

  activate(contract: string, version: number, height: number): Operation {
    return operationCall("consortium.activate", { contract, version, height });
  }
}

export function commitmentsOf(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, attachmentOf(`key-of-${field}`).sha256]));
}

export function both(one: Call, other: Call): Call {
  return { operations: [...one.operations, ...other.operations], attachments: [...one.attachments, ...other.attachments] };
}
