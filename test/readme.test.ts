import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../infra/config.ts";
import { coordinatorDefinition } from "../infra/coordinator.ts";
import { functionNames } from "../infra/roles.ts";
import { monthlyLines, total } from "./bench/cloud/bill.ts";
import { readmeTable, savedResults } from "./bench/results.ts";
import { build } from "./infra/synth.ts";

/** What the READMEs tell people to type must exist, and what they say was measured must have been. */

const root = new URL("..", import.meta.url).pathname;
const read = (path: string) => readFileSync(join(root, path), "utf8");
const inBothLanguages = ["", "infra/", "packages/local/", "packages/client/", "packages/ledger/"].flatMap((room) => [
  `${room}README.md`,
  `${room}README.zh-CN.md`,
]);
const documents = [
  ...inBothLanguages,
  ...readdirSync(join(root, "packages")).flatMap((name) => [`packages/${name}/README.md`, `packages/${name}/walk-through.md`]),
  ...["functions", "test", "test/aws", "test/bench", "test/fuzz"].map((room) => `${room}/README.md`),
].filter((path, at, all) => all.indexOf(path) === at && (inBothLanguages.includes(path) || existsSync(join(root, path))));

const scripts = Object.keys(JSON.parse(read("package.json")).scripts);

/** The file of each command, as the command line registers it. */
const fileOf = new Map(
  [...read("packages/cli/main.ts").matchAll(/name: "([a-z]+)".*?import\("\.\/commands\/([a-z-]+\.ts)"\)/gs)].map(
    ([, name = "", file = ""]) => [name, file],
  ),
);
const shared = ["session.ts", "local-options.ts", "stack.ts"].map((file) => read(`packages/cli/${file}`)).join("");
/** Their options are those of their subcommands. */
const withSubcommands = ["app.ts", "config.ts", "file.ts", "type.ts"];

test.each(documents)("%s names scripts, commands, options and files that are there", (name) => {
  const text = read(name);
  for (const [, script = ""] of text.matchAll(/npm run (?:--silent )?([a-z:]+)/g)) expect(scripts, script).toContain(script);
  for (const [line, command = ""] of text.matchAll(/npx vermilion ([a-z]+)[^`\n#]*/g)) {
    const file = fileOf.get(command);
    if (file === undefined) throw new Error(`there is no command ${command}`);
    const source = read(`packages/cli/commands/${file}`);
    for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(source + shared, `${command} ${option}`).toContain(option);
    if (withSubcommands.includes(file) || !/ </.test(line)) continue;
    for (const [, option = ""] of source.matchAll(/requiredOption\("(--[a-z-]+)/g)) expect(line, command).toContain(option);
  }
  for (const [line] of text.matchAll(/npm run --silent bench -- [^`\n#]*/g))
    for (const [option] of line.matchAll(/--(?!silent)[a-z]+/g)) expect(read("test/bench/options.ts"), option).toContain(option);
  for (const [, path = ""] of text.matchAll(/`((?:test|packages|infra|functions)\/[A-Za-z0-9/.-]+)`/g))
    expect(existsSync(join(root, path)), path).toBe(true);
  for (const [, path = ""] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g))
    expect(existsSync(join(root, dirname(name), path)), path).toBe(true);
});

test.each(inBothLanguages)("%s stands in both languages, each naming the other", (name) => {
  const other = name.endsWith("zh-CN.md") ? "README.md" : "README.zh-CN.md";
  expect(read(name)).toContain(`](${other})`);
});

test.each(["README.md", "README.zh-CN.md"])("%s is short, says which version this is, and has a line for each room", (name) => {
  const text = read(name);
  expect(text.split("\n").length).toBeLessThanOrEqual(151);
  expect(text).toContain(JSON.parse(read("package.json")).version);
  const rooms = [...text.matchAll(/^\| `([a-z/]+)` \|/gm)].map(([, room = ""]) => room);
  const packages = readdirSync(join(root, "packages"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const needed = [...packages.map((entry) => `packages/${entry.name}`), "functions", "infra", "test"];
  expect(rooms.filter((room) => needed.includes(room)).toSorted()).toEqual(needed.toSorted());
});

test("the figures are those that were saved", () => {
  const [, table] = /<!-- figures -->\n(.*?)\n?<!-- \/figures -->/s.exec(read("test/bench/README.md")) ?? [];
  expect(table?.trim()).toBe(readmeTable(savedResults()));
});

const settingsOfMember = [...read("infra/config.ts").matchAll(/^ {4}(\w+): /gm)].map(([, name = ""]) => name);

test.each(["infra/README.md", "infra/README.zh-CN.md"])("%s says of the cloud what the stack is made of", (name) => {
  const text = read(name);
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
