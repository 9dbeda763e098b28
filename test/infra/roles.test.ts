import { S3Client } from "@aws-sdk/client-s3";
import { functionSettings } from "@vermilion/aws/environment";
import { dataKey, markKey, planKey } from "@vermilion/aws/files/objects";
import { expect, test } from "vitest";
import { filesPrefix, marksPrefix } from "../../infra/buckets.ts";
import { build, resourcesOf, short, statementsOf } from "./synth.ts";

/** Who may do what: the whole of it, written down a second time. A grant that is added must be added here too. */

const { template } = build();

const read = ["BatchGetItem", "GetItem", "Query"];
const readWrite = ["BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query"];
const onCoordinator = { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["*/coordinator"] } };
const machine = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:vermilion-customs-turns";
const executions = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:vermilion-customs-turns:turns-*";

type Grant = readonly [service: string, actions: readonly string[], resources: string | readonly string[], conditions?: unknown];

const describing = [...readWrite, "DescribeTable"].toSorted();
const table = (name: string, actions: readonly string[], conditions?: unknown): Grant => [
  "dynamodb",
  actions,
  `${name}Table.Arn`,
  conditions,
];
const log = (name: string): Grant => ["logs", ["CreateLogStream", "PutLogEvents"], `${name}Log.Arn`];

