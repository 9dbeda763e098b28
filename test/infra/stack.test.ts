import { publicRoutes } from "@vermilion/api";
import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { build, resourcesOf, short } from "./synth.ts";

const { template } = build();
const all = (type: string) => Object.entries(resourcesOf(template, type));
const keep = "Retain";

test("every table is keyed alike, billed by use, guarded from deletion and restorable", () => {
  const tables = resourcesOf(template, "AWS::DynamoDB::Table");
  expect(Object.keys(tables)).toEqual(["LedgerTable", "RaftTable", "RecordsTable", "CallsTable", "AppsTable"]);
  for (const [name, { Properties, DeletionPolicy }] of Object.entries(tables)) {
    expect(Properties, name).toMatchObject({
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
      ],
      BillingMode: "PAY_PER_REQUEST",
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: name === "RecordsTable" ? 7 : 35 },
    });
    expect(DeletionPolicy, name).toBe(keep);
    expect(Properties["TimeToLiveSpecification"], name).toEqual(
      name === "CallsTable" || name === "RaftTable" ? { AttributeName: "expires", Enabled: true } : undefined,
    );
    expect(Properties["StreamSpecification"], name).toEqual(name === "LedgerTable" ? { StreamViewType: "KEYS_ONLY" } : undefined);
  }
});

test("a member that is tried out leaves nothing behind", () => {
  const tried = build({ retain: false }).template;
  for (const type of ["AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket", "AWS::Logs::LogGroup"])
    for (const [name, { DeletionPolicy }] of Object.entries(resourcesOf(tried, type))) expect(DeletionPolicy, name).toBe("Delete");
  tried.allResourcesProperties("AWS::DynamoDB::Table", { DeletionProtectionEnabled: false });
});

test("logs are kept for six months at least, and each function writes its own", () => {
  const groups = all("AWS::Logs::LogGroup");
  expect(groups).toHaveLength(9);
  for (const [name, { Properties, DeletionPolicy }] of groups) {
    expect(Properties["RetentionInDays"], name).toBeGreaterThanOrEqual(180);
    expect(DeletionPolicy, name).toBe(keep);
  }
  for (const [name, { Properties }] of all("AWS::Lambda::Function"))
    expect(short((Properties["LoggingConfig"] as { LogGroup: unknown }).LogGroup)).toBe(name.replace("Function", "Log"));
});

test("functions run on Arm under Node 24, and none outlives those who wait for it", () => {
  const timeouts: Record<string, unknown> = {};
  for (const [name, { Properties }] of all("AWS::Lambda::Function")) {
    expect(Properties, name).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"], Handler: "index.handler" });
    expect(JSON.stringify(Properties), name).not.toContain("NODE_OPTIONS");
    timeouts[name] = Properties["Timeout"];
  }
  expect(timeouts).toEqual({
    ApiFunction: 29,
    PublicFunction: 29,
    TurnFunction: 60,
    WakeFunction: 10,
    WatchdogFunction: 30,
    TilesFunction: 60,
    OperatorFunction: 900,
  });
});

describe("the queues", () => {
  test("a wake-up that cannot be worked on goes to the dead letters, and none comes back too soon", () => {
    const queues = resourcesOf(template, "AWS::SQS::Queue");
    const { RedrivePolicy, VisibilityTimeout } = queues["WakeQueue"]?.Properties ?? {};
    const { deadLetterTargetArn, maxReceiveCount } = RedrivePolicy as { deadLetterTargetArn: unknown; maxReceiveCount: number };
    expect(short(deadLetterTargetArn)).toBe("WakeDeadLetters.Arn");
    expect(maxReceiveCount).toBeLessThanOrEqual(5);
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * 10);
    for (const { Properties } of Object.values(queues)) expect(Properties["SqsManagedSseEnabled"]).toBe(true);
  });

  test("the wake function takes them at once, and says which it could not do", () => {
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      EventSourceArn: { "Fn::GetAtt": [Match.stringLikeRegexp("^WakeQueue"), "Arn"] },
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: Match.absent(),
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
  });

  test("queues, buckets and the topic refuse what is not encrypted on the way", () => {
    for (const [type, count] of [["AWS::SQS::QueuePolicy", 3] as const, ["AWS::S3::BucketPolicy", 2] as const]) {
      const policies = all(type);
      expect(policies).toHaveLength(count);
      for (const [name, { Properties }] of policies) expect(JSON.stringify(Properties), name).toContain('{"aws:SecureTransport":"false"}');
    }
    expect(JSON.stringify(all("AWS::SNS::TopicPolicy"))).toContain("aws:SecureTransport");
  });
});

