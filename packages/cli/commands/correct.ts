import type { Command } from "commander";
import { readFields } from "../files.ts";
import { printIssued } from "../issued.ts";
import type { Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly reason: string;
  readonly out?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export function correct(program: Command, io: Io): void {
  const command = program
    .command("correct")
    .description("Correct this member's own part of a certificate: a new document takes the old one's place. 更正证照。")
    .argument("<certificate>", "identifier of the certificate")
    .argument("<part>", "id of the part: main, or as the type names it")
    .argument("<fields.json>", "all fields of the part as a JSON object; - for standard input")
    .requiredOption("--reason <code>", "why, as a code that every member reads, for example typing-error")
    .option("--out <file>", "save the new SD-JWT here, readable by you alone")
    .option("--key <key>", "Idempotency-Key: the same key never corrects twice")
    .addHelpText(
      "after",
      `
Whoever was granted the old document keeps what he was granted; the new one is asked for anew.

Examples:
  $ vermilion correct 1.2.156.3005.2.… main fields.json --reason typing-error --as platform`,
    );
  withApp(command).action(async (certificate: string, part: string, file: string, options: Options) => {
    const fields = await readFields(file);
    const { client } = await openSession(options);
    const key = options.key === undefined ? {} : { idempotencyKey: options.key };
    const input = { part, fields, reason: options.reason };
    await printIssued(
      io,
      await io.during("correcting · 正在更正", () => client.correctCertificate({ certificate, ...input }, key)),
      options,
    );
  });
}
