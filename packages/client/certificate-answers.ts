import type { By, Disclosed, Json, Names } from "./answers.ts";

export interface Part {
  readonly owner: string;
  readonly fields: readonly string[];
  readonly commitments: Readonly<Record<string, string>>;
  readonly issuerSigned: string;
  readonly disclosures: string;
  readonly typeVersion: number;
  /** Where the status of the document stands in a status list of its signer. */
  readonly status: { readonly list: number; readonly index: number };
  readonly revision: number;
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
  /** ms since 1970; null: it does not expire. */
  readonly expiresAt: number | null;
  readonly listed: string;
  readonly replaces?: string;
  readonly replacedBy?: string;
  readonly statusAt?: number;
  readonly statusReason?: string;
  readonly received?: { readonly document: string; readonly at: number; readonly transaction: string };
  readonly transaction: string;
  readonly height: number;
  readonly parts: Readonly<Record<string, Part>>;
}

/** A certificate of a holder, with its issuer's organisation code and what the calling app may read of it. */
export type HeldCertificate = Certificate & {
  readonly issuerCode: string;
  readonly disclosed: readonly Disclosed[];
  /** What the app may read and could not be read now, with the code of the reason; `request` is null for an own part. */
  readonly withheld: readonly { readonly part: string; readonly request: string | null; readonly code: string }[];
};

/** A certificate as lists show it; never a field of it. */
export type CertificateItem = Certificate & {
  readonly typeNames: Names;
  readonly issuerNames: Names;
  /** Parts that are still missing, and whether the member may add them. */
  readonly awaiting: readonly { readonly part: string; readonly names: Names; readonly mayComplete: boolean }[];
};

/** Every part narrows the answer. Times in ms since 1970, both ends included. */
export interface CertificateFilter {
  readonly type?: string;
  readonly issuer?: string;
  readonly holder?: string;
  readonly status?: CertificateStatus | "expired";
  readonly part?: string;
  readonly partState?: "present" | "missing";
  readonly from?: number;
  readonly to?: number;
  /** Certificate number, of a type that makes it public. */
  readonly number?: string;
  readonly sort?: "newest" | "oldest";
}

export interface Issued {
  readonly certificate: string;
  readonly issuerSignedSha256: string;
  /** The whole SD-JWT VC with all disclosures; absent when the call was repeated by its key. */
  readonly sdJwt?: string;
}

export type LifeKind = "issued" | "completed" | "renewed" | "replaced" | "corrected" | "suspended" | "resumed" | "revoked" | "received";

/** A step of a certificate's life; its receipt is that of its transaction. */
export interface LifeStep {
  readonly kind: LifeKind;
  /** From this step on. */
  readonly status: CertificateStatus;
  readonly at: number;
  readonly who: { readonly kind: "member" | "account"; readonly id: string };
  /** Absent where an account acted by its own key. */
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
  readonly expiresAt: number | null;
  readonly transaction?: string;
  /** The time that is spoken of, and the newest block that the member knew. */
  readonly asOf: { readonly blockNumber: number; readonly time: number };
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
