import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOptions } from "./functions.ts";
import { type Emulator, startMiniStack } from "./ministack.ts";

/** What the emulator must do with the kinds of resources that a member's stack is made of. */

let emulator: Emulator;
let stack: string;
let outputs: Readonly<Record<string, string>>;
const clients = () => ({
  stacks: new CloudFormationClient(clientOptions(emulator)),
  dynamodb: new DynamoDBClient(clientOptions(emulator)),
  kms: new KMSClient(clientOptions(emulator)),
  sqs: new SQSClient(clientOptions(emulator)),
});

beforeAll(async () => {
  emulator = await startMiniStack({ account: "444444444444" });
  const { stacks } = clients();
  const { StackId } = await stacks.send(
    new CreateStackCommand({ StackName: "probe", TemplateBody: JSON.stringify(template("until")), Capabilities: ["CAPABILITY_IAM"] }),
  );
  stack = StackId ?? "";
  expect(await settled()).toBe("CREATE_COMPLETE");
  const { Stacks } = await stacks.send(new DescribeStacksCommand({ StackName: stack }));
  outputs = Object.fromEntries((Stacks?.[0]?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
});
afterAll(async () => emulator.stop());

test("makes keys of each kind with their usage", async () => {
  const { kms } = clients();
  const kinds = await Promise.all(
    ["LogKey", "AgreeKey", "SignKey"].map(async (name) => (await kms.send(new DescribeKeyCommand({ KeyId: outputs[name] }))).KeyMetadata),
  );
  expect(kinds.map((kind) => `${kind?.KeySpec} ${kind?.KeyUsage}`)).toEqual([
    "ECC_NIST_EDWARDS25519 SIGN_VERIFY",
    "ECC_NIST_P256 KEY_AGREEMENT",
    "ECC_NIST_P256 SIGN_VERIFY",
  ]);
});

test("keeps a queue's redrive policy", async () => {
  const { Attributes } = await clients().sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: outputs["Queue"], AttributeNames: ["RedrivePolicy"] }),
  );
  expect(JSON.parse(Attributes?.["RedrivePolicy"] ?? "null")).toMatchObject({ maxReceiveCount: 3 });
});

test("gives a stream's records to a function, those alone that its filter lets through", async () => {
  const { dynamodb } = clients();
  const put = (pk: string) => dynamodb.send(new PutItemCommand({ TableName: outputs["Rows"], Item: { pk: { S: pk } } }));
  await put("other/1");
  await put("head/1");
  await expect.poll(() => seen(), { timeout: 20_000, interval: 200 }).toContain("head/1");
  expect(await seen()).not.toContain("other/1");
});

test("gives a queue's messages to a function", async () => {
  await clients().sqs.send(new SendMessageCommand({ QueueUrl: outputs["Queue"], MessageBody: "look" }));
  await expect.poll(() => seen(), { timeout: 20_000, interval: 200 }).toContain("look");
});

test("answers a browser's preflight request as the API is told to", async () => {
  const answer = await fetch(`${emulator.endpoint}/_aws/execute-api/${outputs["Api"]}/$default/v1/anything`, {
    method: "OPTIONS",
    headers: { origin: "https://console.example", "access-control-request-method": "GET" },
  });
  expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([204, "https://console.example"]);
});

test("changes a table in place, of either kind, with the items it holds", async () => {
  const { stacks, dynamodb } = clients();
  const kept = async () => {
    const items = ["Rows", "Global"].map((name) =>
      dynamodb.send(new GetItemCommand({ TableName: outputs[name], Key: { pk: { S: "kept" } } })),
    );
    return (await Promise.all(items)).filter(({ Item }) => Item !== undefined).length;
  };
  for (const name of ["Rows", "Global"]) await dynamodb.send(new PutItemCommand({ TableName: outputs[name], Item: { pk: { S: "kept" } } }));
  await stacks.send(
    new UpdateStackCommand({ StackName: stack, TemplateBody: JSON.stringify(template("forgetAt")), Capabilities: ["CAPABILITY_IAM"] }),
  );
  expect(await settled()).toBe("UPDATE_COMPLETE");
  expect(await kept()).toBe(2);
});

test("deletes a stack that is named by its ARN, as the CDK names it", async () => {
  expect(stack).toMatch(/^arn:/);
  await clients().stacks.send(new DeleteStackCommand({ StackName: stack }));
  expect(await settled()).toBe("DELETE_COMPLETE");
});

