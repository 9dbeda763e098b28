import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface ServerOptions {
  readonly python: string;
  readonly script: string;
  readonly parameters?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly logFile: string;
  /** Answers 200 once the server is ready. */
  readonly healthUrl: string;
}

/** A server and all processes that it has started. */
export interface ServerProcess {
  /** Asks it to end, and ends it hard when that takes too long. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const startMsMax = 30_000;
const stopMsMax = 5_000;

/**
 * Starts a server and waits until it answers; throws with the end of its log where it does not. The script ends with its whole process
 * group when its standard input is closed (`die_with_parent.py`), so nothing outlives this process.
 */
export async function startServer({ python, script, parameters = [], ...options }: ServerOptions): Promise<ServerProcess> {
  const { environment, folder, logFile, healthUrl } = options;
  const log = openSync(logFile, "w");
  const child = spawn(python, [script, ...parameters], {
    env: { ...environment, PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" },
    stdio: ["pipe", log, log],
    cwd: folder,
    detached: true,
  });
  closeSync(log);
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const kill = async (): Promise<void> => {
    killGroup(child);
    await exited;
  };
  try {
    await healthy(healthUrl, child);
  } catch (error) {
    await kill();
    throw new Error(`${healthUrl} does not answer:\n${readFileSync(logFile, "utf8").slice(-2_000)}`, { cause: error });
  }
  return {
    kill,
    stop: async () => {
      child.kill("SIGTERM");
      await Promise.race([exited, sleep(stopMsMax, undefined, { ref: false })]);
      await kill();
    },
  };
}

async function healthy(healthUrl: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startMsMax;
  for (;;) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`it ended with ${child.exitCode}`);
    const answer = await fetch(healthUrl).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    if (Date.now() > deadline) throw new Error(`no answer within ${startMsMax} ms`);
    await sleep(50);
  }
}

/** Also those processes of the group that outlived the first one, also stopped ones. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as { code?: string }).code !== "ESRCH") throw error;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("bug: a TCP server has a port");
  return address.port;
}