test("only what has become final calls the tiles function, a bounded number of times", () => {
  template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
    EventSourceArn: { "Fn::GetAtt": [Match.stringLikeRegexp("^LedgerTable"), "StreamArn"] },
    FilterCriteria: { Filters: [{ Pattern: '{"dynamodb":{"Keys":{"sk":{"S":["final-size"]}}}}' }] },
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 10,
    DestinationConfig: { OnFailure: { Destination: { "Fn::GetAtt": [Match.stringLikeRegexp("^TilesDeadLetters"), "Arn"] } } },
  });
});

test("the watchdog is called every minute", () => {
  template.hasResourceProperties("AWS::Scheduler::Schedule", {
    ScheduleExpression: "rate(1 minute)",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: { Arn: { "Fn::GetAtt": [Match.stringLikeRegexp("^WatchdogFunction"), "Arn"] }, RetryPolicy: { MaximumRetryAttempts: 0 } },
  });
});

describe("the API", () => {
  const routes = Object.values(resourcesOf(template, "AWS::ApiGatewayV2::Route"));
  const integrations = resourcesOf(template, "AWS::ApiGatewayV2::Integration");
  const functionOf = (target: unknown) => {
    const integration = integrations[short(target).replace("integrations/", "")]?.Properties["IntegrationUri"];
    return short(integration);
  };

  test("public routes go to the public function, all else to the API, which alone can sign", () => {
    const mounted = routes.map(({ Properties }) => [Properties["RouteKey"], functionOf(Properties["Target"])]);
    expect(mounted).toContainEqual(["$default", "ApiFunction.Arn"]);
    for (const { method, path, signs } of publicRoutes())
      expect(mounted).toContainEqual([`${method} ${path}`, signs ? "ApiFunction.Arn" : "PublicFunction.Arn"]);
    expect(publicRoutes().filter(({ signs }) => signs)).toEqual([
      { method: "GET", path: "/v1/status-lists/{issuer}/{list}", signs: true },
      { method: "GET", path: "/v1/chains/{chain}/status-lists/{issuer}/{list}", signs: true },
    ]);
    expect(mounted).toContainEqual(["ANY /peer/v1/{proxy+}", "ApiFunction.Arn"]);
    expect(mounted).toHaveLength(publicRoutes().length + 2);
    expect(mounted.map(([key]) => key)).not.toContain("GET /health");
  });

  test("public routes are those that need no account, and neither sign-in nor peers are among them", () => {
    const paths = publicRoutes().map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        "/v1/health",
        "/v1/checkpoint",
        "/v1/log/tile/{tile+}",
        "/v1/receipts/{transactionHash}",
        "/v1/chains/{chain}/log/tile/{tile+}",
      ]),
    );
    for (const path of ["/oauth/token", "/peer/v1/chains/{chain}/{call}", "/v1/blocks"]) expect(paths).not.toContain(path);
  });

  test("is throttled, and logs no query and no path", () => {
    const stage = all("AWS::ApiGatewayV2::Stage")[0]?.[1].Properties ?? {};
    expect(stage).toMatchObject({ StageName: "$default", DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 } });
    const { Format } = stage["AccessLogSettings"] as { Format: string };
    expect(JSON.parse(Format)).toMatchObject({ requestId: "$context.requestId", route: "$context.routeKey", status: "$context.status" });
    expect(Format).not.toMatch(/query|\.path|body/i);
  });

  test("apps, peers and strangers have limits of their own, which wait for their routes", () => {
    const limits = { peerThrottle: { rate: 7, burst: 8 }, publicThrottle: { rate: 5, burst: 6 } };
    const [[, stage] = []] = Object.entries(build(limits).template.findResources("AWS::ApiGatewayV2::Stage"));
    const settings = stage?.["Properties"].RouteSettings;
    const { "ANY /peer/v1/{proxy+}": peers, ...strangers } = settings;
    expect(peers).toEqual({ ThrottlingRateLimit: 7, ThrottlingBurstLimit: 8 });
    expect(Object.keys(strangers).toSorted()).toEqual(
      publicRoutes()
        .map(({ method, path }) => `${method} ${path}`)
        .toSorted(),
    );
    for (const each of Object.values(strangers)) expect(each).toEqual({ ThrottlingRateLimit: 5, ThrottlingBurstLimit: 6 });
    const keyed = Object.entries(build(limits).template.findResources("AWS::ApiGatewayV2::Route"));
    for (const [id, { Properties }] of keyed) if (Properties.RouteKey in settings) expect(stage?.["DependsOn"]).toContain(id);
  });

  test("the public function takes no part of the account's executions for itself unless it is told to", () => {
    for (const [name, { Properties }] of all("AWS::Lambda::Function"))
      expect(Properties, name).not.toHaveProperty("ReservedConcurrentExecutions");
    const capped = resourcesOf(build({ publicConcurrency: 20 }).template, "AWS::Lambda::Function");
    expect(capped["PublicFunction"]?.Properties["ReservedConcurrentExecutions"]).toBe(20);
    expect(capped["ApiFunction"]?.Properties).not.toHaveProperty("ReservedConcurrentExecutions");
  });

  test("the base URL is the API's own, or the one that is configured; never with a path", () => {
    const urlOf = (given: object) => short(build(given).template.toJSON()["Outputs"].ApiUrl.Value);
    expect(urlOf({})).toBe("https://HttpApi.execute-api.<AWS::Region>.<AWS::URLSuffix>");
    expect(urlOf({ url: "https://ledger.customs.example" })).toBe("https://ledger.customs.example");
    const certificateArn = "arn:aws:acm:eu-central-1:111111111111:certificate/0000-1111";
    const customDomain = { domainName: "ledger.customs.example", certificateArn };
    expect(urlOf({ customDomain })).toBe("https://ledger.customs.example");
    build({ customDomain }).template.hasResourceProperties("AWS::ApiGatewayV2::Api", { DisableExecuteApiEndpoint: true });
    // A proxy stands before the API then, and calls it by its own address.
    build({ url: "https://ledger.customs.example" }).template.hasResourceProperties("AWS::ApiGatewayV2::Api", {
      DisableExecuteApiEndpoint: false,
    });
  });
});

