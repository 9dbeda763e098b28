import { expect, test } from "vitest";
import { simulate, simulateOrThrow } from "./simulation.ts";

const FAULTS = [
  "crash",
  "crash between save and send",
  "duplicate",
  "failed but written",
  "late turn",
  "lost message",
  "one-way cut",
  "partition",
  "rejoin",
  "restore from backup",
  "save lost the race",
  "saved but not sent",
  "signing conflict",
  "slow message",
];

test("50 seeded lives full of faults break no promise, and no kind of fault is missing", { timeout: 60_000 }, () => {
  const faults = new Set<string>();
  let blocks = 0;
  for (let seed = 1; seed <= 50; seed += 1) {
    const report = simulateOrThrow(seed);
    for (const fault of Object.keys(report.faults)) faults.add(fault);
    blocks += report.blocks;
  }
  expect([...faults].sort()).toEqual(FAULTS);
  expect(blocks).toBeGreaterThan(500);
});

test("a seed is a whole life: the same again, line by line", () => {
  expect(simulate(7, { trace: true }).trace).toEqual(simulate(7, { trace: true }).trace);
});
