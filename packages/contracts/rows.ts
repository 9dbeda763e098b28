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
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

export type CertificateRow = {
  /** The whole identifier, with its root. */
  readonly certificate: string;
  readonly type: string;
  readonly typeVersion: number;
  readonly version: number;
  readonly issuer: string;
  /** Account address. */
  readonly holder: string | null;
  readonly status: "valid";
  readonly issuedAt: number;
  readonly transaction: string;
  readonly height: number;
  readonly parts: { readonly [part: string]: PartRow };
};

export type DigestRow = {
  readonly certificate: string;
  readonly version: number;
  readonly part: string;
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
  readonly attachment: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

export type Verdicts = {
  readonly integrity: "holds" | "fails" | "not-checked";
  readonly status: "valid" | "expired" | "suspended" | "revoked" | "not-checked";
  readonly issuer: "holds" | "fails" | "not-checked";
};

export type TraceKind = "issued" | "completed" | "requested" | "decided" | "granted" | "verified";

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

export type AccountNameRow = { readonly address: string };

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
  /** The member that has the file and alone grants it. */
  readonly owner: string;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

/** A row whose existence is all that it says. */
export type MarkRow = { readonly [none: string]: never };
