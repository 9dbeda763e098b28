import type { CertificateType } from "@vermilion/certificates";
import type { Json, PublicJwk } from "@vermilion/ledger";

/**
 * What the API answers, as JSON. Times are ms since 1970, hashes lower-case hex. The shapes are the member's own; a test assigns the one
 * to the other, so that neither side changes alone.
 */

export type * from "./file-answers.ts";
export type { CertificateType, Json, PublicJwk };

export interface Names {
  readonly zh: string;
  readonly en: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
}

/** What every write answers. `pending` where the wait ran out: the entry is durable and will be committed or expire. */
export interface Submitted {
  readonly status: "pending" | "committed";
  readonly transactionHash: string;
  readonly outcome?: string;
  readonly blockNumber?: number;
  readonly leafIndex?: number;
  readonly time?: number;
  /** Address of the receipt; in the answers of writes. */
  readonly receipt?: string;
}

export interface Health {
  readonly member: string;
  readonly status: "ok" | "degraded" | "amnesic" | "upgrade-needed";
  readonly reasons: readonly string[];
  readonly chains: readonly {
    readonly chain: string;
    readonly role: string;
    readonly term: number;
    readonly leader: string | null;
    /** True while nothing is to be done: no messages, no ticks. */
    readonly asleep: boolean;
    readonly height: number;
    readonly size: number;
    readonly finalSize: number;
    readonly headHash: string;
    readonly state: string;
  }[];
}

export interface Consortium {
  readonly name: string;
  readonly names: Names;
  readonly chain: string;
  readonly origin: string;
  readonly members: number;
  readonly majority: number;
  readonly quorum: number;
  readonly accountable: number;
  /** C2SP tlog-policy text. */
  readonly policy: string;
}

export interface Member {
  readonly id: string;
  readonly names: Names;
  readonly uscc: string;
  readonly url: string;
  readonly keys: { readonly sign: PublicJwk; readonly log: PublicJwk; readonly cosign: PublicJwk; readonly agree: PublicJwk };
  readonly status: "active" | "inactive";
}

export interface Part {
  readonly owner: string;
  readonly fields: readonly string[];
  readonly commitments: Readonly<Record<string, string>>;
  readonly issuerSigned: string;
  readonly disclosures: string;
  readonly typeVersion: number;
  /** Where the status of the document stands in a status list of its signer. */
  readonly status?: { readonly list: number; readonly index: number };
  readonly revision?: number;
  /** The document that this one corrects. */
  readonly corrects?: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
}

export type CertificateStatus = "valid" | "suspended" | "revoked" | "replaced";

export interface Certificate {
  readonly certificate: string;
  readonly type: string;
  readonly typeVersion: number;
  readonly version: number;
  readonly issuer: string;
  readonly holder: string | null;
  readonly status: CertificateStatus;
  readonly issuedAt: number;
  /** ms since 1970; null: it does not expire. Absent where older rules issued it: then its document says. */
  readonly expiresAt?: number | null;
  readonly listed?: string;
  readonly replaces?: string;
  readonly replacedBy?: string;
  readonly statusAt?: number;
  readonly statusReason?: string;
  readonly received?: { readonly document: string; readonly at: number; readonly transaction: string };
  readonly transaction: string;
  readonly height: number;
  readonly parts: Readonly<Record<string, Part>>;
}

export interface Issued {
  readonly certificate: string;
  readonly issuerSignedSha256: string;
  /** The whole SD-JWT VC with all disclosures; absent when the call was repeated by its key. */
  readonly sdJwt?: string;
}

export type RequestStatus = "pending" | "allowed" | "granted" | "refused";

export interface By {
  readonly app: string;
  readonly operator: string;
}

export interface Request {
  readonly request: string;
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  readonly fields: readonly string[];
  readonly reader: string;
  readonly owner: string;
  readonly purpose: string;
  readonly serviceItem: string;
  readonly basis: string;
  readonly way: "details";
  readonly by: By;
  readonly status: RequestStatus;
  readonly standing: boolean;
  readonly deadline: number;
  readonly openedAt: number;
  readonly transaction: string;
  readonly height: number;
  readonly decidedAt?: number;
  readonly decidedBy?: By;
  readonly reason?: string;
  readonly grantTransaction?: string;
  /** SHA-256 of the issuer-signed part whose fields were granted. */
  readonly document?: string;
  readonly grantAttachment?: string;
}

export interface Disclosed {
  readonly request: string;
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  readonly owner: string;
  readonly purpose: string;
  readonly grantTransaction: string | null;
  readonly fields: Readonly<Record<string, Json>>;
}

export interface Verdicts {
  readonly integrity: string;
  readonly status: string;
  readonly issuer: string;
}

export type LifeKind = "issued" | "completed" | "renewed" | "replaced" | "corrected" | "suspended" | "resumed" | "revoked" | "received";

