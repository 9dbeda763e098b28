import type { Command } from "commander";
import { readText } from "../files.ts";
import { printSubmitted } from "../issued.ts";
import type { Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly proof?: string;
  readonly json?: boolean;
}

const proofBytesMax = 8_192;

export function receive(program: Command, io: Io): void {
  const command = program
    .command("receive")
    .description("Acknowledge the receipt of a certificate for its holder. 收证。")
    .argument("<certificate>", "identifier of the certificate")
    .option("--proof <file>", "the holder's signed object (JSON); without it the member that registered the holder speaks for him")
    .addHelpText("after", "\nExamples:\n  $ vermilion receive 1.2.156.3005.2.… --proof received.json --as platform");
  withApp(command).action(async (certificate: string, options: Options) => {
    const proof = options.proof === undefined ? {} : { proof: await readText(options.proof, proofBytesMax) };
    const { client } = await openSession(options);
    const submitted = await io.during("acknowledging · 正在登记收证", () => client.receiveCertificate({ certificate, ...proof }));
    if (options.json === true) io.json(submitted);
    else printSubmitted(io, submitted);
  });
}
