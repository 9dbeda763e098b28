import type { Command } from "commander";
import { type DataOptions, dataOf, withData } from "../local-options.ts";
import type { Io } from "../output.ts";

interface RestoreOptions extends DataOptions {
  readonly from: string;
  readonly acceptLoss?: boolean;
}

const examples = `
Examples:
  vermilion stop customs && vermilion restore customs --from /backup/customs-2026-11-26 && vermilion start customs
  vermilion restore customs --from /safe/customs --data /srv/ledger      on a computer that has nothing yet

The member comes back as one that has forgotten what it signed since the backup: it fetches what it missed from the others, and votes and
signs again once more than half of the members without it have let it rejoin. What was there before is kept beside it.
Record keys of certificates issued after the backup are not in it: those can be verified, but their fields be opened here no more.`;

/** `vermilion restore <member>`: a backup in the place of a member that does not run. */
export function restore(program: Command, io: Io): void {
  withData(program.command("restore <member>").description("put a backup in the place of a stopped member"))
    .requiredOption("--from <folder>", "a backup made by `vermilion backup`")
    .option("--accept-loss", "of one or two members: go on as if nothing had been signed since the backup")
    .addHelpText("after", examples)
    .action(async (member: string, options: RestoreOptions) => {
      const { restoreMember } = await import("@vermilion/local/upkeep/restore");
      const progress = io.progress(`restoring ${member}`);
      const { from, acceptLoss = false } = options;
      const restored = await restoreMember({
        data: dataOf(options),
        member,
        from,
        acceptLoss,
        now: Date.now(),
        onProgress: (text) => progress.update(text),
      }).finally(() => progress.done());
      if (options.json) {
        const { files, ...about } = restored;
        io.json({ ...about, files: files.length });
        return;
      }
      for (const { chain, height } of restored.chains)
        io.print(
          `${member}：已恢复到区块 ${height}（${restored.takenAt}） · restored to height ${height} of ${restored.takenAt}, chain ${chain}`,
        );
      if (restored.replaced !== undefined) io.print(`  原有账本保留在 ${restored.replaced} · what was there before is kept there`);
      io.print(`  启动后先追上其他成员，再重新加入 · started, it catches up and then rejoins: vermilion start ${member}`);
    });
}
