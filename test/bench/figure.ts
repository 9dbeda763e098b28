/** What a figure answers, and the small arithmetic that all of them share. */

export const figureNames = ["n0", "n0b", "n1", "n2", "n3", "http", "lone", "receipt", "postgres", "million"] as const;
export type FigureName = (typeof figureNames)[number];

/** The machine's own bound of the same run, and how near the figure comes to it. */
interface Limit {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** Every figure says the same things about itself; `result` is its own. */
export interface Figure {
  readonly definition: string;
  /** What is signed and what is checked, for one unit of the figure. */
  readonly signed: string;
  readonly store: string;
  readonly durability: string;
  readonly result: Readonly<Record<string, unknown>>;
  readonly limit: Limit;
  readonly ratio: number;
  /** Where the time goes, measured in this run. */
  readonly explanation: string;
  readonly targets: readonly Target[];
  /** The functions that cost most in the profiled run; shown by `--profile`. */
  readonly topCosts?: readonly Cost[];
}

/** Own time of a function, as a share of the busy time. */
export interface Cost {
  readonly share: number;
  readonly function: string;
  /** Path in the repository, or what else V8 calls it. */
  readonly file: string;
}

/** A number that the issue or the design asks for. `required` ones must be met now; the others are where we are going. */
export interface Target {
  readonly name: string;
  readonly required: boolean;
  readonly wanted: number;
  readonly measured: number;
  readonly unit: string;
  readonly met: boolean;
}

export interface Settings {
  /** Length of one measured run of a throughput figure; the latency figure takes four samples for each second of it. */
  readonly seconds: number;
  /** Measured runs of a throughput figure. */
  readonly runs: number;
  /** Temporary folders are made in here. */
  readonly folder: string;
  /** Of the figure `million`: how many, and the folder in which they stay, where they are to. */
  readonly certificates: number;
  readonly keep?: string;
  readonly machine: { readonly cores: number };
  readonly progress: (text: string) => void;
}

/** Members have their default durability: SQLite in WAL mode, and whoever was answered finds his write after a power cut. */
export const durability = "SQLite WAL; durable writes with synchronous=FULL, derived rows with NORMAL and synced by the next durable write";

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  return { median: percentile(sorted, 50), min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Milliseconds with one decimal. */
export function latencyOf(values: readonly number[]): Latency {
  const sorted = values.toSorted((one, other) => one - other);
  return {
    p50: round(percentile(sorted, 50), 1),
    p95: round(percentile(sorted, 95), 1),
    p99: round(percentile(sorted, 99), 1),
    max: round(sorted.at(-1) ?? 0, 1),
  };
}

/** Nearest rank on sorted values; 50 of an even number is the mean of the middle two. */
function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return 0;
  const middle = sorted.length / 2;
  if (share === 50 && Number.isInteger(middle)) return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return sorted[Math.ceil((share / 100) * sorted.length) - 1] ?? 0;
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
