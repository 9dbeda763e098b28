import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { functionSettings } from "@vermilion/aws/environment";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundling, entryOf } from "../../infra/functions.ts";

/** What is uploaded for each function, and how long a new process takes to load it. */

const names = Object.keys(functionSettings) as (keyof typeof functionSettings)[];
const megabyte = 1024 * 1024;
const bytesMax = { api: 3 * megabyte, others: 2 * megabyte };
/** A cold start loads the code before it serves anything. */
const importMsMax = 400;
const tries = 7;
let folder = "";
const inputs = new Map<string, readonly string[]>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "vermilion-bundles-"));
  for (const name of names) {
    const { metafile } = await build({
      ...bundling,
      banner: { js: bundling.banner },
      entryPoints: [entryOf(name)],
      outfile: fileOf(name),
      bundle: true,
      format: "esm",
      platform: "node",
      metafile: true,
      logLevel: "silent",
    });
    const carried = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
    inputs.set(
      name,
      carried.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([input]) => input),
    );
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string): string {
  return join(folder, `${name}.mjs`);
}

describe.each(names)("the bundle of %s", (name) => {
  test("is small, and holds nothing of the CDK, the console, the command line or the local platform", () => {
    expect(readFileSync(fileOf(name)).length).toBeLessThanOrEqual(name === "api" ? bytesMax.api : bytesMax.others);
    const strange = (inputs.get(name) ?? []).filter((input) =>
      /aws-cdk|\bconstructs\b|cdk-nag|\breact|antd|packages\/(console|cli|local|client)\/|commander|pino|vitest/.test(input),
    );
    expect(strange).toEqual([]);
  });
});

test("only functions that use a service of AWS carry its client", () => {
  const clients = (name: string) =>
    [...new Set((inputs.get(name) ?? []).flatMap((input) => /@aws-sdk\/client-([a-z0-9-]+)/.exec(input)?.[1] ?? []))].toSorted();
  expect(Object.fromEntries(names.map((name) => [name, clients(name)]))).toEqual({
    api: ["dynamodb", "kms", "s3", "sqs"],
    public: ["dynamodb", "kms"],
    turn: ["dynamodb", "kms"],
    wake: ["dynamodb", "sfn"],
    watchdog: ["dynamodb", "sfn"],
    tiles: ["dynamodb", "kms", "s3"],
    operator: ["dynamodb", "kms"],
  });
});

test(`the API's code is loaded in ${importMsMax} ms at most, in the best of ${tries} new processes`, () => {
  const environment = Object.fromEntries(functionSettings.api.map((setting) => [setting, "x"]));
  const settings = {
    ...environment,
    MEMBER: JSON.stringify({ id: "customs", names: { zh: "海关", en: "Customs" }, uscc: "11100000MB0000035A" }),
    BASE_URL: "https://customs.example",
    LOG_LEVEL: "info",
    AWS_REGION: "eu-central-1",
    PATH: process.env["PATH"] ?? "",
  };
  const program = `const began = performance.now(); await import(${JSON.stringify(fileOf("api"))}); console.log(performance.now() - began);`;
  const times = Array.from({ length: tries }, () =>
    Number(execFileSync(process.execPath, ["--input-type=module", "--eval", program], { env: settings, encoding: "utf8" })),
  );
  expect(Math.min(...times)).toBeLessThanOrEqual(importMsMax);
});
