import { expect, test } from "vitest";
import { fuzzMember } from "./schemathesis.ts";

/** Five minutes of it are `npm run fuzz`. */
test("an outside fuzzer finds no 5xx and no answer that the document does not tell of", async () => {
  const { found, report } = await fuzzMember({ seconds: 40, seed: 1, say: () => undefined });
  expect(found, report).toBe(false);
  // It did call: a run that could not begin would find nothing either.
  const [, selected, all] = /Operations:\s+(\d+) selected \/ (\d+) total/.exec(report) ?? [];
  expect(selected).toBe(all);
  expect(Number(/(\d+) generated/.exec(report)?.[1])).toBeGreaterThan(500);
});
