import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { cpus, loadavg, platform, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly memoryGB: number;
  readonly system: string;
  readonly node: string;
  readonly openssl: string;
  /** With `+changes` where the working tree is not the commit's; `unknown` outside a repository. */
  readonly commit: string;
  readonly folder: string;
  readonly fileSystem: string;
  /** Before the run, over one minute: a busy machine measures its other work. */
  readonly loadBefore: number;
}

export function machineOf(folder: string): Machine {
  const all = cpus();
  return {
    cores: all.length,
    model: all[0]?.model.trim() ?? "unknown",
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
    openssl: process.versions.openssl,
    commit: commitOf(),
    folder,
    fileSystem: fileSystemOf(folder),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

function commitOf(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  try {
    const changed = git("status", "--porcelain").trim() !== "";
    return `${git("rev-parse", "HEAD").trim()}${changed ? "+changes" : ""}`;
  } catch {
    return "unknown";
  }
}

/** Magic numbers of statfs(2). On a memory file system a sync costs nothing and promises nothing, so the reader must know. */
const fileSystems: Readonly<Record<number, string>> = {
  61267: "ext4",
  16914836: "tmpfs (memory: a sync is free and keeps nothing)",
  1481003842: "xfs",
  2435016766: "btrfs",
  2035054128: "overlay",
  26985: "nfs",
};

function fileSystemOf(folder: string): string {
  const { type } = statfsSync(folder);
  return fileSystems[type] ?? `type 0x${type.toString(16)}`;
}