export interface Trace {
  readonly kind: LifeKind | "requested" | "decided" | "granted" | "verified";
  readonly at: number;
  readonly who: { readonly kind: "member" | "account"; readonly id: string };
  readonly transaction: string;
  readonly height: number;
  readonly by?: By;
  readonly part?: string;
  readonly fields?: readonly string[];
  readonly reader?: string;
  readonly purpose?: string;
  readonly serviceItem?: string;
  readonly basis?: string;
  readonly reason?: string;
  readonly decision?: "approve" | "refuse";
  readonly standing?: boolean;
  readonly request?: string;
  readonly verdicts?: Verdicts;
}

/** A step of a certificate's life; its receipt is that of its transaction. */
export interface LifeStep {
  readonly kind: LifeKind;
  /** From this step on. */
  readonly status: CertificateStatus;
  readonly at: number;
  readonly who: { readonly kind: "member" | "account"; readonly id: string };
  /** Absent where older rules wrote it. */
  readonly by?: By;
  readonly part?: string;
  readonly document?: string;
  readonly reason?: string;
  /** The certificate that replaces this one, or that it replaces. */
  readonly other?: string;
  readonly transaction: string;
  readonly height: number;
}

export interface CertificateStatusAnswer {
  readonly certificate: string;
  readonly status: CertificateStatus | "expired" | "not-issued";
  readonly since?: number;
  readonly reason?: string;
  readonly replacedBy?: string;
  readonly expiresAt?: number | null;
  readonly transaction?: string;
  /** The time that is spoken of, and the newest block that the member knew. */
  readonly asOf: { readonly blockNumber: number; readonly time: number };
}

export interface Account {
  readonly address: string;
  readonly kind: "holder" | "issuer" | "verifier";
  readonly name: string;
  readonly jwk: PublicJwk;
  readonly member: string;
  readonly at: number;
  readonly transaction: string;
}

export interface Block {
  readonly height: number;
  readonly hash: string;
  readonly previous: string;
  readonly time: number;
  readonly term: number;
  readonly proposer: string;
  readonly first: number;
  readonly count: number;
  readonly root: string;
  readonly state: string;
}

export interface Entry {
  readonly transactionHash: string;
  readonly entryHash: string;
  readonly outcome: string;
  readonly blockNumber: number;
  readonly position: number;
  readonly leafIndex: number;
  readonly time: number;
  /** The exact stored bytes, a JSON text. */
  readonly entry: string;
  readonly payload: Json;
}

export interface Receipt {
  readonly transactionHash: string;
  readonly final: boolean;
  readonly leafIndex: number;
  readonly size: number;
  /** C2SP tlog-proof text. */
  readonly receipt: string;
}

/** Public look-up: no names of fields, readers or persons. */
export interface Lookup {
  readonly found: true;
  readonly kind: "transaction" | "certificate" | "file";
  readonly transactionHash: string;
  readonly outcome: string;
  readonly blockNumber: number;
  readonly leafIndex: number;
  readonly time: number;
  readonly issuer: string | null;
  readonly part: string | null;
  readonly status: string | null;
  readonly final: boolean;
  readonly asOf: { readonly blockNumber: number; readonly time: number };
}

export interface InclusionProof {
  readonly leafHash: string;
  readonly proof: readonly string[];
  readonly root: string;
}

export interface IssueInput {
  readonly type: string;
  readonly fields: Readonly<Record<string, Json>>;
  /** Account address of the holder. */
  readonly holder?: string;
  /** ms since 1970; where it is absent, what the type's validity gives. */
  readonly expiresAt?: number;
  /** Only where the type marks its number public. */
  readonly serial?: string;
}

/** The next version of a certificate. */
export interface RenewInput {
  readonly fields: Readonly<Record<string, Json>>;
  /** Only where the old one names none; else it is the same. */
  readonly holder?: string;
  readonly expiresAt?: number;
  /** A code, as all reasons: every member reads it. */
  readonly reason: string;
}

export interface CorrectInput extends CompleteInput {
  readonly reason: string;
}

export interface CompleteInput {
  readonly part: string;
  readonly fields: Readonly<Record<string, Json>>;
}

export interface RequestInput {
  readonly certificate: string;
  readonly part: string;
  readonly fields: readonly string[];
  readonly purpose: string;
  readonly serviceItem: string;
  readonly basis: string;
  /** Ms since 1970; default 7 days on. */
  readonly deadline?: number;
}

export interface Decision {
  readonly decision: "approve" | "refuse";
  readonly reason: string;
}

export interface AccountInput {
  readonly kind: "holder" | "issuer" | "verifier";
  readonly name: string;
  readonly jwk: PublicJwk;
  readonly proof: string;
}

export interface VerificationInput {
  readonly sdJwt: string;
  readonly issuerCode: string;
  readonly verifier?: string;
}
