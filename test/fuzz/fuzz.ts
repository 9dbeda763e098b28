import { parseArgs } from "node:util";
import { fuzzMember } from "./schemathesis.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "300" }, seed: { type: "string", default: "1" } },
});

try {
  const say = (text: string) => process.stdout.write(text);
  const { found } = await fuzzMember({ seconds: Number(values.seconds), seed: Number(values.seed), say });
  process.exitCode = found ? 1 : 0;
} catch (error) {
  process.stderr.write(`fuzz: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
