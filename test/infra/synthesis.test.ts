import { readFileSync } from "node:fs";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../infra/config.ts";
import { checkWithNag, nagExceptions } from "../../infra/nag-exceptions.ts";
import { customs } from "./fixtures/customs.ts";
import { build, buildAnew } from "./synth.ts";

const root = new URL("../..", import.meta.url).pathname;
const variants = [
  {},
  { tilesAccess: "bucket" },
  { tilesAccess: "cloudfront" },
  { tilesAccess: "cloudfront", region: "us-east-1", webAcl: true },
  { region: "cn-north-1", retain: false },
];

describe.each(variants)("cdk-nag on %j", (given) => {
  test("finds nothing that is not explained, and every explanation is needed", () => {
    const { app, stack } = build(given);
    const found = new AwsSolutionsChecks(app)
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${constructPath} ${ruleName}`),
      );
    const exceptions = nagExceptions(stack, parseConfig({ ...customs, ...given }));
    const explains = ({ on, id }: (typeof exceptions)[number]) =>
      found
        .filter((line) => line.startsWith(`${on.node.path}/`) || line.startsWith(`${on.node.path} `))
        .filter((line) => line.endsWith(` ${id}`));
    expect(exceptions.filter((exception) => explains(exception).length === 0).map(({ on, id }) => `${on.node.path} ${id}`)).toEqual([]);
    expect(found.filter((line) => !exceptions.some((exception) => explains(exception).includes(line)))).toEqual([]);
  });
});

test("with the explanations, the checks of a synthesis pass", () => {
  const { app, stack } = buildAnew();
  checkWithNag(app, stack, parseConfig(customs));
  expect(new AwsSolutionsChecks(app).validateScope(app)).toEqual({ success: true, violations: [] });
});

describe("in China", () => {
  const { template } = build({ region: "cn-north-1" });

  test("the same stack is synthesized, and its address ends as it does there", () => {
    const text = JSON.stringify(template.toJSON());
    expect(text).toContain("execute-api.cn-north-1");
    expect(text).toContain('{"Ref":"AWS::URLSuffix"}');
    expect(text).toContain('{"Ref":"AWS::Partition"}');
  });

  test("nothing of it exists only elsewhere", () => {
    const types = Object.values(template.toJSON()["Resources"] as Record<string, { Type: string }>).map(({ Type }) => Type);
    for (const type of types) expect(type).not.toMatch(/CloudFront|Cognito|WAFv2|ReplicaKey|MetricFilter/);
  });
});

test.each(variants)("no partition is written down: %j", (given) => {
  expect(JSON.stringify(build(given).template.toJSON())).not.toMatch(/arn:aws[a-z-]*:/);
});

test("the stack stays within what the emulators of CI know", () => {
  const types = new Set(Object.values(build().template.toJSON()["Resources"] as Record<string, { Type: string }>).map(({ Type }) => Type));
  for (const type of [
    "AWS::KMS::ReplicaKey",
    "AWS::Logs::MetricFilter",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::CloudFront::Distribution",
  ])
    expect(types).not.toContain(type);
});

test("two syntheses give the same template", () => {
  expect(buildAnew().template.toJSON()).toEqual(build().template.toJSON());
});

test("the tools of deployment are exactly those that were tried", () => {
  const { devDependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  // 3.0.0 is an accidental publication of old code that npm calls the latest.
  expect(devDependencies["aws-cdk"]).toBe("2.1148.1");
  for (const [name, version] of Object.entries({
    "aws-cdk": "2.1148.1",
    "aws-cdk-lib": devDependencies["aws-cdk-lib"],
    "cdk-nag": devDependencies["cdk-nag"],
  })) {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, "utf8")).version, name).toBe(version);
  }
});
