import type { Command } from "commander";
import { readFields } from "../files.ts";
import { printIssued } from "../issued.ts";
import type { Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly out?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export function complete(program: Command, io: Io): void {
  const command = program
    .command("complete")
    .description("Add an agency's own part to a published certificate. 补录证照的一个部分（录入）。")
    .argument("<certificate>", "identifier of the certificate")
    .argument("<part>", "id of the part, as the type names it")
    .argument("<fields.json>", "the part's fields as a JSON object; - for standard input")
    .option("--out <file>", "save the part's SD-JWT here, readable by you alone")
    .option("--key <key>", "Idempotency-Key: the same key never adds twice")
    .addHelpText(
      "after",
      `
Examples:
  $ vermilion complete 1.2.156.3005.2.… inspection part.json --as inspection
  $ vermilion complete 1.2.156.3005.2.… inspection part.json --as inspection --out part.sd-jwt --json`,
    );
  withApp(command).action(async (certificate: string, part: string, file: string, options: Options) => {
    const fields = await readFields(file);
    const { client } = await openSession(options);
    const key = options.key === undefined ? {} : { idempotencyKey: options.key };
    const issued = await io.during("completing · 正在补录", () => client.completeCertificate({ certificate, part, fields }, key));
    await printIssued(io, issued, options);
  });
}
