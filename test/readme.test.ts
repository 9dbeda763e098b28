import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseConfig } from "../infra/config.ts";
import { coordinatorDefinition } from "../infra/coordinator.ts";
import { functionNames } from "../infra/roles.ts";
import { monthlyLines, total } from "./bench/cloud/bill.ts";
import { readmeTable, savedResults } from "./bench/results.ts";
import { build } from "./infra/synth.ts";

/** What the README tells people to type must exist, and what it says was measured must have been. */

const scripts = Object.keys(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).scripts);

test.each(["README.md", "README.zh-CN.md"])("%s names scripts, commands, options and files that are there", (name) => {
  const text = readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
  for (const [, script = ""] of text.matchAll(/npm run ([a-z:]+)/g)) expect(scripts, script).toContain(script);
  for (const [line, command = ""] of text.matchAll(/npx vermilion ([a-z]+)[^`\n]*/g)) {
    const file = fileOf.get(command);
    if (file === undefined) throw new Error(`there is no command ${command}`);
    const source = readFileSync(new URL(`../packages/cli/commands/${file}`, import.meta.url), "utf8") + shared;
    for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(source, `${command} ${option}`).toContain(option);
  }
  for (const [, path = ""] of text.matchAll(/`((?:test|packages|infra|functions)\/[A-Za-z0-9/.-]+)`/g))
    expect(existsSync(new URL(`../${path}`, import.meta.url)), path).toBe(true);
});

/** The file of each command, as the command line registers it. */
const fileOf = new Map(
  [
    ...readFileSync(new URL("../packages/cli/main.ts", import.meta.url), "utf8").matchAll(
      /name: "([a-z]+)".*?import\("\.\/commands\/([a-z-]+\.ts)"\)/gs,
    ),
  ].map(([, name = "", file = ""]) => [name, file]),
);

const shared = ["session.ts", "local-options.ts", "stack.ts"]
  .map((file) => readFileSync(new URL(`../packages/cli/${file}`, import.meta.url), "utf8"))
  .join("");

test.each(["README.md", "README.zh-CN.md"])("%s shows the figures that were saved", (name) => {
  const text = readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
  const [, table] = /<!-- figures -->\n(.*?)\n?<!-- \/figures -->/s.exec(text) ?? [];
  expect(table?.trim()).toBe(readmeTable(savedResults()));
});

const settingsOfMember = [...readFileSync(new URL("../infra/config.ts", import.meta.url), "utf8").matchAll(/^ {4}(\w+): /gm)].map(
  ([, name = ""]) => name,
);

test.each(["README.md", "README.zh-CN.md"])("%s says of the cloud what the stack is made of", (name) => {
  const text = readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
  const [, sample = ""] = /```json\n(.+?)```/s.exec(text) ?? [];
  expect(parseConfig(JSON.parse(sample)).id).toBe("customs");
  const rows = [...text.matchAll(/^\| `(\w+)` \|.*\|.*\|$/gm)].map(([, row = ""]) => row);
  expect(rows.filter((row) => settingsOfMember.includes(row))).toEqual(settingsOfMember);

  const { template } = build();
  const count = (type: string) => Object.keys(template.findResources(type)).length;
  const resources = { keys: count("AWS::KMS::Key"), alarms: count("AWS::CloudWatch::Alarm"), dashboards: 1, metrics: 9 };
  expect(text).toContain(`9 × 0.30 + ${resources.alarms} × 0.10 + 1 × 3`);
  expect(text).toContain(`${resources.keys} × 1 |`);
  const withoutQueue = total(monthlyLines(resources).filter(({ service }) => !service.startsWith("SQS")));
  expect(text).toContain(withoutQueue.toFixed(2));
  for (const one of functionNames) expect(text, one).toContain(one);
  for (const state of /ReadRole.*HandOver/.exec(text)?.[0].split(/ → | \| /) ?? []) expect(states, state).toContain(state);
});

const states = Object.keys(
  coordinatorDefinition({ partition: "aws", turnFunctionArn: "", stateMachineArn: "", loopsMax: 1 })["States"] as object,
);