const expected: Readonly<Record<string, readonly Grant[]>> = {
  Api: [
    log("Api"),
    table("Ledger", readWrite),
    table("Raft", describing),
    table("Records", readWrite),
    table("Calls", readWrite),
    table("Apps", read),
    ["s3", ["AbortMultipartUpload", "DeleteObject", "GetObject", "ListMultipartUploadParts", "PutObject"], "FilesBucket.Arn/files/*"],
    ["s3", ["DeleteObject", "PutObject"], "FilesBucket.Arn/uploads/*"],
    ["s3", ["ListBucket"], "FilesBucket.Arn"],
    ["sqs", ["SendMessage"], "WakeQueue.Arn"],
  ],
  Public: [log("Public"), table("Ledger", read), table("Raft", read)],
  Turn: [log("Turn"), table("Ledger", readWrite), table("Raft", describing), table("Records", readWrite)],
  Wake: [
    log("Wake"),
    ["sqs", ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage"], "WakeQueue.Arn"],
    table("Raft", ["GetItem", "PutItem"], onCoordinator),
    ["states", ["StartExecution"], machine],
    ["states", ["DescribeExecution"], executions],
  ],
  Watchdog: [
    log("Watchdog"),
    table("Ledger", read),
    table("Raft", read),
    table("Raft", ["PutItem"], onCoordinator),
    ["states", ["StartExecution"], machine],
    ["states", ["DescribeExecution"], executions],
  ],
  Tiles: [
    log("Tiles"),
    ["dynamodb", ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"], "LedgerTable.StreamArn"],
    ["sqs", ["GetQueueAttributes", "GetQueueUrl", "SendMessage"], "TilesDeadLetters.Arn"],
    table("Ledger", read),
    table("Raft", read),
    ["s3", ["GetObject", "PutObject"], "TilesBucket.Arn/*"],
    ["s3", ["ListBucket"], "TilesBucket.Arn"],
  ],
  Operator: [log("Operator"), table("Ledger", readWrite), table("Raft", describing), table("Records", read), table("Apps", readWrite)],
  Coordinator: [
    ["lambda", ["InvokeFunction"], "TurnFunction.Arn"],
    ["states", ["StartExecution"], machine],
    [
      "logs",
      [
        "CreateLogDelivery",
        "DeleteLogDelivery",
        "DescribeLogGroups",
        "DescribeResourcePolicies",
        "GetLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "UpdateLogDelivery",
      ],
      "*",
    ],
  ],
  EveryMinute: [["lambda", ["InvokeFunction"], ["TilesFunction.Arn", "WatchdogFunction.Arn"]]],
};

const policies = resourcesOf(template, "AWS::IAM::Policy");

test("there is no role but these, and none has a policy made by others", () => {
  const roles = resourcesOf(template, "AWS::IAM::Role");
  expect(Object.keys(roles).toSorted()).toEqual(
    Object.keys(expected)
      .map((name) => `${name}Role`)
      .toSorted(),
  );
  for (const role of Object.values(roles)) {
    expect(role.Properties).not.toHaveProperty("ManagedPolicyArns");
    expect(role.Properties).not.toHaveProperty("Policies");
  }
});

test("every object of a file lies where the API may use it", () => {
  const at = { client: new S3Client(), bucket: "files", chain: "ab".repeat(32) };
  for (const key of [planKey(at, "ab"), dataKey(at, "ab")]) expect(key.startsWith(filesPrefix), key).toBe(true);
  expect(markKey(at, "desk", "ab").startsWith(marksPrefix)).toBe(true);
});

test("the coordinator's role is for state machines of its own account", () => {
  const trust = resourcesOf(template, "AWS::IAM::Role")["CoordinatorRole"]?.Properties["AssumeRolePolicyDocument"];
  const own = { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } };
  const principal = { Service: "states.amazonaws.com" };
  expect(trust).toMatchObject({ Statement: [{ Action: "sts:AssumeRole", Effect: "Allow", Principal: principal, Condition: own }] });
});

test.each(Object.keys(expected))("the role of %s may do exactly this", (name) => {
  const grants = statementsOf(policies[`${name}RoleDefaultPolicy`]?.Properties["PolicyDocument"]).map(
    ({ actions, resources, conditions }) => JSON.stringify([actions, resources, conditions]),
  );
  const wanted = (expected[name] ?? []).map(([service, actions, resources, conditions]) =>
    JSON.stringify([actions.map((action) => `${service}:${action}`), [resources].flat(), conditions]),
  );
  expect(grants.toSorted()).toEqual(wanted.toSorted());
});

/** None of them uses a key, and none lets another use it. */
const administrationActions = [
  "kms:CancelKeyDeletion",
  "kms:CreateAlias",
  "kms:DeleteAlias",
  "kms:Describe*",
  "kms:Disable*",
  "kms:Enable*",
  "kms:Get*",
  "kms:List*",
  "kms:Put*",
  "kms:ScheduleKeyDeletion",
  "kms:TagResource",
  "kms:UntagResource",
  "kms:Update*",
];
const sign = ["kms:GetPublicKey", "kms:Sign"];
const see = ["kms:GetPublicKey"];
const wrap = ["kms:Decrypt", "kms:Encrypt"];

test.each([
  ["Sign", "ECC_NIST_P256", "SIGN_VERIFY", { Api: sign, Turn: sign, Operator: sign }],
  ["Log", "ECC_NIST_EDWARDS25519", "SIGN_VERIFY", { Api: sign, Turn: sign, Public: sign, Tiles: sign, Operator: sign }],
  ["Cosign", "ECC_NIST_EDWARDS25519", "SIGN_VERIFY", { Api: sign, Turn: sign, Operator: sign }],
  ["Agree", "ECC_NIST_P256", "KEY_AGREEMENT", { Api: ["kms:DeriveSharedSecret", "kms:GetPublicKey"], Operator: see }],
  ["Wrap", undefined, undefined, { Api: wrap, Turn: wrap }],
] as const)("the key %s has its kind, and its policy lets exactly these use it", (name, spec, usage, users) => {
  const key = resourcesOf(template, "AWS::KMS::Key")[`${name}Key`];
  expect(key?.DeletionPolicy).toBe("Retain");
  // A symmetric key for encryption is what KMS makes when it is told nothing.
  expect(key?.Properties["KeySpec"] ?? "SYMMETRIC_DEFAULT").toBe(spec ?? "SYMMETRIC_DEFAULT");
  expect(key?.Properties["KeyUsage"] ?? "ENCRYPT_DECRYPT").toBe(usage ?? "ENCRYPT_DECRYPT");
  expect(key?.Properties["EnableKeyRotation"] ?? false).toBe(name === "Wrap");
  const [administration, ...uses] = statementsOf(key?.Properties["KeyPolicy"]);
  expect(administration?.principals).toEqual(["arn:<AWS::Partition>:iam::<AWS::AccountId>:root"]);
  expect(administration?.actions).toEqual(administrationActions);
  const given = Object.fromEntries(uses.map(({ principals, actions }) => [principals.join(), actions]));
  expect(given).toEqual(Object.fromEntries(Object.entries(users).map(([user, actions]) => [`${user}Role.Arn`, actions])));
});

test("each function is given exactly the settings of its row", () => {
  const functions = resourcesOf(template, "AWS::Lambda::Function");
  for (const [name, settings] of Object.entries(functionSettings)) {
    const { Environment, Role } = functions[`${name[0]?.toUpperCase()}${name.slice(1)}Function`]?.Properties ?? {};
    expect(Object.keys((Environment as { Variables: object }).Variables).toSorted(), name).toEqual([...settings].toSorted());
    expect(short(Role)).toBe(`${name[0]?.toUpperCase()}${name.slice(1)}Role.Arn`);
  }
  expect(Object.keys(functions)).toHaveLength(Object.keys(functionSettings).length);
});
