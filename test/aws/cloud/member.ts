import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { DescribeKeyCommand, DisableKeyCommand, EnableKeyCommand, KMSClient, ListKeysCommand } from "@aws-sdk/client-kms";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { dynamoTable } from "@vermilion/aws/dynamodb/index";
import { pack } from "@vermilion/aws/dynamodb/items";
import { repository } from "../../support/python.ts";
import { clientOptions } from "../emulator/functions.ts";
import { type Emulator, type MiniStackOptions, startMiniStack } from "../emulator/ministack.ts";
import { type FrontDoor, openFrontDoor } from "./front-door.ts";

const run = promisify(execFile);
const node = join(repository, "node_modules", "node", "bin", "node");
const cdkCli = join(repository, "node_modules", "aws-cdk", "bin", "cdk");
const cliFile = join(repository, "packages", "cli", "bin", "vermilion.js");

export interface CloudMemberOptions extends MiniStackOptions {
  readonly id: string;
  /** Port of the member's front door. */
  readonly doorPort: number;
  /** What belongs to this member: its configuration, its cloud assembly, its emulator's state. */
  readonly folder: string;
}

/** One member in an emulated AWS account of its own, and the command lines of its operator. */
export class CloudMember {
  readonly id: string;
  readonly door: FrontDoor;
  emulator: Emulator;
  private readonly options: CloudMemberOptions;

  private constructor(options: CloudMemberOptions, door: FrontDoor, emulator: Emulator) {
    this.id = options.id;
    this.options = options;
    this.door = door;
    this.emulator = emulator;
  }

  static async start(options: CloudMemberOptions): Promise<CloudMember> {
    mkdirSync(options.folder, { recursive: true });
    const [door, emulator] = await Promise.all([openFrontDoor(options.doorPort), startMiniStack(options)]);
    const member = new CloudMember(options, door, emulator);
    const config = JSON.parse(readFileSync(join(repository, "infra", "members", `${options.id}.json`), "utf8"));
    writeFileSync(member.configFile, JSON.stringify({ ...config, url: door.url, tilesAccess: "bucket", logLevel: "debug" }, null, 2));
    return member;
  }

  get stack(): string {
    return `vermilion-${this.id}`;
  }

  private get configFile(): string {
    return join(this.options.folder, `${this.id}.json`);
  }

  /** The unmodified CDK command line. Answers what it printed. */
  async cdk(...args: string[]): Promise<string> {
    const output = join(this.options.folder, "cdk.out");
    const all = [cdkCli, ...args, "--output", output, "-c", `config=${this.configFile}`, "--no-color"];
    const { stdout, stderr } = await this.runOrTell(all);
    return stdout + stderr;
  }

  async bootstrap(): Promise<string> {
    return this.cdk("bootstrap", `aws://${this.emulator.account}/${this.emulator.region}`);
  }

  async deploy(...args: string[]): Promise<string> {
    const printed = await this.cdk("deploy", "--require-approval", "never", ...args);
    await this.openDoor();
    return printed;
  }

  /** The `vermilion` command line, with this member's credentials. */
  async vermilion(...args: string[]): Promise<string> {
    return (await this.runOrTell([cliFile, ...args])).stdout;
  }

  /** Calls at the front door reach the member's API from now on. */
  async openDoor(): Promise<void> {
    const answer = await fetch(`${this.emulator.endpoint}/v2/apis`, {
      headers: { authorization: await signedFor("apigateway", this.emulator) },
    });
    const { items } = (await answer.json()) as { items: { apiId: string; name: string }[] };
    const [api, ...others] = items;
    if (api === undefined || others.length > 0) throw new Error(`${this.id} has ${items.length} HTTP APIs`);
    this.door.leadTo(`${this.emulator.endpoint}/_aws/execute-api/${api.apiId}/$default`);
  }

