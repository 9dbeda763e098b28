import type { Command } from "commander";
import { type DataOptions, dataOf, withData } from "../local-options.ts";
import type { Io } from "../output.ts";
import { askStack, neededStack, type StackOptions, stackText } from "../stack.ts";

const examples = `
Examples:
  vermilion fsck customs
  vermilion fsck customs --json
  vermilion fsck --stack vermilion-customs                a member in the cloud, by your AWS role

Reads every header, entry, signature and attachment again, executes every block again, and compares all that is derived with the outcome.
The member may run meanwhile. Exit code: 0 clean, 1 something is wrong (the place is named), 2 it cannot be read.`;

type Report = Awaited<ReturnType<typeof import("@vermilion/local/check-ledger")["fsckMember"]>>;

/** Of a member here by name, or of one in the cloud by its stack, where the member itself reads and says nothing of its progress. */
async function reportOf(
  io: Io,
  given: string | undefined,
  options: DataOptions & StackOptions,
): Promise<{ member: string; report: Report }> {
  const stack = given === undefined ? neededStack(options) : undefined;
  if (stack !== undefined)
    return { member: stack, report: await io.during(`${stack} reads its ledger`, () => askStack<Report>(stack, { command: "fsck" })) };
  const { fsckMember } = await import("@vermilion/local/check-ledger");
  const { unreadable } = await import("../unreadable.ts");
  const member = given ?? "";
  const progress = io.progress(`reading the ledger of ${member}`);
  const report = await fsckMember(dataOf(options), member, (height, of) => progress.update(`block ${height} of ${of}`))
    .catch(unreadable)
    .finally(() => progress.done());
  return { member, report };
}

/** `vermilion fsck <member>`: any flipped byte is found and its place named. */
export function fsck(program: Command, io: Io): void {
  withData(program.command("fsck [member]").description("read a member's ledger back from its bytes and name what is wrong"))
    .addHelpText("after", examples)
    .option("--stack <name>", stackText)
    .action(async (given: string | undefined, options: DataOptions & StackOptions) => {
      const { member, report } = await reportOf(io, given, options);
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
