import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Scenario } from "./scenario.ts";

const folder = new URL("./scenarios/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".txt"));

test.each(names)("%s", (name) => {
  new Scenario().play(readFileSync(new URL(name, folder), "utf8"));
});

test("a line that does not hold is named", () => {
  const wrong = "members platform\npropose platform p1\n=> platform has p2";
  expect(() => new Scenario().play(wrong)).toThrow("line 3: => platform has p2\n  but: platform has p1");
});
