import type { Command } from "commander";
import { type DataOptions, dataOf, withData } from "../local-options.ts";
import type { Io } from "../output.ts";

interface BackupOptions extends DataOptions {
  readonly to: string;
  readonly withKeys?: boolean;
}

const examples = `
Examples:
  vermilion backup customs --to /backup/customs-2026-11-26
  vermilion backup customs --to /safe/customs --with-keys
  vermilion restore customs --from /backup/customs-2026-11-26

The member may run meanwhile. The folder holds the ledger, the off-chain files, the configuration and a list of all their SHA-256 sums.
Without --with-keys the member's private keys are not in it: keep them elsewhere, once. Members in the cloud have point-in-time recovery of
their tables instead.`;

/** `vermilion backup <member>`: all that a member holds, copied while it runs. */
export function backup(program: Command, io: Io): void {
  withData(program.command("backup <member>").description("copy all that a member holds into a folder, also while it runs"))
    .requiredOption("--to <folder>", "a folder that does not exist or is empty")
    .option("--with-keys", "with the private keys: whoever has the backup can sign in the member's name")
    .addHelpText("after", examples)
    .action(async (member: string, options: BackupOptions) => {
      const { backupMember } = await import("@vermilion/local/upkeep/backup");
      const progress = io.progress(`backing up ${member}`);
      const { to, withKeys = false } = options;
      const about = await backupMember({
        data: dataOf(options),
        member,
        to,
        withKeys,
        now: Date.now(),
        onProgress: (text) => progress.update(text),
      }).finally(() => progress.done());
      if (options.json) {
        io.json({ ...about, to });
        return;
      }
      const bytes = about.files.reduce((sum, { size }) => sum + size, 0);
      io.print(`${member}：已备份到 ${to} · backed up to ${to}`);
      for (const { chain, height, size } of about.chains) io.print(`  链 chain ${chain}: 区块高度 height ${height}, ${size} 条 entries`);
      io.print(`  ${about.files.length} 个文件 files, ${bytes} 字节 bytes`);
      if (!withKeys) io.print("  不含私钥，请另行保存 · without the private keys: keep those elsewhere");
    });
}
