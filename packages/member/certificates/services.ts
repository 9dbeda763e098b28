import type { CertificateRow, CertificateStatus, LifeRow } from "@vermilion/contracts";
import type { Json } from "@vermilion/ledger";
import type { Caller, Page, Refused, Submitted, WriteOptions } from "../services.ts";

export interface IssueInput {
  readonly type: string;
  readonly fields: Readonly<Record<string, Json>>;
  readonly holder?: string;
  /** ms since 1970; where it is absent, what the type's validity gives. */
  readonly expiresAt?: number;
  /** Letters and digits; only where the type marks its number public, else drawn at random. */
  readonly serial?: string;
}

/** One agency's values of a part. */
export interface PartInput {
  readonly part: string;
  readonly fields: Readonly<Record<string, Json>>;
}

/** The next version of a certificate. */
export interface RenewInput {
  readonly fields: Readonly<Record<string, Json>>;
  /** Only where the old one names none; else it is the same. */
  readonly holder?: string;
  /** ms since 1970; where it is absent, what the type's validity gives. */
  readonly expiresAt?: number;
  /** A code, as all reasons. */
  readonly reason: string;
}

export interface CorrectInput extends PartInput {
  readonly reason: string;
}

/** A step of a certificate's life. The receipt is that of its transaction. */
export type LifeStep = LifeRow;

export interface CertificateStatusView {
  readonly certificate: string;
  readonly status: CertificateStatus | "expired" | "not-issued";
  /** ms since 1970, since when it is so. */
  readonly since?: number;
  readonly reason?: string;
  readonly replacedBy?: string;
  readonly expiresAt: number | null;
  /** The entry that made it so. */
  readonly transaction?: string;
  /** The time that is spoken of, and the newest block that this member knew. */
  readonly asOf: { readonly blockNumber: number; readonly time: number };
}

export interface IssuedCertificate {
  readonly certificate: string;
  readonly issuerSignedSha256: string;
  /** The whole SD-JWT VC with all disclosures: for the issuing app (and through it the holder) alone. Absent when repeated by key. */
  readonly sdJwt?: string;
}

/** A question about certificates; every part of it narrows the answer. Times in ms since 1970, both ends included. */
export interface CertificateFilter {
  readonly type?: string;
  readonly issuer?: string;
  /** Account address. */
  readonly holder?: string;
  /** As it is now, expiry included. */
  readonly status?: CertificateStatus | "expired";
  /** A part of the type, which is there unless `partState` says `missing`. */
  readonly part?: string;
  readonly partState?: "present" | "missing";
  /** When it was issued. */
  readonly from?: number;
  readonly to?: number;
  /** Certificate number, of a type that makes it public. */
  readonly number?: string;
  readonly sort?: "newest" | "oldest";
}

/** A certificate as lists show it; never a field of it. */
export type CertificateItem = CertificateRow & {
  readonly typeNames: { readonly zh: string; readonly en: string };
  readonly issuerNames: { readonly zh: string; readonly en: string };
  /** Parts that are still missing, and whether this member may add them. */
  readonly awaiting: readonly {
    readonly part: string;
    readonly names: { readonly zh: string; readonly en: string };
    readonly mayComplete: boolean;
  }[];
};

export interface CertificateCount {
  readonly count: number;
  /** True where there are more than were looked at. */
  readonly atLeast: boolean;
}

export interface StatusListToken {
  /** Compact JWS, `typ` statuslist+jwt. */
  readonly token: string;
  /** Seconds that it may be kept. */
  readonly ttl: number;
}

/** What is done with certificates, what has happened to them, and how they are found. */
export interface CertificateServices {
  issue(input: IssueInput, caller: Caller, options: WriteOptions): Promise<(Submitted & IssuedCertificate) | Refused>;
  complete(
    certificate: string,
    input: PartInput,
    caller: Caller,
    options: WriteOptions,
  ): Promise<(Submitted & IssuedCertificate) | Refused>;
  renew(certificate: string, input: RenewInput, caller: Caller, options: WriteOptions): Promise<(Submitted & IssuedCertificate) | Refused>;
  correct(
    certificate: string,
    input: CorrectInput,
    caller: Caller,
    options: WriteOptions,
  ): Promise<(Submitted & IssuedCertificate) | Refused>;
  changeStatus(
    operation: "suspend" | "resume" | "revoke",
    certificate: string,
    input: { readonly reason: string },
    caller: Caller,
    options: WriteOptions,
  ): Promise<Submitted | Refused>;
  /** `proof`: the holder's signed object (JSON text); `document`: the issuer-signed part that was received, the current one where absent. */
  receive(
    certificate: string,
    input: { readonly document?: string; readonly proof?: string },
    caller: Caller,
    options: WriteOptions,
  ): Promise<Submitted | Refused>;
  history(certificate: string, cursor: string | undefined, limit: number): Promise<Page<LifeStep> | Refused>;
  /** `asOf` in ms since 1970; now where it is absent. */
  certificateStatus(certificate: string, asOf: number | undefined): Promise<CertificateStatusView | Refused>;
  /** The status list token of a member; `time` (ms) for one of the past. Another member's is not signed here. */
  statusList(issuer: string, list: number, time: number | undefined): Promise<StatusListToken | Refused>;
  certificate(certificate: string): Promise<CertificateRow | Refused>;
  /** A page may be shorter than `limit` and yet not be the last: `next` tells. */
  certificates(filter: CertificateFilter, cursor: string | undefined, limit: number): Promise<Page<CertificateItem> | Refused>;
  countCertificates(filter: CertificateFilter): Promise<CertificateCount | Refused>;
}
