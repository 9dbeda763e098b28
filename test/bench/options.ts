import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { type FigureName, figureNames } from "./figure.ts";

export interface Options {
  readonly json: boolean;
  readonly only: readonly FigureName[];
  readonly seconds: number;
  readonly runs: number;
  readonly folder: string;
  readonly certificates: number;
  /** Print the functions that cost most. */
  readonly keep: string | undefined;
  readonly profile: boolean;
  /** Results are written there, a file a figure. */
  readonly save: string | undefined;
  /** Print the table of test/bench/README.md of what was saved, and measure nothing. */
  readonly table: boolean;
}

/** What takes a minute or less; `million` takes as long as it says. */
const onlyDefault: readonly FigureName[] = figureNames.filter((name) => name !== "million");
const certificatesDefault = 1_000_000;

export const help = `npm run bench -- [--json] [--only n0,n0b,n1,n2,n3,http,lone,receipt,postgres,million] [--seconds 5] [--runs 3] [--data FOLDER] [--profile] [--save FOLDER] [--table]

  --json      the figures as JSON alone on standard output; progress goes to standard error
  --only      some of the figures, separated by commas
  --seconds   length of one measured run; the lone entry takes four samples for each second (default 5)
  --runs      measured runs of a throughput figure (default 3)
  --count     certificates of the figure \`million\` (default 1000000); it is measured only where --only names it
  --keep      folder in which the certificates of \`million\` stay; where they are there already, only the questions are asked
  --profile   print beside each figure the functions that took most of a profiled run
  --save      write each figure as JSON in here, as test/bench/results has them
  --table     print the table of test/bench/README.md of test/bench/results
  --data      temporary folders are made in here, and the disk under it is the one measured (default: the system's)`;

/** Throws an Error with one sentence for what cannot be run. Undefined: help was asked for. */
export function optionsOf(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      only: { type: "string", default: onlyDefault.join(",") },
      seconds: { type: "string", default: "5" },
      runs: { type: "string", default: "3" },
      data: { type: "string", default: tmpdir() },
      count: { type: "string", default: String(certificatesDefault) },
      keep: { type: "string" },
      profile: { type: "boolean", default: false },
      save: { type: "string" },
      table: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const only = values.only.split(",").map((name) => {
    const known = figureNames.find((figure) => figure === name.trim());
    if (known === undefined) throw new Error(`no figure "${name}"; there are ${figureNames.join(", ")}`);
    return known;
  });
  const seconds = Number(values.seconds);
  const runs = Number(values.runs);
  if (!(seconds > 0 && seconds <= 3_600)) throw new Error(`--seconds ${values.seconds}: more than 0, at most 3600`);
  if (!(Number.isInteger(runs) && runs >= 1 && runs <= 100)) throw new Error(`--runs ${values.runs}: 1 to 100`);
  const certificates = Number(values.count);
  if (!(Number.isInteger(certificates) && certificates >= 100 && certificates <= 10_000_000))
    throw new Error(`--count ${values.count}: 100 to 10000000`);
  return {
    json: values.json,
    only,
    seconds,
    runs,
    folder: values.data,
    certificates,
    keep: values.keep,
    profile: values.profile,
    save: values.save,
    table: values.table,
  };
}
