import type { IssueInput, Json } from "./answers.ts";

/** One line of a bulk call; its key (1 to 128 visible characters) makes it known again when it is sent once more. */
export type BulkLine =
  | ({ readonly op: "issue"; readonly key: string } & Omit<IssueInput, "serial">)
  | {
      readonly op: "complete";
      readonly key: string;
      readonly certificate: string;
      readonly part: string;
      readonly fields: Readonly<Record<string, Json>>;
    };

export interface BulkAnswer {
  /** From 1, in the order of the lines. */
  readonly line: number;
  readonly key: string;
  readonly status: "committed" | "pending" | "refused" | "not-taken";
  readonly certificate?: string;
  readonly issuerSignedSha256?: string;
  /** In the first answer only. */
  readonly sdJwt?: string;
  readonly transactionHash?: string;
  readonly blockNumber?: number;
  /** The line was done by an earlier call. */
  readonly replayed?: boolean;
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly problems?: readonly { readonly field: string; readonly code: string; readonly detail: string }[];
}

export interface Evidence {
  readonly evidence: string;
  readonly root: string;
  readonly count: number;
  /** SHA-256 of the attachment with the digests. */
  readonly digests: string;
  readonly owner: string;
  readonly by: { readonly app: string; readonly operator: string };
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
}

/** Proof of one digest: `path` leads from it to `root`, which stands in `entry`, which `receipt` proves. */
export interface EvidenceReceipt {
  readonly digest: string;
  readonly index: number;
  readonly count: number;
  readonly root: string;
  readonly path: readonly string[];
  readonly evidence: string;
  readonly transactionHash: string;
  readonly final: boolean;
  readonly receipt: string;
  readonly entry: string;
}