  /** Outputs of the stack, by name. */
  async outputs(): Promise<Readonly<Record<string, string>>> {
    const client = new CloudFormationClient(clientOptions(this.emulator));
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: this.stack }));
    return Object.fromEntries((Stacks?.[0]?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  }

  /** Switches one of the member's KMS keys off or on, as an operator may. */
  async setKey(name: string, state: "enabled" | "disabled"): Promise<void> {
    const kms = new KMSClient(clientOptions(this.emulator));
    const KeyId = `alias/vermilion-${this.id}-${name}`;
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    const key = { KeyId: KeyMetadata?.KeyId ?? "" };
    await kms.send(state === "enabled" ? new EnableKeyCommand(key) : new DisableKeyCommand(key));
  }

  /** Id of its main chain, as the member itself says. */
  async chain(): Promise<string> {
    const answer = await fetch(`${this.door.url}/v1/health`);
    const { chains } = (await answer.json()) as { chains: readonly { chain: string }[] };
    return chains[0]?.chain ?? "";
  }

  /** The member's table for consensus now says what a restored one would: that it was written to under another identity. */
  async setBackRaftTable(): Promise<void> {
    const client = new DynamoDBClient(clientOptions(this.emulator));
    const { TableNames = [] } = await client.send(new ListTablesCommand({}));
    const name = TableNames.find((table) => /raft/i.test(table));
    if (name === undefined) throw new Error(`${this.id} has no table for consensus`);
    const table = dynamoTable(client, name);
    const key = { partition: `${await this.chain()}/raft`, sort: "asked" };
    if ((await table.get(key)) === undefined) throw new Error(`${this.id} has never opened its table`);
    await table.write({ put: { ...key, bytes: pack("the table of before") } });
  }

  /** Wake-ups that nobody needs, and two executions beside whatever runs. Answers how the two end. */
  async disturbCoordinator(): Promise<readonly string[]> {
    const { WakeQueue = "", StateMachine = "" } = await this.outputs();
    const sqs = new SQSClient(clientOptions(this.emulator));
    const chain = await this.chain();
    const { QueueUrl = "" } = await sqs.send(new GetQueueUrlCommand({ QueueName: WakeQueue }));
    for (let count = 0; count < 5; count++) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ chain }) }));
    const states = new SFNClient({ ...clientOptions(this.emulator), disableHostPrefix: true });
    const input = JSON.stringify({ chain, number: 1, loops: 0, seen: 0 });
    const started = await Promise.all(
      ["one", "two"].map((name) =>
        states.send(new StartExecutionCommand({ stateMachineArn: StateMachine, name: `by-hand-${name}`, input })),
      ),
    );
    return Promise.all(
      started.map(async ({ executionArn = "" }) => {
        for (;;) {
          const { status = "" } = await states.send(new DescribeExecutionCommand({ executionArn }));
          if (status !== "RUNNING") return status;
          await sleep(500);
        }
      }),
    );
  }

  /** What the account still holds. */
  async kept(
    bucket: string,
    chain: string,
  ): Promise<{ readonly tables: readonly string[]; readonly keys: number; readonly checkpoint: string }> {
    const { TableNames = [] } = await new DynamoDBClient(clientOptions(this.emulator)).send(new ListTablesCommand({}));
    const kms = new KMSClient(clientOptions(this.emulator));
    const { Keys = [] } = await kms.send(new ListKeysCommand({}));
    const described = await Promise.all(Keys.map(({ KeyId }) => kms.send(new DescribeKeyCommand({ KeyId }))));
    const s3 = new S3Client({ ...clientOptions(this.emulator), forcePathStyle: true });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `chains/${chain}/checkpoint` }));
    const checkpoint = (await Body?.transformToString()) ?? "";
    return { checkpoint, tables: TableNames, keys: described.filter(({ KeyMetadata }) => KeyMetadata?.KeyState === "Enabled").length };
  }

  /** The whole account goes away, in order; what it held is kept. */
  async stop(): Promise<void> {
    this.door.leadTo(undefined);
    await this.emulator.stop();
  }

  async startAgain(): Promise<void> {
    this.emulator = await startMiniStack({ ...this.options, port: Number(new URL(this.emulator.endpoint).port) });
    await this.openDoor();
  }

  async close(): Promise<void> {
    await this.door.close();
    await this.emulator.kill();
  }

  private async runOrTell(args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
    try {
      return await run(node, [...args], {
        cwd: repository,
        env: { ...process.env, ...this.emulator.environment, CI: "true", NO_COLOR: "1" },
        maxBuffer: 64 * 1024 * 1024,
      });
    } catch (error) {
      const { stdout = "", stderr = "", code } = error as { stdout?: string; stderr?: string; code?: number };
      throw new Error(`${this.id}: ${args.slice(0, 3).join(" ")} … ended with ${code}\n${`${stdout}${stderr}`.slice(-4_000)}`);
    }
  }
}

/** The emulator reads the account and service from the header and checks no signature. */
async function signedFor(service: string, { region }: Emulator): Promise<string> {
  return `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}
