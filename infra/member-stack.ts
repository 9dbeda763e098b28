import type { FunctionName, SettingName } from "@vermilion/aws/environment";
import { type App, CfnOutput, Stack, Tags } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { ManagedPolicy, PermissionsBoundary } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { createAlarms } from "./alarms.ts";
import { type Buckets, createBuckets } from "./buckets.ts";
import type { MemberConfig } from "./config.ts";
import { coordinatorArn, createCoordinator, grantStarting } from "./coordinator-machine.ts";
import { createDashboard } from "./dashboard.ts";
import { createEdge } from "./edge.ts";
import { createFunctions, entryOf } from "./functions.ts";
import { grantBuckets, grantTables } from "./grants.ts";
import { baseUrlOf, createHttpApi, mountRoutes } from "./http-api.ts";
import { createKeys, type Keys } from "./keys.ts";
import { createQueues, type Queues } from "./queues.ts";
import { allow, createLogGroups, createRoles } from "./roles.ts";
import { createTables, type Tables } from "./tables.ts";
import { lookNowAndThen, publishFromStream, wakeOnMessage } from "./triggers.ts";

export interface MemberStackOptions {
  /** Account, where it is known; the region is the configuration's. */
  readonly account?: string;
  /** Where a function's code is; by default under `functions/`. */
  readonly entryOf?: (name: FunctionName) => string;
}

/** One member of a consortium, whole: its own tables, keys, functions, coordinator and address in its own account. */
export class MemberStack extends Stack {
  constructor(app: App, config: MemberConfig, options: MemberStackOptions = {}) {
    const env = { ...(options.account && { account: options.account }), ...(config.region && { region: config.region }) };
    super(app, `vermilion-${config.id}`, { env, description: `Vermilion ${config.id}` });

    const { id: memberId, retain } = config;
    const logGroups = createLogGroups(this, config);
    const roles = createRoles(this, logGroups);
    const tables = createTables(this, retain);
    const keys = createKeys(this, roles, memberId, retain);
    const buckets = createBuckets(this, config);
    const queues = createQueues(this);
    const api = createHttpApi(this, config);

    const settings = settingsOf(config, { stack: this, api, tables, keys, buckets, queues });
    const concurrency = { public: config.publicConcurrency };
    const functions = createFunctions(this, { memberId, roles, logGroups, settings, entryOf: options.entryOf ?? entryOf, concurrency });
    const stage = mountRoutes(api, functions, config);
    const coordinator = createCoordinator(this, { memberId, functions, logs: config });
    wakeOnMessage(functions, queues);
    lookNowAndThen(this, functions);
    publishFromStream(this, { functions, roles, tables, queues });

    grantTables(roles, tables);
    grantBuckets(roles, buckets);
    grantStarting(this, roles, memberId);
    allow(roles.api, ["sqs:SendMessage"], [queues.wake.queueArn]);

    const edge = config.tilesAccess === "cloudfront" ? createEdge(this, buckets.tiles, { memberId, webAcl: config.webAcl }) : undefined;
    const watched = { memberId, functions, tables, queues, stage, coordinatorArn: coordinator.attrArn };
    const alarms = createAlarms(this, watched, config.alarmEmail);
    createDashboard(this, watched, alarms);

    if (config.permissionsBoundary !== undefined)
      PermissionsBoundary.of(this).apply(ManagedPolicy.fromManagedPolicyArn(this, "Boundary", config.permissionsBoundary));
    for (const [name, value] of Object.entries({ "vermilion:member": memberId, ...config.tags })) Tags.of(this).add(name, value);
    this.#say({
      ApiUrl: settings.BASE_URL,
      OperatorFunction: functions.operator.functionName,
      TilesBucket: buckets.tiles.bucketName,
      FilesBucket: buckets.files.bucketName,
      StateMachine: coordinator.attrArn,
      WakeQueue: queues.wake.queueName,
      WakeDeadLetters: queues.wakeDead.queueName,
      TilesDeadLetters: queues.tilesDead.queueName,
      ...(edge === undefined ? {} : { TilesUrl: `https://${edge.distributionDomainName}` }),
    });
  }

  /** Outputs by plain names: scripts ask for them. */
  #say(outputs: Readonly<Record<string, string>>): void {
    const scope = new Construct(this, "Outputs");
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(scope, name, { value }).overrideLogicalId(name);
  }
}

interface Places {
  readonly stack: Stack;
  readonly api: HttpApi;
  readonly tables: Tables;
  readonly keys: Keys;
  readonly buckets: Buckets;
  readonly queues: Queues;
}

/** Every setting that a function may be given, by name; which function is given which stands in `functionSettings`. */
function settingsOf(config: MemberConfig, { stack, api, tables, keys, buckets, queues }: Places): Readonly<Record<SettingName, string>> {
  const { id, names, uscc, logLevel } = config;
  return {
    MEMBER: JSON.stringify({ id, names, uscc }),
    BASE_URL: baseUrlOf(api, config),
    LEDGER_TABLE: tables.ledger.tableName,
    RAFT_TABLE: tables.raft.tableName,
    RECORDS_TABLE: tables.records.tableName,
    CALLS_TABLE: tables.calls.tableName,
    APPS_TABLE: tables.apps.tableName,
    SIGN_KEY: keys.sign.keyArn,
    LOG_KEY: keys.log.keyArn,
    COSIGN_KEY: keys.cosign.keyArn,
    AGREE_KEY: keys.agree.keyArn,
    WRAP_KEY: keys.wrap.keyArn,
    FILES_BUCKET: buckets.files.bucketName,
    TILES_BUCKET: buckets.tiles.bucketName,
    WAKE_QUEUE: queues.wake.queueUrl,
    COORDINATOR: coordinatorArn(stack, id),
    LOG_LEVEL: logLevel,
  };
}
