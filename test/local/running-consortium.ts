import { type ChildProcess, execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { MemberStatus } from "@vermilion/local";
import { onTestFinished } from "vitest";

export const vermilion = fileURLToPath(new URL("../../packages/cli/bin/vermilion.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** One command to its end; a code other than 0 is an answer, not an error. */
export async function command(...args: string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [vermilion, ...args]);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

export interface Running {
  readonly process: ChildProcess;
  /** What `start --json` printed when all was ready. */
  readonly ready: {
    readonly isNew: boolean;
    readonly readyMs: number;
    readonly members: readonly StatusRow[];
    readonly sample: Sample | null;
  };
  readonly ended: Promise<Ended>;
}

interface Sample {
  readonly certificate: string;
  readonly receipt: { readonly final: boolean; readonly receipt: string; readonly transactionHash: string };
}

export type StatusRow = MemberStatus & {
  readonly health: { readonly chains: readonly { readonly height: number; readonly headHash: string }[] } | null;
};

/** `vermilion start --json` as a process of its own, until it says that all is ready. It is killed at the end of the test at the latest. */
export async function startConsortium(...args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [vermilion, "start", "--json", ...args], { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const texts = { out: "", err: "" };
  const ready = Promise.withResolvers<Running["ready"]>();
  child.stdout.on("data", (chunk: Buffer) => {
    texts.out += chunk.toString("utf8");
    // The object is indented, so that its end is a brace at the start of a line.
    if (texts.out.endsWith("\n}\n")) ready.resolve(JSON.parse(texts.out));
  });
  child.stderr.on("data", (chunk: Buffer) => (texts.err += chunk.toString("utf8")));
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, ...texts })));
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  });
  void ended.then(({ code, err }) => ready.reject(new Error(`start ended with ${code}: ${err}`)));
  return { process: child, ready: await ready.promise, ended };
}

export async function statusOf(data: string): Promise<readonly StatusRow[]> {
  const { out } = await command("status", "--json", "--data", data);
  return (JSON.parse(out) as { members: readonly StatusRow[] }).members;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Asks until the answer is right; the suite's time limit bounds it. */
export async function eventually<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
