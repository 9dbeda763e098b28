import type { EvidenceRow } from "@vermilion/contracts";
import type { Caller, Refused, Submitted, WriteOptions } from "../services.ts";
import type { IssueInput, PartInput } from "./services.ts";

/** One line of a bulk call. Its key makes it known again: the same line sent again is answered by what the first one did. */
export interface BulkLine {
  readonly key: string;
  readonly act:
    | { readonly op: "issue"; readonly input: IssueInput }
    | { readonly op: "complete"; readonly certificate: string; readonly input: PartInput }
    /** A line that could not be read; it is answered in its place. */
    | { readonly op: "unreadable"; readonly refused: Refused };
}

export type BulkResult = { readonly key: string } & (
  | (Submitted & {
      readonly certificate: string;
      readonly issuerSignedSha256: string;
      /** In the first answer only. */
      readonly sdJwt?: string;
      /** The line was done by an earlier call. */
      readonly replayed?: true;
    })
  | Refused
);

export interface EvidenceReceiptView {
  readonly digest: string;
  /** Place of the digest in its batch, and the batch's size. */
  readonly index: number;
  readonly count: number;
  /** RFC 6962 root of the batch, as the entry states it. */
  readonly root: string;
  /** RFC 6962 path from the digest to the root, hex. */
  readonly path: readonly string[];
  readonly evidence: string;
  readonly transactionHash: string;
  readonly final: boolean;
  /** The C2SP tlog-proof text of the entry. */
  readonly receipt: string;
  /** The stored entry, a JSON text. */
  readonly entry: string;
}

export interface BulkServices {
  /** Answers in the order of the lines; reads no more of them than it works on. */
  bulk(lines: AsyncIterable<BulkLine>, caller: Caller, options: Pick<WriteOptions, "waitMs">): AsyncIterable<BulkResult>;
  /** Digests (SHA-256, hex) as one entry. */
  deposit(
    digests: readonly string[],
    caller: Caller,
    options: WriteOptions,
  ): Promise<(Submitted & { readonly evidence: string; readonly root: string; readonly count: number }) | Refused>;
  evidence(evidence: string): Promise<EvidenceRow | Refused>;
  /** For whoever knows the digest; waits up to `waitMs` for finality. */
  evidenceReceipt(evidence: string, digest: string, options: { readonly waitMs: number }): Promise<EvidenceReceiptView | Refused>;
}
