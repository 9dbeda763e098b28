import type { CertificateType } from "@vermilion/certificates";
import type { Json, PublicJwk } from "@vermilion/ledger";
import type { LifeKind } from "./certificate-answers.ts";

/**
 * What the API answers, as JSON. Times are ms since 1970, hashes lower-case hex. The shapes are the member's own; a test assigns the one
 * to the other, so that neither side changes alone.
 */

export type * from "./bulk-answers.ts";
export type * from "./certificate-answers.ts";
export type * from "./file-answers.ts";
export type * from "./statistics-answers.ts";
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
  /** Whether it can do what is asked of it, reads and writes; false: ask another member. */
  readonly ready: boolean;
  readonly reasons: readonly { readonly code: string; readonly zh: string; readonly en: string }[];
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
  /** How often it has rejoined after it had forgotten what it signed; absent: never. */
  readonly incarnation: number;
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

export type SubjectKind = "consortium" | "member" | "rules" | "type" | "certificate" | "request" | "account" | "file" | "evidence";

export interface Entry {
  readonly transactionHash: string;
  readonly entryHash: string;
  readonly outcome: string;
  readonly blockNumber: number;
  readonly position: number;
  readonly leafIndex: number;
  readonly time: number;
  /** What it changed, each thing once; a refused entry changed nothing. */
  readonly changed: readonly { readonly kind: SubjectKind; readonly id: string }[];
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