async function settled(): Promise<string> {
  for (;;) {
    const { Stacks } = await clients().stacks.send(new DescribeStacksCommand({ StackName: stack }));
    const { StackStatus = "", StackStatusReason } = Stacks?.[0] ?? {};
    if (StackStatus.includes("ROLLBACK") || StackStatus.endsWith("FAILED")) throw new Error(`${StackStatus}: ${StackStatusReason}`);
    if (StackStatus.endsWith("COMPLETE")) return StackStatus;
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** The functions note what they were given as rows of the table. */
async function seen(): Promise<readonly string[]> {
  const { Item } = await clients().dynamodb.send(
    new GetItemCommand({ TableName: outputs["Rows"], Key: { pk: { S: "seen" } }, ConsistentRead: true }),
  );
  return Item?.["heard"]?.SS ?? [];
}

const noteWhatComes = `
  const { DynamoDBClient, UpdateItemCommand } = require("@aws-sdk/client-dynamodb");
  const client = new DynamoDBClient({});
  exports.handler = async ({ Records }) => {
    const names = Records.map((record) => record.body ?? record.dynamodb.Keys.pk.S);
    await client.send(new UpdateItemCommand({ TableName: process.env.ROWS, Key: { pk: { S: "seen" } },
      UpdateExpression: "ADD heard :names", ExpressionAttributeValues: { ":names": { SS: names } } }));
  };`;

function template(expiresIn: string) {
  const reference = (name: string) => ({ Ref: name });
  const arn = (name: string) => ({ "Fn::GetAtt": [name, "Arn"] });
  const key = (spec: string, usage: string) => ({
    Type: "AWS::KMS::Key",
    Properties: {
      KeySpec: spec,
      KeyUsage: usage,
      KeyPolicy: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "kms:*", Resource: "*", Principal: { AWS: `arn:aws:iam::${emulator.account}:root` } }],
      },
    },
  });
  return {
    Resources: {
      Rows: {
        Type: "AWS::DynamoDB::Table",
        Properties: {
          BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
          KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
          StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" },
          TimeToLiveSpecification: { AttributeName: expiresIn, Enabled: true },
        },
      },
      Global: {
        Type: "AWS::DynamoDB::GlobalTable",
        Properties: {
          BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
          KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
          TimeToLiveSpecification: { AttributeName: expiresIn, Enabled: true },
          Replicas: [{ Region: emulator.region }],
        },
      },
      LogKey: key("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"),
      AgreeKey: key("ECC_NIST_P256", "KEY_AGREEMENT"),
      SignKey: key("ECC_NIST_P256", "SIGN_VERIFY"),
      Dead: { Type: "AWS::SQS::Queue" },
      Queue: {
        Type: "AWS::SQS::Queue",
        Properties: { RedrivePolicy: { deadLetterTargetArn: arn("Dead"), maxReceiveCount: 3 } },
      },
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          AssumeRolePolicyDocument: {
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
          },
        },
      },
      Note: {
        Type: "AWS::Lambda::Function",
        Properties: {
          Runtime: "nodejs24.x",
          Handler: "index.handler",
          Role: arn("Role"),
          Code: { ZipFile: noteWhatComes },
          Environment: { Variables: { ROWS: reference("Rows") } },
        },
      },
      FromStream: {
        Type: "AWS::Lambda::EventSourceMapping",
        Properties: {
          FunctionName: reference("Note"),
          EventSourceArn: { "Fn::GetAtt": ["Rows", "StreamArn"] },
          StartingPosition: "TRIM_HORIZON",
          FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ dynamodb: { Keys: { pk: { S: [{ prefix: "head/" }] } } } }) }] },
        },
      },
      FromQueue: {
        Type: "AWS::Lambda::EventSourceMapping",
        Properties: { FunctionName: reference("Note"), EventSourceArn: arn("Queue"), BatchSize: 10 },
      },
      Api: {
        Type: "AWS::ApiGatewayV2::Api",
        Properties: {
          Name: "api",
          ProtocolType: "HTTP",
          CorsConfiguration: { AllowOrigins: ["https://console.example"], AllowMethods: ["GET"], AllowHeaders: ["authorization"] },
        },
      },
      Stage: { Type: "AWS::ApiGatewayV2::Stage", Properties: { ApiId: reference("Api"), StageName: "$default", AutoDeploy: true } },
      Access: {
        Type: "AWS::CloudFront::OriginAccessControl",
        Properties: {
          OriginAccessControlConfig: {
            Name: "access",
            OriginAccessControlOriginType: "s3",
            SigningBehavior: "always",
            SigningProtocol: "sigv4",
          },
        },
      },
    },
    Outputs: Object.fromEntries(
      ["Rows", "Global", "LogKey", "AgreeKey", "SignKey", "Queue", "Api"].map((name) => [name, { Value: reference(name) }]),
    ),
  };
}
