import type { Command } from "commander";
import { Option } from "commander";
import { dataOf, type FoundingOptions, logLevelOf, tlsOf, withData } from "../local-options.ts";
import type { Io } from "../output.ts";

interface MemberOptions extends FoundingOptions {
  readonly logLevel?: string;
  readonly supervised?: boolean;
}

const examples = `
Examples:
  vermilion member customs                   run one member here until Ctrl-C; its log is DATA/members/customs/member.log
  vermilion member customs --log-level debug
  vermilion stop customs                     from another terminal

Environment: DATA, LOG_LEVEL`;

/** `vermilion member <id>`: one member's process in the foreground. */
export function member(program: Command, io: Io): void {
  withData(program.command("member <id>").description("run one member in the foreground"))
    .option("--log-level <level>", "debug, info, warn, error or silent; default $LOG_LEVEL or info")
    .option("--tls-cert <file>", "PEM certificate, over that of config.json")
    .option("--tls-key <file>", "PEM private key of --tls-cert")
    .addOption(new Option("--supervised").hideHelp())
    .addHelpText("after", examples)
    .action(async (id: string, options: MemberOptions) => {
      const { runMemberInForeground } = await import("@vermilion/local/process/main");
      const logLevel = await logLevelOf(options.logLevel);
      const tls = tlsOf(options);
      const supervised = options.supervised === true;
      const code = await runMemberInForeground({
        data: dataOf(options),
        member: id,
        supervised,
        ...(logLevel && { logLevel }),
        ...(tls && { tls }),
        onCannot: (cannot) => io.fail(cannot),
        onListening: ({ url }) => {
          if (supervised) return;
          if (options.json) io.json({ member: id, url, pid: process.pid });
          else io.print(`${id}: ${url}  (Ctrl-C 停止 · stops it)`);
        },
      });
      // A peer's kept connection or a timer must not keep a process that has ended its work.
      process.exit(code);
    });
}
