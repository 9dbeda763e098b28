import type { EntryView, Page, Refused } from "../services.ts";

/** A question about entries. Times in ms since 1970, both ends included. */
export interface EntryFilter {
  readonly from?: number;
  readonly to?: number;
  /** Author. */
  readonly member?: string;
  /** `contract.operation`. */
  readonly operation?: string;
  /** Certificate type that an operation is about. */
  readonly type?: string;
  /** Who reads, of grants. */
  readonly reader?: string;
  readonly outcome?: "applied" | "refused";
}

export type EntryHit = EntryView & {
  /** Operations of the entry that fit; a deposit counts by its digests. */
  readonly acts: number;
};

export interface StatisticsView {
  readonly height: number;
  readonly blocks: number;
  readonly entries: number;
  readonly finalSize: number;
  readonly members: readonly {
    readonly id: string;
    readonly names: { readonly zh: string; readonly en: string };
    readonly status: "active" | "inactive";
  }[];
  readonly certificates: { readonly total: number; readonly revoked: number; readonly replaced: number };
  /** Height from which on acts on certificates are counted; null: the chain has no rules of certificates. */
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

/** Whole days (UTC+8) from that of `from` to that of `to`, ms since 1970. */
export interface FigureQuery {
  readonly from: number;
  readonly to: number;
  readonly by: readonly Dimension[];
}

export interface ActFigure {
  readonly day?: string;
  readonly member?: string;
  readonly type?: string;
  readonly act: string;
  /** Of uses: `details`, `verify`. */
  readonly way?: string;
  readonly count: number;
  /** Path and query that list the entries behind the figure: the sum of their `acts` is `count`. */
  readonly entries: string;
}

/** Figures of the ledger, and the entries behind them. */
export interface StatisticsServices {
  /** Newest first; a page may be short and yet not be the last. */
  entries(filter: EntryFilter, cursor: string | undefined, limit: number): Promise<Page<EntryHit> | Refused>;
  statistics(): Promise<StatisticsView>;
  blockFigures(range: { readonly from: number; readonly to: number }, by: "hour" | "day"): Promise<readonly BlocksFigure[] | Refused>;
  actFigures(what: "contributions" | "uses", query: FigureQuery): Promise<readonly ActFigure[] | Refused>;
}
