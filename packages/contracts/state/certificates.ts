import { withoutRoot } from "@vermilion/certificates";
import type { StateKey, StatePrefix } from "@vermilion/ledger";
import type { By, Party } from "./party.ts";
import { type Position, padded, positionKey } from "./position.ts";

/** One agency's part of a record; `main` is the issuer's. */
export type PartRow = {
  /** The member whose statement it is and who alone grants its fields. */
  readonly owner: string;
  readonly fields: readonly string[];
  /** Commitment to each field key, hex. */
  readonly commitments: { readonly [field: string]: string };
  /** SHA-256 of the attachment with the issuer-signed part, hex. */
  readonly issuerSigned: string;
  /** SHA-256 of the attachment with the encrypted disclosures, hex. */
  readonly disclosures: string;
  readonly typeVersion: number;
  /** Where the status of this document stands. */
  readonly status: StatusSlot;
  /** 1 for the first document, one more with each correction. */
  readonly revision: number;
  /** The document that this one corrects. */
  readonly corrects?: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

/** A slot in a status list of the document's signer (Token Status List, section 4). */
export type StatusSlot = { readonly list: number; readonly index: number };

/** Expiry is no status of the ledger: it comes by time alone. */
export type CertificateStatus = "valid" | "suspended" | "revoked" | "replaced";

export type CertificateRow = {
  /** The whole identifier, with its root. */
  readonly certificate: string;
  readonly type: string;
  readonly typeVersion: number;
  readonly version: number;
  readonly issuer: string;
  /** Account address. */
  readonly holder: string | null;
  readonly status: CertificateStatus;
  readonly issuedAt: number;
  /** From here on it is expired; null: never. */
  readonly expiresAt: number | null;
  /** The end of its key in every list: the position of its issue. */
  readonly listed: string;
  /** The certificate whose next version this is. */
  readonly replaces?: string;
  readonly replacedBy?: string;
  /** Of the last change of status. */
  readonly statusAt?: number;
  readonly statusReason?: string;
  /** The holder has acknowledged this document (收证). */
  readonly received?: { readonly document: string; readonly at: number; readonly transaction: string };
  readonly transaction: string;
  readonly height: number;
  readonly parts: { readonly [part: string]: PartRow };
};

export type LifeKind = "issued" | "completed" | "renewed" | "replaced" | "corrected" | "suspended" | "resumed" | "revoked" | "received";

/** One step of a certificate's life and its status from then on; kept apart from the trace, which uses of it make long. */
export type LifeRow = {
  readonly kind: LifeKind;
  readonly status: CertificateStatus;
  readonly at: number;
  readonly who: Party;
  /** Absent where an account acted by its own key. */
  readonly by?: By;
  readonly part?: string;
  /** SHA-256 of the issuer-signed part that counts from then on, or that was received. */
  readonly document?: string;
  readonly reason?: string;
  /** The certificate that this one replaces or that replaces it. */
  readonly other?: string;
  readonly transaction: string;
  readonly height: number;
};

/** The status list of a signer into which new documents go, and how many of its slots are taken. */
export type StatusListRow = { readonly list: number; readonly taken: number };

/** One status in a list, from `at` on; values as in the Token Status List. */
export type StatusChangeRow = { readonly index: number; readonly value: number; readonly at: number };

/** How many certificates of a type and an issuer have each status. */
export type CertificateTotalsRow = { readonly [status in CertificateStatus]: number };

/** A published document, by the SHA-256 of its issuer-signed part. */
export type DigestRow = {
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  /** The document that corrects this one. */
  readonly correctedBy?: string;
  readonly transaction: string;
  readonly height: number;
};

/** Row of a list in the order of the chain; the record itself stands under its own key. */
export type CertificateListRow = { readonly certificate: string };

/** Own properties only: `constructor` has the form of a part's id. */
export function partOf(certificate: CertificateRow, part: string): PartRow | undefined {
  return Object.hasOwn(certificate.parts, part) ? certificate.parts[part] : undefined;
}

const LIST_DIGITS = 6;
const INDEX_DIGITS = 7;

/** Certificates are named by their whole identifier or without its root; keys hold it without. `listed` is that of the certificate's row. */
export const certificateKeys = {
  certificate: (identifier: string): StateKey<CertificateRow> => `certificate/${withoutRoot(identifier)}`,
  digest: (sha256: string): StateKey<DigestRow> => `digest/${sha256}`,
  certificateInList: (listed: string): StateKey<CertificateListRow> => `list-certificate/${listed}`,
  certificateInTypeList: (type: string, listed: string): StateKey<CertificateListRow> => `list-certificate-type/${type}/${listed}`,
  certificateInHolderList: (address: string, listed: string): StateKey<CertificateListRow> =>
    `list-certificate-holder/${address}/${listed}`,
  certificateInIssuerList: (issuer: string, listed: string): StateKey<CertificateListRow> => `list-certificate-issuer/${issuer}/${listed}`,
  /** Of statuses that are not `valid`. */
  certificateInStatusList: (status: CertificateStatus, listed: string): StateKey<CertificateListRow> =>
    `list-certificate-status/${status}/${listed}`,
  /** Certificates that still wait for a part (录入). */
  certificateAwaiting: (type: string, part: string, listed: string): StateKey<CertificateListRow> =>
    `list-certificate-awaiting/${type}/${part}/${listed}`,
  life: (identifier: string, position: Position): StateKey<LifeRow> => `life/${withoutRoot(identifier)}/${positionKey(position)}`,
  /** The part as it was under a document that a correction has replaced. */
  formerPart: (issuerSigned: string): StateKey<PartRow> => `former-part/${issuerSigned}`,
  statusList: (owner: string): StateKey<StatusListRow> => `status-list/${owner}`,
  statusIndex: (owner: string, list: number, index: number): StateKey<CertificateListRow> =>
    `status-index/${owner}/${padded(list, LIST_DIGITS)}/${padded(index, INDEX_DIGITS)}`,
  statusChange: (owner: string, list: number, position: Position, index: number): StateKey<StatusChangeRow> =>
    `status-change/${owner}/${padded(list, LIST_DIGITS)}/${positionKey(position)}/${padded(index, INDEX_DIGITS)}`,
  certificateTotals: (type: string, issuer: string): StateKey<CertificateTotalsRow> => `total-certificates/${type}/${issuer}`,
} as const;

export const certificatePrefixes = {
  certificates: "list-certificate/" as StatePrefix<CertificateListRow>,
  certificatesOfType: (type: string): StatePrefix<CertificateListRow> => `list-certificate-type/${type}/`,
  certificatesOfHolder: (address: string): StatePrefix<CertificateListRow> => `list-certificate-holder/${address}/`,
  certificatesOfIssuer: (issuer: string): StatePrefix<CertificateListRow> => `list-certificate-issuer/${issuer}/`,
  certificatesOfStatus: (status: CertificateStatus): StatePrefix<CertificateListRow> => `list-certificate-status/${status}/`,
  certificatesAwaiting: (type: string, part: string): StatePrefix<CertificateListRow> => `list-certificate-awaiting/${type}/${part}/`,
  /** Certificates of one type, issuer and serial in all their versions; codes and serial as in the identifier. */
  certificateVersions: (typeCode: string, issuerCode: string, serial: string): StatePrefix<CertificateRow> =>
    `certificate/${typeCode}.${issuerCode}.${serial}.`,
  life: (identifier: string): StatePrefix<LifeRow> => `life/${withoutRoot(identifier)}/`,
  statusChanges: (owner: string, list: number): StatePrefix<StatusChangeRow> => `status-change/${owner}/${padded(list, LIST_DIGITS)}/`,
  certificateTotals: "total-certificates/" as StatePrefix<CertificateTotalsRow>,
  certificateTotalsOfType: (type: string): StatePrefix<CertificateTotalsRow> => `total-certificates/${type}/`,
} as const;
