import { Cleanup } from "./cleanup.ts";
import type { Figure, FigureName, Settings } from "./figure.ts";
import { measureHttp } from "./http.ts";
import { type MachineLimits, measureLimits } from "./limits.ts";
import { measureLone } from "./lone.ts";
import { machineOf } from "./machine.ts";
import { measureMillion } from "./million.ts";
import { measureN0 } from "./n0.ts";
import { measureN0b, measureN1 } from "./n0b.ts";
import { measureN2 } from "./n2.ts";
import { measureN3 } from "./n3.ts";
import { help, type Options, optionsOf } from "./options.ts";
import { measurePostgres } from "./postgres.ts";
import { measureReceipt } from "./receipt.ts";
import { type Report, tableOf } from "./report.ts";
import { readmeTable, savedResults, saveResults } from "./results.ts";

/** `npm run bench`: the figures of its README, each beside what this machine could do at most in the same minute. */

type Measure = (settings: Settings, limits: MachineLimits, cleanup: Cleanup) => Promise<Figure>;

const measures: Readonly<Record<FigureName, Measure>> = {
  n0: measureN0,
  n0b: measureN0b,
  n1: measureN1,
  n2: measureN2,
  n3: measureN3,
  http: measureHttp,
  lone: measureLone,
  receipt: measureReceipt,
  postgres: measurePostgres,
  million: measureMillion,
};

async function reportOf(options: Options): Promise<Report> {
  const machine = machineOf(options.folder);
  const { seconds, runs, folder, certificates, keep } = options;
  const settings: Settings = {
    seconds,
    runs,
    folder,
    certificates,
    ...(keep === undefined ? {} : { keep }),
    machine,
    progress: (text) => process.stderr.write(`bench: ${text}\n`),
  };
  const at = new Date().toISOString();
  const limits = await cleanly((cleanup) => measureLimits(settings, cleanup));
  const figures: Partial<Record<FigureName, Figure>> = {};
  for (const name of options.only) figures[name] = await cleanly((cleanup) => measures[name](settings, limits, cleanup));
  const limitsAfter = await cleanly((cleanup) => measureLimits(settings, cleanup));
  return { version: 1, at, seconds, runs, machine, limits, limitsAfter, figures };
}

/** Nothing of one figure is left when the next begins, or when it fails. */
async function cleanly<T>(measure: (cleanup: Cleanup) => Promise<T> | T): Promise<T> {
  const cleanup = new Cleanup();
  try {
    return await measure(cleanup);
  } finally {
    await cleanup.closeAll();
  }
}

try {
  const options = optionsOf(process.argv.slice(2));
  if (options === undefined) process.stdout.write(`${help}\n`);
  else if (options.table) process.stdout.write(`${readmeTable(savedResults())}\n`);
  else {
    const report = await reportOf(options);
    if (options.save !== undefined) saveResults(report, options.save);
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : tableOf(report, options.profile)}\n`);
  }
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
