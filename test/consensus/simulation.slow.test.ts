import { describe, test } from "vitest";
import { simulateOrThrow } from "./simulation.ts";

const BATCH = 100;

describe("1,000 seeded lives full of faults break no promise", () => {
  test.each(Array.from({ length: 10 }, (_, batch) => 1_001 + batch * BATCH))("seeds from %i", (first) => {
    for (let seed = first; seed < first + BATCH; seed += 1) simulateOrThrow(seed);
  });
});

test("100 fierce ones of three members whose leaders are cut off at the worst moments", () => {
  for (let seed = 1; seed <= 100; seed += 1) simulateOrThrow(seed, { fierce: true });
});
