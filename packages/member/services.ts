import type { CertificateType } from "@vermilion/certificates";
import type { AccountRow, CertificateRow, MemberRow, RequestRow, SubjectKind, TraceRow } from "@vermilion/contracts";
import type { Json, PublicJwk } from "@vermilion/ledger";
import type { Refused, Submitted } from "@vermilion/node/entries/submission";
import type { ChainHealth, HealthReason } from "@vermilion/node/health";
import type { BulkServices } from "./certificates/bulk-services.ts";
import type { CertificateServices } from "./certificates/services.ts";
import type { FileServices } from "./files/services.ts";
import type { StatisticsServices } from "./statistics/services.ts";

export type { Refused, Submitted } from "@vermilion/node/entries/submission";
export type { HealthReason } from "@vermilion/node/health";
export type * from "./certificates/bulk-services.ts";
export type * from "./certificates/services.ts";
export type * from "./statistics/services.ts";

/** Who asks: an agency app of this member and the person behind it. Both stand in the entry. */
export interface Caller {
  readonly app: string;
  readonly operator: string;
}

export interface WriteOptions {
  /** Longest wait for the commit, ms; 0 answers at once as pending. */
  readonly waitMs: number;
  /** The caller's Idempotency-Key: the entry's id is derived from it and the app, so that a repeat cannot be applied twice. */
  readonly idempotencyKey?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
}

export interface Health {
  readonly member: string;
  readonly status: "ok" | "degraded" | "amnesic" | "upgrade-needed";
  /** Whether it can do what is asked of it, reads and writes; false: send callers elsewhere. */
  readonly ready: boolean;
  readonly reasons: readonly HealthReason[];
  readonly chains: readonly ChainHealth[];
}

export interface ConsortiumView {
  readonly name: string;
  readonly names: { readonly zh: string; readonly en: string };
  readonly chain: string;
  readonly origin: string;
  readonly members: number;
  readonly majority: number;
  readonly quorum: number;
  /** Corrupt members that a conflict of receipts would name at least: 2q − n. */
  readonly accountable: number;
  readonly policy: string;
}

export interface BlockView {
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

export interface EntryView {
  readonly transactionHash: string;
  readonly entryHash: string;
  readonly outcome: string;
  readonly blockNumber: number;
  readonly position: number;
  readonly leafIndex: number;
  readonly time: number;
  /** What it changed, each thing once; a refused entry changed nothing. */
  readonly changed: readonly { readonly kind: SubjectKind; readonly id: string }[];
  /** The exact stored bytes (a JSON text). */
  readonly entry: string;
  readonly payload: Json;
}

export interface RequestInput {
  readonly certificate: string;
  readonly part: string;
  readonly fields: readonly string[];
  readonly purpose: string;
  readonly serviceItem: string;
  readonly basis: string;
  /** ms since 1970; default 7 days on. */
  readonly deadline?: number;
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

/** Who reads fields, and of which types he may. */
export interface FieldReader {
  readonly caller: Caller;
  readsType(type: string): boolean;
}

/** A certificate of a holder, with its issuer's organisation code and what the caller may read of it. */
export type HeldCertificate = CertificateRow & {
  readonly issuerCode: string;
  /** This member's own parts, and fields that were granted to the calling app. */
  readonly disclosed: readonly Disclosed[];
  /** What the caller may read and could not be read now, with the code of the reason; `request` is null for an own part. */
  readonly withheld: readonly { readonly part: string; readonly request: string | null; readonly code: string }[];
};

export interface ReceiptView {
  readonly transactionHash: string;
  readonly final: boolean;
  readonly leafIndex: number;
  readonly size: number;
  /** The C2SP tlog-proof text. */
  readonly receipt: string;
}

/** Public look-up: no names of fields, readers or persons, no entry bodies. */
export interface LookupView {
  readonly found: true;
  /** `document`: its digest stands in a deposit; `evidence`: the list or the root of a deposit itself. */
  readonly kind: "transaction" | "certificate" | "file" | "document" | "evidence";
  readonly transactionHash: string;
  readonly outcome: string;
  readonly blockNumber: number;
  readonly leafIndex: number;
  readonly time: number;
  readonly issuer: string | null;
  readonly part: string | null;
  readonly status: string | null;
  /** Root of the file, also where it was looked up by its content. */
  readonly file: string | null;
  /** The deposit; of a document also its index in the list and the RFC 6962 path from its digest to the root, hex. */
  readonly evidence: {
    readonly evidence: string;
    readonly root: string;
    readonly count: number;
    readonly digest: { readonly index: number; readonly path: readonly string[] } | null;
  } | null;
  /** Path of this API at which the receipt is. */
  readonly receipt: string;
  /** What else has this hash, later or less surely: the oldest nine. `id` is the root of a file or the id of a deposit. */
  readonly also: readonly {
    readonly kind: "transaction" | "certificate" | "file" | "document" | "evidence";
    readonly transactionHash: string;
    readonly blockNumber: number;
    readonly issuer: string | null;
    readonly id: string | null;
  }[];
  readonly final: boolean;
  /** The newest block that this answer knows of: the status is that as of then. */
  readonly asOf: { readonly blockNumber: number; readonly time: number };
}

/** The use cases of one member on one chain. Each answers, or refuses with a stable code, or throws a `Fault`. */
export interface Services extends CertificateServices, BulkServices, StatisticsServices, FileServices {
  health(): Promise<Health>;
  consortium(): Promise<ConsortiumView>;
  members(): Promise<readonly MemberRow[]>;

