import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { type FigureName, figureNames } from "./figure.ts";

export interface Options {
  readonly json: boolean;
  readonly only: readonly FigureName[];
  readonly seconds: number;
  readonly runs: number;
  readonly folder: string;
}

export const help = `npm run bench -- [--json] [--only n0,n3,lone,receipt] [--seconds 5] [--runs 3] [--data FOLDER]

  --json      the figures as JSON alone on standard output; progress goes to standard error
  --only      some of the figures, separated by commas
  --seconds   length of one measured run; the lone entry takes four samples for each second (default 5)
  --runs      measured runs of a throughput figure (default 3)
  --data      temporary folders are made in here, and the disk under it is the one measured (default: the system's)`;

/** Throws an Error with one sentence for what cannot be run. Undefined: help was asked for. */
export function optionsOf(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean", default: false },
      only: { type: "string", default: figureNames.join(",") },
      seconds: { type: "string", default: "5" },
      runs: { type: "string", default: "3" },
      data: { type: "string", default: tmpdir() },
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
  return { json: values.json, only, seconds, runs, folder: values.data };
}
