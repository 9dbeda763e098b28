import type { Command } from "commander";
import { type ChainOptions, type DataOptions, withChain, withData } from "../local-options.ts";
import { memberReport } from "../member-report.ts";
import type { Io } from "../output.ts";
import { type StackOptions, stackText } from "../stack.ts";

const examples = `
Examples:
  vermilion fsck customs
  vermilion fsck customs --json
  vermilion fsck --stack vermilion-customs                a member in the cloud, by your AWS role

Reads every header, entry, signature and attachment again, executes every block again, and compares all that is derived with the outcome.
The member may run meanwhile. Exit code: 0 clean, 1 something is wrong (the place is named), 2 it cannot be read.`;

/** `vermilion fsck <member>`: any flipped byte is found and its place named. */
export function fsck(program: Command, io: Io): void {
  withChain(withData(program.command("fsck [member]").description("read a member's ledger back from its bytes and name what is wrong")))
    .addHelpText("after", examples)
    .option("--stack <name>", stackText)
    .action(async (given: string | undefined, options: DataOptions & StackOptions & ChainOptions) => {
      const { fsckMember: here } = await import("@vermilion/local/upkeep/check-ledger");
      const { member, report } = await memberReport(io, given, options, { command: "fsck", saying: "reading the ledger of", here });
      const isClean = report.findings.length === 0;
      if (!isClean) io.exitCode = 1;
      if (options.json) {
        io.json({ member, clean: isClean, ...report });
        return;
      }
      for (const { place, problem } of report.findings) io.print(`${place}: ${problem}`);
      const counted = `${report.blocks} blocks, ${report.entries} entries`;
      if (isClean) io.print(`${member}：账本完好 · the ledger is clean (${counted})`);
      else io.print(`${member}：发现 ${report.findings.length} 处问题 · ${report.findings.length} finding(s) in ${counted}`);
    });
}
