import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import type { BulkAnswer, BulkLine } from "@vermilion/client";
import type { Command } from "commander";
import { unreadable } from "../files.ts";
import { Failure, type Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly out?: string;
  readonly json?: boolean;
}

export function bulk(program: Command, io: Io): void {
  const command = program
    .command("bulk")
    .description("Issue and complete many certificates, one a line. 批量签发与补录。")
    .argument("<lines.ndjson>", "a JSON object a line; - for standard input")
    .option("--out <file>", "write each line's answer here (NDJSON), readable by you alone")
    .addHelpText(
      "after",
      `
A line: {"op":"issue","key":"…","type":"…","fields":{…}} or {"op":"complete","key":"…","certificate":"…","part":"…","fields":{…}}
A line that is refused stops no other. Run it again after a breakdown: lines are known by their keys, and nothing is done twice.

Exit code: 0 all lines are done, 1 some were refused, 2 it could not be run.

Examples:
  $ vermilion sample business-licence -n 1000 | vermilion bulk - --as platform --out answers.ndjson`,
    );
  withApp(command).action(async (file: string, options: Options) => {
    const { client } = await openSession(options);
    const out = options.out === undefined ? undefined : createWriteStream(options.out, { mode: 0o600 });
    const counts = { committed: 0, pending: 0, refused: 0 };
    const refused: BulkAnswer[] = [];
    const began = Date.now();
    const progress = io.progress("sending lines · 正在提交");
    try {
      for await (const answer of client.bulk(linesOf(file))) {
        if (answer.status !== "not-taken") counts[answer.status] += 1;
        if (answer.status === "refused" && refused.length < shownMax) refused.push(answer);
        out?.write(`${JSON.stringify(answer)}\n`);
        const perS = Math.round((answer.line * 1000) / Math.max(1, Date.now() - began));
        progress.update(`sending lines · 正在提交: ${answer.line} (${perS}/s, ${counts.refused} refused)`);
      }
    } finally {
      progress.done();
      await new Promise<void>((resolve) => (out === undefined ? resolve() : out.end(resolve)));
    }
    if (options.json === true) io.json(counts);
    else {
      io.print(`committed ${counts.committed}, pending ${counts.pending}, refused ${counts.refused}`);
      for (const { line, key, code, title } of refused) io.print(`  line ${line} (${key}): ${code} ${title ?? ""}`);
    }
    if (counts.refused > 0) io.exitCode = 1;
  });
}

const shownMax = 20;

async function* linesOf(file: string): AsyncGenerator<BulkLine> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  let number = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() !== "") yield parsed(line, number);
    }
  } catch (error) {
    throw error instanceof Failure ? error : unreadable(file, error);
  }
}

function parsed(line: string, number: number): BulkLine {
  try {
    return JSON.parse(line) as BulkLine;
  } catch (cause) {
    throw new Failure("not-json", { zh: `第${number}行不是JSON`, en: `line ${number} is not JSON` }, 2, cause);
  }
}