describe("the buckets", () => {
  const bucketsOf = (given: object) => resourcesOf(build(given).template, "AWS::S3::Bucket");
  const closed = { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true };

  test("files: private, not versioned, uploads from browsers, abandoned ones go", () => {
    const { FilesBucket } = bucketsOf({});
    expect(FilesBucket?.DeletionPolicy).toBe(keep);
    expect(FilesBucket?.Properties).toMatchObject({
      PublicAccessBlockConfiguration: closed,
      CorsConfiguration: { CorsRules: [{ ExposedHeaders: expect.arrayContaining(["ETag"]) }] },
      LifecycleConfiguration: { Rules: [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, Status: "Enabled" }] },
    });
    expect(FilesBucket?.Properties).not.toHaveProperty("VersioningConfiguration");
  });

  test("tiles: versioned, and open only where the configuration says so", () => {
    for (const tilesAccess of ["api", "cloudfront"]) {
      const { TilesBucket } = bucketsOf({ tilesAccess });
      expect(TilesBucket?.Properties).toMatchObject({
        PublicAccessBlockConfiguration: closed,
        VersioningConfiguration: { Status: "Enabled" },
      });
    }
    const open = build({ tilesAccess: "bucket" }).template;
    expect(JSON.stringify(resourcesOf(open, "AWS::S3::BucketPolicy"))).toContain("AnybodyMayRead");
    expect(JSON.stringify(all("AWS::S3::BucketPolicy"))).not.toContain("AnybodyMayRead");
  });

  test("CloudFront alone reads the tiles where it is chosen, with a web ACL if asked", () => {
    const { template: edge } = build({ tilesAccess: "cloudfront", region: "us-east-1", webAcl: true });
    edge.resourceCountIs("AWS::CloudFront::OriginAccessControl", 1);
    edge.hasResourceProperties("AWS::CloudFront::Distribution", { DistributionConfig: { WebACLId: Match.anyValue() } });
    template.resourceCountIs("AWS::CloudFront::Distribution", 0);
    template.resourceCountIs("AWS::WAFv2::WebACL", 0);
  });
});

