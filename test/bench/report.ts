import type { Figure, FigureName, Target } from "./figure.ts";
import type { MachineLimits } from "./limits.ts";
import type { Machine } from "./machine.ts";

/** All that one run of the bench has found out; what `--json` prints. */
export interface Report {
  readonly version: 1;
  readonly at: string;
  readonly seconds: number;
  readonly runs: number;
  readonly machine: Machine;
  /** Before the figures; the ratios are to these. */
  readonly limits: MachineLimits;
  /** After them: how much the machine itself has changed meanwhile. */
  readonly limitsAfter: MachineLimits;
  readonly figures: Readonly<Partial<Record<FigureName, Figure>>>;
}

const titles: Readonly<Record<FigureName, string>> = {
  n0: "N0: one member",
  n0b: "N0b: one member, digests in batches of 1,000",
  n1: "N1: one member, records of about 100 bytes",
  n2: "N2: one member, updates of keys drawn at random",
  n3: "N3: four members on one machine",
  http: "HTTP: four members, certificates of 28 fields",
  lone: "A lone entry to final, four members",
  receipt: "Receipt: size and time to verify",
  postgres: "PostgreSQL: what a user would pick instead",
  million: "Many certificates on one member",
};

export function tableOf(report: Report, withCosts: boolean): string {
  const { machine, limits, limitsAfter, figures } = report;
  const facts = [
    [
      "machine",
      `${machine.model}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}; load before the run ${machine.loadBefore}`,
    ],
    ["software", `Node ${machine.node}, OpenSSL ${machine.openssl}, commit ${machine.commit}`],
    ["disk", `${machine.fileSystem} at ${machine.folder}`],
  ] as const;
  const rows = Object.entries(limits).map(([name, value]) => {
    const after = limitsAfter[name as keyof MachineLimits];
    return [name, `${say(value)}${name === "syncBytes" ? "" : `   (after the run ${say(after)})`}`] as const;
  });
  const parts = Object.entries(figures).map(([name, figure]) => figureText(titles[name as FigureName], figure, withCosts));
  return [lines(facts), "", "Limits of this machine, one core", lines(rows), "", parts.join("\n\n")].join("\n");
}

function figureText(title: string, figure: Figure, withCosts: boolean): string {
  const { definition, signed, store, durability, result, limit, ratio, explanation, targets, topCosts = [] } = figure;
  const rows = [
    ["what", definition],
    ["signed", signed],
    ["stored", `${store}; ${durability}`],
    ...flat(result),
    ["limit", `${limit.name}: ${limit.value} ${limit.unit}`],
    ["ratio", `${ratio}`],
    ["why", explanation],
    ...(withCosts ? topCosts : []).map((cost) => ["cost", `${(cost.share * 100).toFixed(1)} %  ${cost.function}  ${cost.file}`] as const),
    ...targets.map((target) => ["target", targetText(target)] as const),
  ] as const;
  return `${title}\n${lines(rows)}`;
}

function targetText({ name, wanted, measured, unit, required, met }: Target): string {
  return `${name}: ${measured} ${unit}, ${required ? "required now" : "where we are going"}: ${wanted} ${unit}: ${met ? "met" : "NOT MET"}`;
}

function flat(result: Readonly<Record<string, unknown>>): (readonly [string, string])[] {
  return Object.entries(result).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((item, at) => [`${name} ${at + 1}`, say(item)] as const) : [[name, say(value)] as const],
  );
}

function say(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${typeof inner === "object" && inner !== null ? `(${say(inner)})` : say(inner)}`)
    .join(", ");
}

const nameWidth = 26;
const textWidth = 110;

function lines(rows: readonly (readonly [string, string])[]): string {
  return rows.flatMap(([name, text]) => wrapped(text).map((line, at) => `  ${(at === 0 ? name : "").padEnd(nameWidth)}${line}`)).join("\n");
}

function wrapped(text: string): string[] {
  const all: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length >= textWidth) {
      all.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...all, line];
}
