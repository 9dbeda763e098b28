import type { Command } from "commander";
import { type DataOptions, dataOf, withData } from "../local-options.ts";
import type { Io } from "../output.ts";

const examples = `
Examples:
  vermilion stop customs && vermilion rebuild customs && vermilion start customs

Blocks, keys and the place in the consensus stay; state rows, tiles and indexes are dropped and made again from the blocks.
Exit code: 0 every block gave what its header says, 1 one did not (it is named), 2 the files cannot be read or the member runs.`;

/** `vermilion rebuild <member>`: drops everything derived, replays, compares the state hash. */
export function rebuild(program: Command, io: Io): void {
  withData(program.command("rebuild <member>").description("drop everything derived from a stopped member's blocks and make it again"))
    .addHelpText("after", examples)
    .action(async (member: string, options: DataOptions) => {
      const { rebuildMember } = await import("@vermilion/local/check-ledger");
      const { unreadable } = await import("../unreadable.ts");
      const progress = io.progress(`rebuilding ${member}`);
      const report = await rebuildMember(dataOf(options), member, (height, of) => progress.update(`block ${height} of ${of}`))
        .catch(unreadable)
        .finally(() => progress.done());
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
