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

export function renew(program: Command, io: Io): void {
  const command = program
    .command("renew")
    .description("Renew a certificate: its next version is issued, and the old one points to it. 换证。")
    .argument("<certificate>", "identifier of the certificate to replace")
    .argument("<fields.json>", "all fields of the new one as a JSON object; - for standard input")
    .option("--reason <code>", "why, as a code that every member reads", "renewal")
    .option("--out <file>", "save the new SD-JWT here, readable by you alone")
    .option("--key <key>", "Idempotency-Key: the same key never renews twice")
    .addHelpText(
      "after",
      `
Examples:
  $ vermilion renew 1.2.156.3005.2.… fields.json --as tax --out renewed.sd-jwt
  $ vermilion renew 1.2.156.3005.2.… fields.json --as tax --reason lost`,
    );
  withApp(command).action(async (certificate: string, file: string, options: Options) => {
    const fields = await readFields(file);
    const { client } = await openSession(options);
    const key = options.key === undefined ? {} : { idempotencyKey: options.key };
    const renewed = await io.during("renewing · 正在换证", () =>
      client.renewCertificate({ certificate, fields, reason: options.reason }, key),
    );
    await printIssued(io, renewed, options);
  });
}
