import type { Entry, Names } from "./answers.ts";

/** An entry that fits a question; `acts` of its operations do, a deposit counting by its digests. */
export type EntryHit = Entry & { readonly acts: number };

export interface EntryFilter {
  readonly from?: number;
  readonly to?: number;
  readonly member?: string;
  /** `contract.operation`. */
  readonly operation?: string;
  readonly type?: string;
  readonly reader?: string;
  readonly outcome?: "applied" | "refused";
}

export interface Statistics {
  readonly height: number;
  readonly blocks: number;
  readonly entries: number;
  readonly finalSize: number;
  readonly members: readonly { readonly id: string; readonly names: Names; readonly status: "active" | "inactive" }[];
  readonly certificates: { readonly total: number; readonly revoked: number; readonly replaced: number };
  /** Height from which on acts are counted; null: the rules in force count none. */
  readonly countedFrom: number | null;
  readonly asOf: { readonly blockNumber: number; readonly time: number };
}

export interface BlocksFigure {
  readonly from: number;
  readonly to: number;
  readonly blocks: number;
  readonly firstBlock: number;
  readonly lastBlock: number;
  readonly entries: number;
}

export type Dimension = "member" | "type" | "day";

export interface ActFigure {
  readonly day?: string;
  readonly member?: string;
  readonly type?: string;
  readonly act: string;
  /** Of uses: `details`, `verify`. */
  readonly way?: string;
  readonly count: number;
  /** Path and query of the entries behind the figure: the sum of their `acts` is `count`. */
  readonly entries: string;
}
