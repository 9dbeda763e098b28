import type { Command } from "commander";
import { type ChainOptions, type DataOptions, withChain, withData } from "../local-options.ts";
import { memberReport } from "../member-report.ts";
import type { Io } from "../output.ts";
import { type StackOptions, stackText } from "../stack.ts";

const examples = `
Examples:
  vermilion stop customs && vermilion rebuild customs && vermilion start customs
  vermilion rebuild --stack vermilion-customs             a member in the cloud, by your AWS role

Blocks, keys and the place in the consensus stay; state rows, tiles and indexes are dropped and made again from the blocks.
Exit code: 0 every block gave what its header says, 1 one did not (it is named), 2 the files cannot be read or the member runs.`;

/** `vermilion rebuild <member>`: drops everything derived, replays, compares the state hash. */
export function rebuild(program: Command, io: Io): void {
  withChain(
    withData(program.command("rebuild [member]").description("drop everything derived from a stopped member's blocks and make it again")),
  )
    .addHelpText("after", examples)
    .option("--stack <name>", stackText)
    .action(async (given: string | undefined, options: DataOptions & StackOptions & ChainOptions) => {
      const { rebuildMember: here } = await import("@vermilion/local/upkeep/check-ledger");
      const { member, report } = await memberReport(io, given, options, { command: "rebuild", saying: "rebuilding", here });
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
