import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Figure, FigureName } from "./figure.ts";
import type { MachineLimits } from "./limits.ts";
import type { Machine } from "./machine.ts";
import type { Report } from "./report.ts";

const folder = new URL("results/", import.meta.url).pathname;

/** One figure as it was measured, with all that is to know of the run. */
export interface Result {
  readonly name: FigureName;
  readonly at: string;
  readonly seconds: number;
  readonly runs: number;
  readonly machine: Machine;
  readonly limits: MachineLimits;
  readonly figure: Figure;
}

/** A file a figure. */
export function saveResults({ at, seconds, runs, machine, limits, figures }: Report, to: string): void {
  mkdirSync(to, { recursive: true });
  const { folder: _folder, ...known } = machine;
  for (const [name, figure] of Object.entries(figures))
    writeFileSync(join(to, `${name}.json`), `${JSON.stringify({ name, at, seconds, runs, machine: known, limits, figure }, null, 2)}\n`);
}

export function savedResults(from = folder): ReadonlyMap<string, Result> {
  const files = readdirSync(from).filter((file) => file.endsWith(".json"));
  return new Map(files.map((file) => [file.slice(0, -".json".length), JSON.parse(readFileSync(join(from, file), "utf8"))]));
}

type Lookup = (path: string) => string;
interface Row {
  readonly name: FigureName;
  readonly what: string;
  readonly measured: (value: Lookup) => string;
}

/** The rows of the table of test/bench/README.md, made of the data alone. */
const rows: readonly Row[] = [
  {
    name: "n0",
    what: "N0: one member, a signed entry each: checked, executed, in the tree, indexed, on disk",
    measured: (of) =>
      `${of("entriesPerS")} entries/s, ${of("coresUsed")} cores; at ${of("openLoop.offeredPerS")}/s p50 ${of("openLoop.latencyMs.p50")} ms, p99 ${of("openLoop.latencyMs.p99")} ms`,
  },
  { name: "n0b", what: "N0b: the same, digests deposited in signed batches of 1,000", measured: (of) => `${of("perS")} digests/s` },
  {
    name: "n1",
    what: "N1: the same, a record of 96 bytes under a new key, K = 1",
    measured: (of) => `${of("perS")} records/s; at ${of("openLoop.offeredPerS")}/s p99 ${of("openLoop.latencyMs.p99")} ms`,
  },
  { name: "n1", what: "N1 with two endorsements more, K = 3", measured: (of) => `${of("withThreeSignatures.perS")} records/s` },
  {
    name: "n2",
    what: "N2 (i): a random one of the certificates suspended or resumed, offered at 2,550/s, worst run",
    measured: (of) => `${of("achievedPerS")} entries/s of ${of("keys")} keys, p50 ${of("latencyMs.p50")} ms, p99 ${of("latencyMs.p99")} ms`,
  },
  {
    name: "n3",
    what: "N3: four members as four processes, each checks and executes everything",
    measured: (of) => `${of("entriesPerS")} entries/s, four equal heads`,
  },
  {
    name: "http",
    what: "HTTP door, four members, certificates of 28 fields, one a call, 32 callers",
    measured: (of) =>
      `${of("oneACallPerS")} certificates/s, p50 ${of("oneACallMs.p50")} ms, p95 ${of("oneACallMs.p95")} ms, p99 ${of("oneACallMs.p99")} ms`,
  },
  { name: "http", what: "the same by NDJSON, two streams", measured: (of) => `${of("bulkPerS")} certificates/s` },
  {
    name: "lone",
    what: "a lone certificate, four members, from the call to its final receipt",
    measured: (of) => `p50 ${of("finalMs.p50")} ms, p95 ${of("finalMs.p95")} ms, p99 ${of("finalMs.p99")} ms`,
  },
  {
    name: "postgres",
    what: "instead: PostgreSQL, a signed, hash-chained row each, one row a commit",
    measured: (of) => `${of("1 rows a commit")} rows/s`,
  },
  { name: "postgres", what: "the same, 100 rows a commit", measured: (of) => `${of("100 rows a commit")} rows/s` },
  { name: "postgres", what: "the same, 1,000 rows a commit", measured: (of) => `${of("1000 rows a commit")} rows/s` },
  {
    name: "million",
    what: "many certificates on one member: issued in bulk",
    measured: (of) =>
      `${of("certificates")} at ${of("issuedPerS")}/s, ${of("bytesPerCertificate")} bytes each (20 million: ${of("gigabytesAt20Million")} GB)`,
  },
  {
    name: "million",
    what: "there, p99: list of ten; by number; by time; status; a look-up; verify and record",
    measured: (of) =>
      ["listNewestTenMs", "byNumberMs", "listByTimeMs", "statusMs", "certificateMs", "verifyAndRecordMs"]
        .map((name) => of(`${name}.p99`))
        .join("; ")
        .concat(" ms"),
  },
];

/** A markdown table of what was saved; rows whose figure was not measured are left out. */
export function readmeTable(results: ReadonlyMap<string, Result>): string {
  const lines = rows.flatMap(({ name, what, measured }) => {
    const result = results.get(name);
    return result === undefined ? [] : [`| ${what} | ${measured((path) => said(result.figure.result, path))} |`];
  });
  return ["| | median (range) |", "|---|---|", ...lines].join("\n");
}

function said(result: Readonly<Record<string, unknown>>, path: string): string {
  const value = path.split(".").reduce<unknown>((of, name) => (isRecord(of) ? of[name] : undefined), result);
  if (typeof value === "number") return value.toLocaleString("en");
  if (isRecord(value) && typeof value["median"] === "number") {
    const [median, min, max] = ["median", "min", "max"].map((name) => Number(value[name]).toLocaleString("en"));
    return `${median} (${min}–${max})`;
  }
  throw new Error(`the saved result has no ${path}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
