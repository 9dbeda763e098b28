import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder, installMiniStack, repository } from "./ministack-install.ts";

export interface MiniStackOptions {
  /** 12 digits; one process serves one member's account. */
  readonly account: string;
  /** A free one by default. */
  readonly port?: number;
  readonly region?: string;
  /** Keeps what the account holds over `stop` and a new start; without it everything is gone with the process. */
  readonly stateFolder?: string;
  /** Enforces IAM: each function calls under its own role; the access key `test` stays root. */
  readonly iam?: boolean;
  /** Lets Lambda processes run on between invocations, as Lambda itself never does. */
  readonly thawed?: boolean;
}

/** One emulated AWS account. */
export interface Emulator {
  /** `http://localhost:<port>`. */
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  /** Environment variables for the AWS SDK and for the CDK command line. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Ends it in order, saving what a `stateFolder` keeps, or hard when that takes too long. Its Lambda processes end with it. */
  stop(): Promise<void>;
  /** As a power cut: nothing since the last `stop` is kept. */
  kill(): Promise<void>;
}

const startMsMax = 30_000;
const stopMsMax = 5_000;
const shim = new URL("ministack-shim.py", import.meta.url).pathname;

/**
 * Starts MiniStack for one account and waits until it answers. Throws with the end of its log where it does not. It cannot outlive this
 * process: it ends, with its Lambda processes, when its standard input is closed.
 */
export async function startMiniStack(options: MiniStackOptions): Promise<Emulator> {
  const python = await installMiniStack();
  const { account, region = "eu-central-1" } = options;
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), `ministack-${account}-`));
  const logFile = join(cacheFolder, `ministack-${account}-${port}.log`);
  const endpoint = `http://localhost:${port}`;
  const log = openSync(logFile, "w");
  const child = spawn(python, [shim], {
    env: processEnvironment({ ...options, account, region, port, endpoint, folder }),
    stdio: ["pipe", log, log],
    cwd: folder,
    // A process group of its own, so that its Lambda processes can be ended with it.
    detached: true,
  });
  closeSync(log);
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const end = async (): Promise<void> => {
    killGroup(child);
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await healthy(endpoint, child);
  } catch (error) {
    await end();
    throw new Error(`MiniStack does not answer on port ${port}:\n${readFileSync(logFile, "utf8").slice(-2_000)}`, { cause: error });
  }
  return {
    endpoint,
    account,
    region,
    environment: clientEnvironment(endpoint, region, join(folder, "cdk-home")),
    logFile,
    kill: end,
    stop: async () => {
      child.kill("SIGTERM");
      await Promise.race([exited, sleep(stopMsMax, undefined, { ref: false })]);
      await end();
    },
  };
}

interface Place extends MiniStackOptions {
  readonly region: string;
  readonly port: number;
  readonly endpoint: string;
  readonly folder: string;
}

function processEnvironment({ account, region, port, endpoint, folder, stateFolder, iam, thawed }: Place): Record<string, string> {
  const kept = stateFolder === undefined ? {} : { PERSIST_STATE: "1", STATE_DIR: stateFolder, S3_PERSIST: "1" };
  mkdirSync(join(folder, "tmp"));
  return {
    // The first `node` on the path runs the functions, whatever their `Runtime` says.
    PATH: [join(repository, "node_modules", "node", "bin"), process.env["PATH"] ?? ""].join(delimiter),
    HOME: folder,
    TMPDIR: join(folder, "tmp"),
    NODE_PATH: join(repository, "node_modules"),
    PYTHONUNBUFFERED: "1",
    BIND_HOST: "127.0.0.1",
    GATEWAY_PORT: `${port}`,
    AWS_ENDPOINT_URL: endpoint,
    MINISTACK_ACCOUNT_ID: account,
    MINISTACK_REGION: region,
    LAMBDA_EXECUTOR: "local",
    SFTP_ENABLED: "0",
    IOT_MTLS_ENABLED: "0",
    S3_DATA_DIR: join(stateFolder ?? folder, "s3"),
    AUTH: iam === true ? "true" : "false",
    VERMILION_LAMBDA_FREEZE: thawed === true ? "0" : "1",
    ...kept,
  };
}

/** The CDK remembers on disk which access key is of which account: members with one key need a home each. */
function clientEnvironment(endpoint: string, region: string, cdkHome: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: "true",
    CDK_HOME: cdkHome,
    CDK_DISABLE_CLI_TELEMETRY: "true",
  };
}

async function healthy(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startMsMax;
  for (;;) {
    if (child.exitCode !== null || child.pid === undefined) throw new Error(`it ended with ${child.exitCode}`);
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined);
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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("bug: a TCP server has a port");
  return address.port;
}
