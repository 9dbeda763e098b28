import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execute } from "@vermilion/cli/main";
import { terminalIo } from "@vermilion/cli/output";
import { onTestFinished } from "vitest";

const bin = fileURLToPath(new URL("../../packages/cli/bin/vermilion.js", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  /** Without progress, which a slow machine shows and a quick one does not. */
  readonly err: string;
}

const progressLines = /^.+ …\n/gm;

/** Runs the real command as a process of its own, in `cwd` and with no more of our environment than it needs. */
export function vermilion(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly input?: string } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", LANG: "C.UTF-8", ...options.env };
    const child = spawn(process.execPath, [bin, ...args], { env, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      out += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      err += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err: err.replace(progressLines, "") }));
    child.stdin.end(options.input ?? "");
  });
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "vermilion-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One plain sentence with a code, and nothing that looks like a stack. */
export const oneSentence = /^vermilion: [a-z][a-z0-9-]*: [^\n]+\n$/;

/** The same command line inside this process, for what needs no process of its own: thirty times as fast. */
export async function inProcess(args: readonly string[]): Promise<Ran> {
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const io = terminalIo(stream("out"), stream("err"));
  await execute(args, io);
  return { code: io.exitCode, out: written.out, err: written.err.replace(progressLines, "") };
}
