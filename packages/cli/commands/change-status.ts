import type { Command } from "commander";
import { printSubmitted } from "../issued.ts";
import type { Io } from "../output.ts";
import { openSession, type SessionOptions, withApp } from "../session.ts";

interface Options extends SessionOptions {
  readonly reason: string;
  readonly key?: string;
  readonly json?: boolean;
}

const acts = {
  suspend: { description: "Suspend a certificate until it is resumed. 中止证照。", during: "suspending · 正在中止", reason: "inquiry" },
  resume: { description: "Resume a suspended certificate. 恢复证照。", during: "resuming · 正在恢复", reason: "inquiry-closed" },
  revoke: { description: "Revoke a certificate, for good. 注销或吊销证照。", during: "revoking · 正在注销", reason: "holder-request" },
} as const;

/** The three words of an issuer on the status of its certificate. */
function changeStatus(name: keyof typeof acts) {
  const { description, during, reason } = acts[name];
  return (program: Command, io: Io): void => {
    const command = program
      .command(name)
      .description(description)
      .argument("<certificate>", "identifier of the certificate")
      .requiredOption("--reason <code>", `why, as a code that every member reads, for example ${reason}`)
      .option("--key <key>", "Idempotency-Key: the same key never acts twice")
      .addHelpText("after", `\nExamples:\n  $ vermilion ${name} 1.2.156.3005.2.… --reason ${reason} --as platform`);
    withApp(command).action(async (certificate: string, options: Options) => {
      const { client } = await openSession(options);
      const key = options.key === undefined ? {} : { idempotencyKey: options.key };
      const submitted = await io.during(during, () => client[`${name}Certificate`]({ certificate, reason: options.reason }, key));
      if (options.json === true) io.json(submitted);
      else printSubmitted(io, submitted);
    });
  };
}

export const suspend = changeStatus("suspend");
export const resume = changeStatus("resume");
export const revoke = changeStatus("revoke");
