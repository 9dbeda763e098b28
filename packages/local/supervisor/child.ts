import { type ChildProcess, fork } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Names } from "@vermilion/certificates";
import { childMessage, type SupervisorMessage } from "../process/messages.ts";

export interface ChildProblem {
  readonly code: string;
  readonly names: Names;
}

/** One run of a member process. */
export interface ChildRun {
  readonly pid: number | undefined;
  /** Settles when the process listens, or with why it ended before. */
  readonly listening: Promise<"listening" | ChildProblem>;
  /** Settles when the process has ended, however it did. */
  readonly ended: Promise<ChildProblem>;
  /** Asks it to drain; kills it after `graceMs`. Settles when it has ended. */
  stop(graceMs: number): Promise<void>;
  kill(): void;
}

export interface ChildCommand {
  readonly script: string;
  readonly args: readonly string[];
  /** Where Node keeps what it has compiled: a process that is started again is up in half the time. The owner's alone, since it is code. */
  readonly compileCache: string;
}

/**
 * Megabytes of a half of V8's young generation. What a block takes lives until the block is published: with V8's own 16 most of it was first
 * moved to the old generation, which cost a tenth of a busy member's time.
 */
const semiSpaceMb = 64;

/**
 * Starts a process whose life hangs on this one: the IPC channel closes when this process dies, and the child ends itself then. What it
 * prints outside its log (a crash of Node itself) goes to `logFile` too.
 */
export function runChild(command: ChildCommand, logFile: string): ChildRun {
  const output = openSync(logFile, "a", 0o600);
  const child = fork(command.script, [...command.args], {
    stdio: ["ignore", output, output, "ipc"],
    serialization: "json",
    execArgv: [...process.execArgv, `--max-semi-space-size=${semiSpaceMb}`],
    env: { ...process.env, NODE_COMPILE_CACHE: command.compileCache },
  });
  closeSync(output);
  let told: ChildProblem | undefined;
  const ended = new Promise<ChildProblem>((resolve) => {
    child.once("error", (error) =>
      resolve(problem("failed", `进程无法启动：${error.message}`, `the process could not be started: ${error.message}`)),
    );
    child.once("exit", (code, signal) => resolve(told ?? endedBy(code, signal, logFile)));
  });
  const listening = new Promise<"listening" | ChildProblem>((resolve) => {
    child.on("message", (message) => {
      const parsed = childMessage.safeParse(message);
      if (!parsed.success) return;
      if (parsed.data.kind === "listening") resolve("listening");
      else told = { code: parsed.data.code, names: parsed.data.names };
    });
    void ended.then(resolve);
  });
  return {
    pid: child.pid,
    listening,
    ended,
    kill: () => void child.kill("SIGKILL"),
    stop: (graceMs) => stopChild(child, ended, graceMs),
  };
}

async function stopChild(child: ChildProcess, ended: Promise<unknown>, graceMs: number): Promise<void> {
  const message: SupervisorMessage = { kind: "stop" };
  // The channel may be closing already; the exit that follows is what counts.
  if (child.connected) child.send(message, () => undefined);
  const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  await ended;
  clearTimeout(timer);
}

function endedBy(code: number | null, signal: NodeJS.Signals | null, logFile: string): ChildProblem {
  const how = signal === null ? `exit code ${code}` : signal;
  return problem("ended", `进程已结束（${how}），详见 ${logFile}`, `the process ended (${how}); ${logFile} says more`);
}

function problem(code: string, zh: string, en: string): ChildProblem {
  return { code, names: { zh, en } };
}
