import type { Command } from "commander";
import { readFields } from "../files.ts";
import { printIssued } from "../issued.ts";
import type { Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly holder?: string;
  readonly serial?: string;
  readonly out?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export function issue(program: Command, io: Io): void {
  const command = program
    .command("issue")
    .description("Issue a certificate: its fields are checked against the type, signed, encrypted and put on the ledger. 签发证照。")
    .argument("<type>", "id of the certificate type")
    .argument("<fields.json>", "the fields as a JSON object; - for standard input")
    .option("--holder <address>", "account address of the holder")
    .option("--serial <serial>", "serial of the identifier, where the type makes its number public")
    .option("--out <file>", "save the SD-JWT here, readable by you alone")
    .option("--key <key>", "Idempotency-Key: the same key never issues twice")
    .addHelpText(
      "after",
      `
The SD-JWT holds all fields in the clear and is given once: keep it with --out, or hand it to the holder.

Examples:
  $ vermilion issue moc-filing fields.json --as platform --out certificate.sd-jwt
  $ vermilion issue moc-filing - --as platform --key filing-2026-0001 --json < fields.json`,
    );
  withApp(command).action(async (type: string, file: string, options: Options) => {
    const fields = await readFields(file);
    const { client } = await openSession(options);
    const { holder, serial, key } = options;
    const input = { type, fields, ...(holder === undefined ? {} : { holder }), ...(serial === undefined ? {} : { serial }) };
    const issued = await io.during("issuing · 正在签发", () =>
      client.issueCertificate(input, key === undefined ? {} : { idempotencyKey: key }),
    );
    await printIssued(io, issued, options);
  });
}
