import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { docsFiles } from "@vermilion/api";
import { type FunctionName, functionSettings, type SettingName } from "@vermilion/aws/environment";
import { Duration } from "aws-cdk-lib";
import { Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import { type ICommandHooks, NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import { capitalised, type LogGroups, perFunction, type Roles } from "./roles.ts";

export type Functions = Readonly<Record<FunctionName, NodejsFunction>>;

interface Size {
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly description: string;
}

/** An HTTP API gives up after 30 s; 1,769 MB is one whole processor, which consensus spends on checking signatures. */
export const sizes: Readonly<Record<FunctionName, Size>> = {
  api: { memoryMb: 1_769, timeoutSeconds: 29, description: "the API of apps and peers" },
  public: { memoryMb: 512, timeoutSeconds: 29, description: "the routes that need no account" },
  turn: { memoryMb: 1_769, timeoutSeconds: 60, description: "one step of the coordinator" },
  wake: { memoryMb: 256, timeoutSeconds: 10, description: "starts the coordinator" },
  watchdog: { memoryMb: 512, timeoutSeconds: 30, description: "looks once a minute, and measures" },
  tiles: { memoryMb: 512, timeoutSeconds: 60, description: "publishes what has become final" },
  operator: { memoryMb: 1_769, timeoutSeconds: 900, description: "founding, apps, fsck, rebuild" },
};

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where the code of a function is. */
export function entryOf(name: FunctionName): string {
  return `${root}functions/${name}/handler.ts`;
}

/** How esbuild makes one file of a function. */
export const bundling = {
  target: "node24",
  minify: true,
  mainFields: ["module", "main"],
  // CommonJS packages inside an ES module still ask for Node's own modules by require.
  banner: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
};

/** The public function shows the page of the API, whose script and style lie beside its code. */
const withDocsFiles: ICommandHooks = {
  beforeBundling: () => [],
  beforeInstall: () => [],
  afterBundling: (_input, output) => {
    const require = createRequire(import.meta.url);
    const copies = Object.entries(docsFiles).map(([name, file]) => [require.resolve(`swagger-ui-dist/${file}`), `${output}/docs/${name}`]);
    // As one command of Node, so that it is the same on every system.
    const script = `const fs = require("node:fs"); for (const [from, to] of ${JSON.stringify(copies)}) fs.cpSync(from, to)`;
    return [`node -e ${JSON.stringify(script)}`];
  },
};

/** The seven functions. Each is given exactly the settings of its row in `functionSettings`, and nothing else in its environment. */
export function createFunctions(
  scope: Construct,
  needs: {
    readonly memberId: string;
    readonly roles: Roles;
    readonly logGroups: LogGroups;
    readonly settings: Readonly<Record<SettingName, string>>;
    readonly entryOf: (name: FunctionName) => string;
    /** Most executions at once, which are then kept free of the account's for it; the others share what is left. */
    readonly concurrency: Partial<Readonly<Record<FunctionName, number | undefined>>>;
  },
): Functions {
  return perFunction((name) => {
    const { memoryMb, timeoutSeconds, description } = sizes[name];
    const most = needs.concurrency[name];
    return new NodejsFunction(scope, `${capitalised(name)}Function`, {
      description: `Vermilion ${needs.memberId}: ${description}`,
      entry: needs.entryOf(name),
      handler: "handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      ...(most === undefined ? {} : { reservedConcurrentExecutions: most }),
      role: needs.roles[name],
      logGroup: needs.logGroups[name],
      environment: Object.fromEntries(functionSettings[name].map((setting) => [setting, needs.settings[setting]])),
      awsSdkConnectionReuse: false,
      projectRoot: root,
      depsLockFilePath: `${root}package-lock.json`,
      // The SDK too: what was tested is what runs, not what AWS has put into the runtime since.
      bundling: {
        format: OutputFormat.ESM,
        ...bundling,
        externalModules: [],
        bundleAwsSDK: true,
        ...(name === "public" ? { commandHooks: withDocsFiles } : {}),
      },
    });
  });
}
