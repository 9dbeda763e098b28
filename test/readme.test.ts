import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** What the README tells people to type must exist. */

const scripts = Object.keys(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).scripts);

test.each(["README.md", "README.zh-CN.md"])("%s names scripts, commands, options and files that are there", (name) => {
  const text = readFileSync(new URL(`../${name}`, import.meta.url), "utf8");
  for (const [, script = ""] of text.matchAll(/npm run ([a-z:]+)/g)) expect(scripts, script).toContain(script);
  for (const [line, command = ""] of text.matchAll(/npx vermilion ([a-z]+)[^`\n]*/g)) {
    const file = new URL(`../packages/cli/commands/${command}.ts`, import.meta.url);
    expect(existsSync(file), command).toBe(true);
    const source = readFileSync(file, "utf8") + shared;
    for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(source, `${command} ${option}`).toContain(option);
  }
  for (const [, path = ""] of text.matchAll(/`((?:test|packages)\/[A-Za-z0-9/.-]+)`/g))
    expect(existsSync(new URL(`../${path}`, import.meta.url)), path).toBe(true);
});

const shared = ["session.ts", "local-options.ts"]
  .map((file) => readFileSync(new URL(`../packages/cli/${file}`, import.meta.url), "utf8"))
  .join("");
