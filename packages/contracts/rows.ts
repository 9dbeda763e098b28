import type { CertificateType } from "@vermilion/certificates";
import type { PublicJwk } from "@vermilion/ledger";

/** What the state holds, one type a kind of row. Type aliases, not interfaces, so that each is also `Json`. Times are ms since 1970, hashes hex. */

export type Names = { readonly zh: string; readonly en: string };

/** Who stands behind a key or did an act: a member by its id, an account by its address. */
export type Party = { readonly kind: "member" | "account"; readonly id: string };

/** The agency app and its operator, as the member that signed the entry names them. */
export type By = { readonly app: string; readonly operator: string };

export type Suites = { readonly tree: "sha256"; readonly signing: "ES256"; readonly fields: "A256GCM-HKDF-SHA256" };

export type MemberKeys = { readonly sign: PublicJwk; readonly log: PublicJwk; readonly cosign: PublicJwk; readonly agree: PublicJwk };

export type ConsortiumRow = {
  readonly name: string;
  readonly names: Names;
  readonly chain: string;
  /** C2SP tlog-policy text. */
  readonly policy: string;
  /** Member ids in the order of the genesis. */
  readonly members: readonly string[];
  readonly suites: Suites;
  readonly quorum: number;
};

export type MemberRow = {
  readonly id: string;
  readonly names: Names;
  readonly uscc: string;
  readonly url: string;
  readonly keys: MemberKeys;
  readonly status: "active" | "inactive";
  /** How often it has rejoined after it had forgotten what it signed; absent: never. */
  readonly incarnation?: number;
};

export type KeyRow = { readonly jwk: PublicJwk; readonly owner: Party; readonly status: "active" | "revoked" };

/** Version `version` of a contract is in force from block `height` on; ascending in both. */
export type RulesRow = readonly { readonly version: number; readonly height: number }[];

export type UsedRow = { readonly transaction: string; readonly height: number };

/** Refused entries of an author in the hour (block time divided by 3,600,000). */
export type QuotaRow = { readonly hour: number; readonly refused: number };

export type TypeRow = CertificateType & { readonly owner: string; readonly transaction: string; readonly at: number };

export type TypeLatestRow = { readonly version: number };

/** Which type has a code of GB/T 36904: one code, one type, or an identifier could not be told to be of either. */
export type TypeCodeRow = { readonly type: string };

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
  /** Where the status of this document stands; absent under version 1 of the rules, whose documents have none. */
  readonly status?: StatusPlace;
  /** 1 for the first document, one more with each correction; absent is 1. */
  readonly revision?: number;
  /** The document that this one corrects. */
  readonly corrects?: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

/** A place in a status list of the document's signer (Token Status List, section 4). */
export type StatusPlace = { readonly list: number; readonly index: number };

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
  /** From here on it is expired; null: never. Absent under version 1 of the rules: then only the document itself says. */
  readonly expiresAt?: number | null;
  /** The end of its key in every list: the place of its issue. */
  readonly listed?: string;
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
  readonly by: By;
  readonly part?: string;
  /** SHA-256 of the issuer-signed part that counts from then on, or that was received. */
  readonly document?: string;
  readonly reason?: string;
  /** The certificate that this one replaces or that replaces it. */
  readonly other?: string;
  readonly transaction: string;
  readonly height: number;
};

/** The status list of a signer into which new documents go, and how many of its places are taken. */
export type StatusListRow = { readonly list: number; readonly taken: number };

/** One status in a list, from `at` on; values as in the Token Status List. */
export type StatusChangeRow = { readonly index: number; readonly value: number; readonly at: number };

/** How many certificates of a type and an issuer have each status. */
export type CertificateTotalsRow = { readonly [status in CertificateStatus]: number };

/** What a member did on one day, by kind of act. */
export type DayRow = { readonly [act: string]: number };

