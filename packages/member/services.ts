import type { Refused, Submitted } from "@vermilion/node/entries/submission";
import type { Call, Extras, MemberRouteName, MemberRoutes, PublicRouteName, RefusalCodeOf, Result } from "@vermilion/protocol";

export type { Refused, Submitted } from "@vermilion/node/entries/submission";

/** Who asks: an agency app of this member and the person behind it. Both stand in the entry. */
export interface Caller {
  readonly app: string;
  readonly operator: string;
}

export interface WaitOptions {
  /** Longest wait for what is asked for, ms; then the use case gives the best that it has, and says so. */
  readonly waitMs: number;
}

export interface WriteOptions {
  /** Longest wait for the commit, ms; 0 answers at once as pending. */
  readonly waitMs: number;
  /** The caller's Idempotency-Key: the entry's id is derived from it and the app, so that a repeat cannot be applied twice. */
  readonly idempotencyKey?: string;
}

type Row<Name extends MemberRouteName> = MemberRoutes[Name];
type CallerOf<Name extends MemberRouteName> =
  Row<Name> extends { readonly makes: string } | { readonly caller: string } ? [caller: Caller] : [];
type OptionsOf<Name extends MemberRouteName> =
  Row<Name> extends { readonly makes: string }
    ? [options: WriteOptions]
    : Row<Name> extends { readonly waits: number }
      ? [options: WaitOptions]
      : [];

/** What a use case gives: of a write what became of its entry, and what the row adds; else the result of the row. */
export type Given<Name extends MemberRouteName> = Row<Name> extends { readonly makes: string } ? Submitted & Extras<Name> : Result<Name>;

/** What it gives, or its refusal; of a route whose row lists no refusals there is none. */
export type Answer<Name extends MemberRouteName> = Given<Name> | ([RefusalCodeOf<Name>] extends [never] ? never : Refused);

/** The use case behind a route, as the route's row says. Throws a `Fault` where the world fails. */
export type UseCase<Name extends MemberRouteName> = (
  call: Call<Name>,
  ...by: [...CallerOf<Name>, ...OptionsOf<Name>]
) => Promise<Answer<Name>>;

/** One line of a bulk call. Its key makes it known again: the same line sent again is answered by what the first one did. */
export interface BulkLine {
  readonly key: string;
  readonly act:
    | { readonly op: "issue"; readonly input: Call<"issueCertificate"> }
    | { readonly op: "complete"; readonly input: Call<"completeCertificate"> }
    /** A line that could not be read; it is answered in its place. */
    | { readonly op: "unreadable"; readonly refused: Refused };
}

export type BulkResult = { readonly key: string } & (
  | (Submitted &
      Extras<"issueCertificate"> & {
        /** The line was done by an earlier call. */
        readonly replayed?: true;
      })
  | Refused
);

export interface StatusListToken {
  /** Compact JWS, `typ` statuslist+jwt. */
  readonly token: string;
  /** Seconds that it may be kept. */
  readonly ttl: number;
}

/** Who reads fields, and of which types he may. */
export interface FieldReader {
  readonly caller: Caller;
  readsType(type: string): boolean;
}

/** Use cases that are asked or answer otherwise than their row says, which the door then makes good. */
interface SpecialUseCases {
  /** Answers in the order of the lines; reads no more of them than it works on. */
  bulkCertificates(lines: AsyncIterable<BulkLine>, caller: Caller, options: WaitOptions): AsyncIterable<BulkResult>;
  /** Another member's list is not signed here: `status-list-elsewhere`, whose detail is its address. */
  statusList(call: Call<"statusList">): Promise<StatusListToken | Refused>;
  submission(call: Call<"submission">): Promise<Submitted | Refused>;
  /** Without `reader` no fields. */
  certificatesOfHolder(call: Call<"certificatesOfHolder">, reader: FieldReader | undefined): Promise<Answer<"certificatesOfHolder">>;
}

/** The use cases of one member on one chain: one for each route that the doors do not answer by themselves. */
export type Services = { readonly [Name in Exclude<MemberRouteName, keyof SpecialUseCases>]: UseCase<Name> } & Readonly<SpecialUseCases>;

/** Those that a process serves which may only read: without an account, and without this member's signature but the log's. */
export type PublicServices = Pick<Services, PublicRouteName>;

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
}

export type Health = Result<"health">;
export type ConsortiumView = Result<"consortium">;
export type BlockView = Result<"block">;
export type EntryView = Result<"entry">;
export type EntryHit = Result<"entries">["items"][number];
export type EntryFilter = Omit<Call<"entries">, "cursor" | "limit">;
export type RequestInput = Call<"openRequest">;
export type Disclosed = Result<"grantedFields">;
export type ReceiptView = Result<"receipt">;
export type EvidenceReceiptView = Result<"evidenceReceipt">;
export type LookupView = Result<"lookup">;
export type StatisticsView = Result<"statistics">;
export type BlocksFigure = Result<"blockFigures">["items"][number];
export type ActFigure = Result<"uses">["items"][number];
export type Dimension = Call<"uses">["by"][number];
export type IssueInput = Call<"issueCertificate">;
export type PartInput = Pick<Call<"completeCertificate">, "part" | "fields">;
export type RenewInput = Omit<Call<"renewCertificate">, "certificate">;
export type CorrectInput = Omit<Call<"correctCertificate">, "certificate">;
export type IssuedCertificate = Extras<"issueCertificate">;
export type HeldCertificate = Result<"certificatesOfHolder">["items"][number];
export type LifeStep = Result<"certificateHistory">["items"][number];
export type CertificateStatusView = Result<"certificateStatus">;
export type CertificateFilter = Omit<Call<"certificates">, "cursor" | "limit">;
export type CertificateItem = Result<"certificates">["items"][number];
export type CertificateCount = Result<"countCertificates">;
export type FileUpload = Result<"beginFile">;
export type FileChunks = Result<"ownFile">;
export type FileLink = FileChunks["links"][number];
