import { Cleanup } from "./cleanup.ts";
import type { Figure, FigureName, Settings } from "./figure.ts";
import { type MachineLimits, measureLimits } from "./limits.ts";
import { measureLone } from "./lone.ts";
import { machineOf } from "./machine.ts";
import { measureN0 } from "./n0.ts";
import { measureN3 } from "./n3.ts";
import { help, type Options, optionsOf } from "./options.ts";
import { measureReceipt } from "./receipt.ts";
import { type Report, tableOf } from "./report.ts";

/** `npm run bench`: the figures of the README, each beside what this machine could do at most in the same minute. */

type Measure = (settings: Settings, limits: MachineLimits, cleanup: Cleanup) => Promise<Figure>;

const measures: Readonly<Record<FigureName, Measure>> = { n0: measureN0, n3: measureN3, lone: measureLone, receipt: measureReceipt };

async function reportOf(options: Options): Promise<Report> {
  const machine = machineOf(options.folder);
  const { seconds, runs, folder } = options;
  const settings: Settings = { seconds, runs, folder, machine, progress: (text) => process.stderr.write(`bench: ${text}\n`) };
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
  else {
    const report = await reportOf(options);
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : tableOf(report)}\n`);
  }
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