test("every alarm tells the topic, and the topic a person where one is named", () => {
  const alarms = all("AWS::CloudWatch::Alarm");
  const own = ["LeaderChanges", "CommitLagSeconds", "FinalityLagSeconds", "RefusedEntries", "Amnesic", "Diverged", "WaitingProposals"];
  for (const name of own) expect(alarms.map(([id]) => id)).toContain(`${name}Alarm`);
  for (const [name, { Properties }] of alarms) expect((Properties["AlarmActions"] as unknown[]).map(short), name).toEqual(["AlarmTopic"]);
  template.resourceCountIs("AWS::SNS::Subscription", 0);
  build({ alarmEmail: "duty@customs.example" }).template.hasResourceProperties("AWS::SNS::Subscription", {
    Protocol: "email",
    Endpoint: "duty@customs.example",
  });
});

test("the dashboard shows what a day costs, in plain numbers", () => {
  const [dashboard] = all("AWS::CloudWatch::Dashboard").map(([, { Properties }]) => JSON.stringify(Properties["DashboardBody"]));
  expect(dashboard).toContain("list prices of 2026-11");
  expect(dashboard).toContain("lambda + api + dynamo + kms + steps");
  expect(dashboard).not.toMatch(/\* \d[\d.]*e-/);
});

test("the state machine is standard, named, logs its errors and holds the definition that is tested", () => {
  const [machine] = all("AWS::StepFunctions::StateMachine").map(([, { Properties }]) => Properties);
  expect(machine).toMatchObject({
    StateMachineName: "vermilion-customs-turns",
    StateMachineType: "STANDARD",
    LoggingConfiguration: { Level: "ERROR" },
  });
  const definition = JSON.parse(short(machine?.["DefinitionString"]));
  expect(definition.States.ReadRole.Parameters.FunctionName).toBe("TurnFunction.Arn");
  expect(definition.States.ContinueAsNew.Parameters.StateMachineArn).toMatch(/:stateMachine:vermilion-customs-turns$/);
});

test("outputs name what an operator needs", () => {
  expect(Object.keys(template.toJSON()["Outputs"])).toEqual(
    expect.arrayContaining([
      "ApiUrl",
      "OperatorFunction",
      "TilesBucket",
      "FilesBucket",
      "StateMachine",
      "WakeQueue",
      "WakeDeadLetters",
      "TilesDeadLetters",
    ]),
  );
});

test("tags are on what can be tagged, and a boundary on every role", () => {
  const permissionsBoundary = "arn:aws:iam::111111111111:policy/agency-boundary";
  const { template: bounded } = build({ permissionsBoundary, tags: { office: "ledger" } });
  for (const role of Object.values(resourcesOf(bounded, "AWS::IAM::Role"))) {
    expect(role.Properties["PermissionsBoundary"]).toBe(permissionsBoundary);
    expect(role.Properties["Tags"]).toEqual([
      { Key: "office", Value: "ledger" },
      { Key: "vermilion:member", Value: "customs" },
    ]);
  }
});