/** Digests whose originals stay with their owner, proven by one root (mission E2, C6). */
export type EvidenceRow = {
  readonly evidence: string;
  /** RFC 6962 root over the digests as leaves. */
  readonly root: string;
  readonly count: number;
  /** SHA-256 of the attachment with the digests, 32 bytes each. */
  readonly digests: string;
  readonly owner: string;
  readonly by: By;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

export type DigestRow = {
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  /** The document that corrects this one. */
  readonly correctedBy?: string;
  readonly transaction: string;
  readonly height: number;
};

/** Row of a list in order of height; the record itself stands under its own key. */
export type CertificateListRow = { readonly certificate: string };
export type RequestListRow = { readonly request: string };

export type RequestStatus = "pending" | "allowed" | "granted" | "refused";

export type RequestRow = {
  readonly request: string;
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  /** Sorted, each once. */
  readonly fields: readonly string[];
  readonly reader: string;
  readonly owner: string;
  readonly purpose: string;
  readonly serviceItem: string;
  readonly basis: string;
  readonly way: "details";
  readonly by: By;
  readonly status: RequestStatus;
  /** Allowed by the type's standing policy, without a decision. */
  readonly standing: boolean;
  readonly deadline: number;
  readonly openedAt: number;
  readonly transaction: string;
  readonly height: number;
  readonly decidedAt?: number;
  readonly decidedBy?: By;
  readonly reason?: string;
  readonly grantTransaction?: string;
  /** The document whose field keys were given; absent under version 1 of the rules. */
  readonly document?: string;
  /** SHA-256 of the granted key file, hex. */
  readonly grantAttachment?: string;
};

export type GrantRow = {
  readonly request: string;
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
  readonly fields: readonly string[];
  readonly reader: string;
  readonly owner: string;
  readonly document?: string;
  readonly attachment: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

export type Verdicts = {
  readonly integrity: "holds" | "fails" | "not-checked";
  /** `corrected`: the certificate stands, but another document has taken the place of the one that was shown. */
  readonly status: CertificateStatus | "expired" | "corrected" | "not-checked";
  readonly issuer: "holds" | "fails" | "not-checked";
};

export type TraceKind = LifeKind | "requested" | "decided" | "granted" | "verified";

/** One act on a certificate: who, when, why, through which app and operator. */
export type TraceRow = {
  readonly kind: TraceKind;
  readonly at: number;
  readonly who: Party;
  readonly transaction: string;
  readonly height: number;
  readonly by?: By;
  readonly part?: string;
  readonly fields?: readonly string[];
  /** Who reads or is to read. */
  readonly reader?: string;
  readonly purpose?: string;
  readonly serviceItem?: string;
  readonly basis?: string;
  /** Why a status was changed or a document corrected. */
  readonly reason?: string;
  readonly decision?: "approve" | "refuse";
  readonly standing?: boolean;
  readonly request?: string;
  readonly verdicts?: Verdicts;
};

export type AccountKind = "holder" | "issuer" | "verifier";

export type AccountRow = {
  readonly address: string;
  readonly kind: AccountKind;
  readonly name: string;
  readonly jwk: PublicJwk;
  /** The member that registered it. */
  readonly member: string;
  readonly at: number;
  readonly transaction: string;
};

/** A file that stays off the chain (mission C6): a digital asset's header, and as its metadata the hash of what is stored elsewhere. */
export type FileRow = {
  /** Form of this header. */
  readonly version: 1;
  /** Root of the encrypted chunks, hex: the integrity hash. */
  readonly file: string;
  readonly hashAlgorithm: "sha256";
  /** Media type of the file itself. */
  readonly dataType: string;
  /** Bytes of the encrypted file. */
  readonly size: number;
  readonly chunks: number;
  readonly chunkBytes: number;
  /** SHA-256 of the file before its encryption, hex, as the owner says. */
  readonly plain: string;
  /** The member that has the file and alone grants it. */
  readonly owner: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

/** A row whose existence is all that it says. */
export type MarkRow = { readonly [none: string]: never };
