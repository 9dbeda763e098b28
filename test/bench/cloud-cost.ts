import { parseArgs } from "node:util";
import { measureCosts, textOf } from "./cloud/report.ts";

/** `npm run bench:cost`: what a member in the cloud costs, counted where members live as on Lambda, times list prices. */

const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const report = await measureCosts({ alone: 20, crowd: 100, groups: 3 });
await new Promise<void>((written) =>
  process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : textOf(report)}\n`, () => written()),
);
// Its members' processes are frozen, and would wait for ever.
process.exit();
