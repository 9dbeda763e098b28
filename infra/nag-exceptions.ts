import { type App, type CfnElement, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import type { IConstruct } from "constructs";
import { filesPrefix, marksPrefix } from "./buckets.ts";
import type { MemberConfig } from "./config.ts";
import type { MemberStack } from "./member-stack.ts";

export interface NagException {
  readonly on: IConstruct;
  readonly id: string;
  readonly reason: string;
}

/** Checks the app against the rules of cdk-nag's AwsSolutions on every synthesis, and fails it on a finding that is not explained below. */
export function checkWithNag(app: App, stack: MemberStack, config: MemberConfig): void {
  for (const { on, id, reason } of nagExceptions(stack, config)) Validations.of(on).acknowledge({ id, reason });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

/** The findings that stay, each with its reason. A test fails when one of them is no longer needed. */
export function nagExceptions(stack: MemberStack, config: MemberConfig): readonly NagException[] {
  const at = (path: string): IConstruct => path.split("/").reduce<IConstruct>((node, id) => node.node.findChild(id), stack);
  const arnOf = (path: string) => `<${stack.getLogicalId(at(path).node.defaultChild as CfnElement)}.Arn>`;
  const iam = (role: string, finding: string, reason: string): NagException => ({
    on: at(role),
    id: `AwsSolutions-IAM5[${finding}]`,
    reason,
  });
  const executions = `arn:<AWS::Partition>:states:${config.region ?? "<AWS::Region>"}:<AWS::AccountId>:execution:vermilion-${config.id}-turns:turns-*`;
  const noObjectLog = "Each call is in the log of the function that made it; data events of CloudTrail can be switched on for the account";
  return [
    ...[filesPrefix, marksPrefix].map((prefix) =>
      iam(
        "ApiRole",
        `Resource::${arnOf("FilesBucket")}/${prefix}*`,
        "Files are named by their hash, and so are the marks of their uploads",
      ),
    ),
    iam("TilesRole", `Resource::${arnOf("TilesBucket")}/*`, "Tiles are named by their place in the tree; the bucket holds nothing else"),
    iam("WakeRole", `Resource::${executions}`, "Executions are numbered, and only those of this coordinator are named so"),
    iam("WatchdogRole", `Resource::${executions}`, "Executions are numbered, and only those of this coordinator are named so"),
    iam("CoordinatorRole", "Resource::*", "Log deliveries of Step Functions are not resources that a policy can name"),
    { on: at("FilesBucket"), id: "AwsSolutions-S1", reason: noObjectLog },
    { on: at("TilesBucket"), id: "AwsSolutions-S1", reason: noObjectLog },
    { on: at("TilesDeadLetters"), id: "AwsSolutions-SQS3", reason: "It is itself where stream records go that could not be worked on" },
    {
      on: at("HttpApi"),
      id: "AwsSolutions-APIG4",
      reason:
        "The app signs in apps (OAuth 2, private_key_jwt) and peers (RFC 9421) itself, the same on every platform; the rest is public",
    },
    {
      on: at("Coordinator"),
      id: "AwsSolutions-SF1",
      reason: "Errors are logged; every step is in the execution's history for 90 days and in the log of the turn function",
    },
    { on: at("Coordinator"), id: "AwsSolutions-SF2", reason: "Calls are traced by W3C trace context in the member's own log" },
    ...(config.tilesAccess === "bucket" ? [{ on: at("TilesBucket"), id: "AwsSolutions-S2", reason: openBucket }] : []),
    ...(config.tilesAccess === "cloudfront" ? edge(at("TilesEdge"), config) : []),
  ];
}

const openBucket = "Checkpoints and tiles are made to be read by anybody, and tilesAccess asks for it; nothing else is ever written there";

function edge(distribution: IConstruct, config: MemberConfig): readonly NagException[] {
  const exceptions: NagException[] = [
    { on: distribution, id: "AwsSolutions-CFR1", reason: "Proofs may be checked from every country" },
    { on: distribution, id: "AwsSolutions-CFR3", reason: "What is read there is public, and who reads it is nobody's business" },
    {
      on: distribution,
      id: "AwsSolutions-CFR4",
      reason: "Under CloudFront's own name its certificate sets the protocol; plain HTTP is refused",
    },
  ];
  if (!config.webAcl) exceptions.push({ on: distribution, id: "AwsSolutions-CFR2", reason: "Static objects; webAcl adds a limit of rate" });
  return exceptions;
}
