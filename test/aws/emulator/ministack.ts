import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { cacheFolder, installPython, repository } from "../../support/python.ts";
import { freePort, startServer } from "./server-process.ts";

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

const shim = new URL("ministack-shim.py", import.meta.url).pathname;

/** Starts MiniStack for one account and waits until it answers. It and its Lambda processes cannot outlive this process. */
export async function startMiniStack(options: MiniStackOptions): Promise<Emulator> {
  const python = await installPython("ministack", new URL("ministack-requirements.txt", import.meta.url));
  const { account, region = "eu-central-1" } = options;
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), `ministack-${account}-`));
  const logFile = join(cacheFolder, `ministack-${account}-${port}.log`);
  const endpoint = `http://localhost:${port}`;
  const removed = (ended: Promise<void>) => ended.finally(() => rmSync(folder, { recursive: true, force: true }));
  const server = await startServer({
    python,
    script: shim,
    environment: processEnvironment({ ...options, account, region, port, endpoint, folder }),
    folder,
    logFile,
    healthUrl: `${endpoint}/_ministack/health`,
  }).catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  return {
    endpoint,
    account,
    region,
    environment: clientEnvironment(endpoint, region, join(folder, "cdk-home")),
    logFile,
    stop: () => removed(server.stop()),
    kill: () => removed(server.kill()),
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
    SCRATCH_FOLDER: folder,
    TMPDIR: join(folder, "tmp"),
    NODE_PATH: join(repository, "node_modules"),
    BIND_HOST: "127.0.0.1",
    GATEWAY_PORT: `${port}`,
    // Functions get this. By number, because then every S3 client, also those that the CDK brings, puts buckets into the path. Queue URLs
    // say `localhost`, and SQS clients warn about another name.
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ENDPOINT_URL_SQS: endpoint,
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
