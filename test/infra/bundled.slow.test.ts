import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildAnew } from "./synth.ts";

/** As a deployment synthesizes: the code bundled, the template checked against CloudFormation's own schemas. */

test("two syntheses give the same bytes, code and all, and CloudFormation's schemas find nothing", () => {
  const [one, two] = [buildAnew({}, true), buildAnew({}, true)].map(({ app, stack }) => {
    // Throws with the report if a schema is violated.
    const { directory } = app.synth();
    return ["template", "assets"].map((what) => readFileSync(join(directory, `${stack.stackName}.${what}.json`), "utf8"));
  });
  expect(one).toEqual(two);
});
