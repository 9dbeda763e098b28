import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mainPart, sampleFields, samplesMax } from "@vermilion/client/certificate-types";
import { type Command, InvalidArgumentError } from "commander";
import { Failure, type Io } from "../output.ts";
import { readGoodType } from "../shipped-types.ts";

interface Options {
  readonly count: number;
  readonly seed: number;
  readonly from: number;
  readonly out?: string;
}

export function sample(program: Command, io: Io): void {
  program
    .command("sample")
    .description("Real-looking made-up certificates, one a line, for `vermilion bulk`. 生成样例数据。")
    .argument("<type>", "id of a shipped type, or a file")
    .option("-n, --count <count>", "how many", whole(1, samplesMax), 10)
    .option("--seed <seed>", "the same seed gives the same data for ever", whole(0, 2 ** 31 - 1), 1)
    .option("--from <number>", "begin with this one, counted from 0", whole(0, samplesMax - 1), 0)
    .option("--out <file>", "write here instead of to standard output")
    .addHelpText(
      "after",
      `
Check digits are right, numbers are unique within a seed, and nobody of this name lives there.

Examples:
  $ vermilion sample business-licence -n 1000 > licences.ndjson
  $ vermilion sample business-licence -n 1000 | vermilion bulk - --as platform`,
    )
    .action(async (name: string, options: Options) => {
      const type = await readGoodType(name);
      if (options.from + options.count > samplesMax)
        throw new Failure("usage", { zh: `最多到第${samplesMax}个`, en: `there are ${samplesMax} of a seed` }, 2);
      const out = options.out === undefined ? process.stdout : createWriteStream(options.out);
      let isOver = false;
      // Whoever reads a pipe may have enough of it: that is no failure.
      out.once("error", (error: NodeJS.ErrnoException) => {
        isOver = true;
        if (error.code !== "EPIPE")
          io.fail(new Failure("cannot-write", { zh: "无法写入", en: `cannot write: ${error.message}` }, 2, error));
      });
      for (let serial = options.from; serial < options.from + options.count && !isOver; serial++) {
        const made = sampleFields(type, mainPart, options.seed, serial);
        if ("refused" in made) throw new Failure(made.refused, made.detail, 2);
        const line = { op: "issue", key: `sample-${type.id}-${options.seed}-${serial}`, type: type.id, fields: made.fields };
        if (!out.write(`${JSON.stringify(line)}\n`)) await Promise.race([once(out, "drain"), once(out, "close")]).catch(() => undefined);
      }
      if (out !== process.stdout) await new Promise<void>((resolve) => out.end(resolve));
    });
}

function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[0-9]+$/.test(text) || value < low || value > high) throw new InvalidArgumentError(`a whole number from ${low} to ${high}`);
    return value;
  };
}