  defineType(input: Json, caller: Caller, options: WriteOptions): Promise<Submitted | Refused>;
  types(cursor: string | undefined, limit: number): Promise<Page<CertificateType> | Refused>;
  type(id: string, version?: number): Promise<CertificateType | Refused>;

  openRequest(
    input: RequestInput,
    caller: Caller,
    options: WriteOptions,
  ): Promise<(Submitted & { readonly request: string; readonly state?: RequestRow["status"] }) | Refused>;
  request(id: string): Promise<RequestRow | Refused>;
  requests(filter: "mine" | "to-decide", cursor: string | undefined, limit: number): Promise<Page<RequestRow> | Refused>;
  decide(
    request: string,
    input: { readonly decision: "approve" | "refuse"; readonly reason: string },
    caller: Caller,
    options: WriteOptions,
  ): Promise<Submitted | Refused>;
  /** Fields of a granted request, for the app that opened it. Waits up to `waitMs` for a standing grant. */
  readGranted(request: string, caller: Caller, options: { readonly waitMs: number }): Promise<Disclosed | Refused>;
  readOwn(certificate: string, part: string, caller: Caller): Promise<Disclosed | Refused>;
  trace(certificate: string, cursor: string | undefined, limit: number): Promise<Page<TraceRow> | Refused>;

  /** C4 register: the key pair was made on the user's device; `proof` is a signed object by the new key. */
  registerAccount(
    input: { readonly kind: "holder" | "issuer" | "verifier"; readonly name: string; readonly jwk: PublicJwk; readonly proof: string },
    caller: Caller,
    options: WriteOptions,
  ): Promise<(Submitted & { readonly address: string }) | Refused>;
  /** C4 public key by address. */
  account(address: string): Promise<AccountRow | Refused>;
  /** C4 verify: checks the presented SD-JWT and records the verification as an entry. */
  verifyCertificate(
    input: { readonly sdJwt: string; readonly issuerCode: string; readonly verifier?: string },
    caller: Caller,
    options: WriteOptions,
  ): Promise<
    (Submitted & { readonly verdicts: { readonly integrity: string; readonly status: string; readonly issuer: string } }) | Refused
  >;
  /** C4 certificate by holder's address, block number and transaction hash: all that this entry issued to him. Without `reader` no fields. */
  certificatesOfHolder(
    holder: string,
    blockNumber: number,
    transactionHash: string,
    reader: FieldReader | undefined,
  ): Promise<{ readonly items: readonly HeldCertificate[] } | Refused>;

  /** The block with this header hash, if it is the committed one of its height. */
  blockByHash(hash: string): Promise<BlockView | Refused>;
  block(height: number): Promise<BlockView | Refused>;
  blocks(before: number | undefined, limit: number): Promise<Page<BlockView>>;
  /** The stored bytes of a header. */
  header(height: number): Promise<Uint8Array | Refused>;
  entriesOfBlock(height: number): Promise<readonly EntryView[] | Refused>;
  entry(transactionHash: string): Promise<EntryView | Refused>;
  /** Bytes that entries name for all members: issuer-signed parts and encrypted disclosures. */
  attachment(sha256: string): Promise<Uint8Array | Refused>;
  /** State of a submitted entry, also before its commit. */
  submission(transactionHash: string): Promise<Submitted | Refused>;

  /** The newest final checkpoint as a note with every cosignature held. */
  checkpoint(): Promise<string | Refused>;
  cosignatures(): Promise<{ readonly size: number; readonly lines: Readonly<Record<string, string>> } | Refused>;
  policy(): Promise<string>;
  tile(level: number, index: number, width: number): Promise<Uint8Array | Refused>;
  bundle(index: number, width: number): Promise<Uint8Array | Refused>;
  inclusionProof(
    index: number,
    size: number,
  ): Promise<{ readonly leafHash: string; readonly proof: readonly string[]; readonly root: string } | Refused>;
  consistencyProof(oldSize: number, size: number): Promise<{ readonly proof: readonly string[] } | Refused>;
  /** Waits up to `waitMs` for finality; then gives the best it has and says so. */
  receipt(transactionHash: string, options: { readonly waitMs: number }): Promise<ReceiptView | Refused>;
  lookup(hash: string): Promise<LookupView | Refused>;
}
