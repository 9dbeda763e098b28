import type { Command } from "commander";
import { type DataOptions, dataOf, withData } from "../local-options.ts";
import type { Io } from "../output.ts";
import { askStack, neededStack, type StackOptions, stackText } from "../stack.ts";

const examples = `
Examples:
  vermilion stop customs && vermilion rebuild customs && vermilion start customs
  vermilion rebuild --stack vermilion-customs             a member in the cloud, by your AWS role

Blocks, keys and the place in the consensus stay; state rows, tiles and indexes are dropped and made again from the blocks.
Exit code: 0 every block gave what its header says, 1 one did not (it is named), 2 the files cannot be read or the member runs.`;

type Report = Awaited<ReturnType<typeof import("@vermilion/local/check-ledger")["rebuildMember"]>>;

/** Of a member here by name, or of one in the cloud by its stack. */
async function reportOf(
  io: Io,
  given: string | undefined,
  options: DataOptions & StackOptions,
): Promise<{ member: string; report: Report }> {
  const stack = given === undefined ? neededStack(options) : undefined;
  if (stack !== undefined)
    return { member: stack, report: await io.during(`${stack} rebuilds`, () => askStack<Report>(stack, { command: "rebuild" })) };
  const { rebuildMember } = await import("@vermilion/local/check-ledger");
  const { unreadable } = await import("../unreadable.ts");
  const member = given ?? "";
  const progress = io.progress(`rebuilding ${member}`);
  const report = await rebuildMember(dataOf(options), member, (height, of) => progress.update(`block ${height} of ${of}`))
    .catch(unreadable)
    .finally(() => progress.done());
  return { member, report };
}

/** `vermilion rebuild <member>`: drops everything derived, replays, compares the state hash. */
export function rebuild(program: Command, io: Io): void {
  withData(program.command("rebuild [member]").description("drop everything derived from a stopped member's blocks and make it again"))
    .addHelpText("after", examples)
    .option("--stack <name>", stackText)
    .action(async (given: string | undefined, options: DataOptions & StackOptions) => {
      const { member, report } = await reportOf(io, given, options);
      const isSame = report.differences.length === 0;
      if (!isSame) io.exitCode = 1;
      if (options.json) {
        io.json({ member, same: isSame, ...report });
        return;
      }
      for (const difference of report.differences) io.print(difference);
      if (isSame)
        io.print(`${member}：已重建到区块 ${report.height}，状态哈希一致 · rebuilt to height ${report.height}, state ${report.state}`);
      else io.print(`${member}：重建在区块 ${report.height} 之后停止 · the rebuild ended after height ${report.height}`);
    });
}
