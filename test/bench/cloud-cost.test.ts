import { expect, test } from "vitest";
import { prices } from "../../infra/prices.ts";
import { minutesPerMonth, secondsPerMonth } from "./cloud/bill.ts";
import { type CostReport, measureCosts, reportOf, textOf } from "./cloud/report.ts";
import type { Counted, Usage } from "./cloud/usage.ts";

const nothing: Usage = {
  writes: 0,
  reads: 0,
  readsBy: {},
  kms: {},
  appCalls: 0,
  peerCalls: 0,
  publicCalls: 0,
  wakeUps: 0,
  executions: 0,
  steps: 0,
  tilesRuns: 0,
  shelfPuts: 0,
  shelfGets: 0,
  peerBytes: 0,
};
const resources = { keys: 5, alarms: 24, dashboards: 1, metrics: 9 };

function counted(leader: Partial<Usage>, follower: Partial<Usage>, entries: number, blocks: number): Counted {
  return { leader: { ...nothing, ...leader }, follower: { ...nothing, ...follower }, entries, blocks, tookMs: 0 };
}

function usd({ bills }: CostReport, of: string, at: string, service: string): number | undefined {
  const found = bills.find((bill) => bill.of === of && bill.at === at)?.lines.filter((line) => line.service === service);
  return found?.reduce((sum, line) => sum + line.usd, 0);
}

test("a bill is quantity times price, and its sum", () => {
  const report = reportOf(resources, {
    idleMinute: counted({}, { reads: 40, writes: 1, publicCalls: 3 }, 0, 0),
    idleTiles: counted({}, { reads: 5, tilesRuns: 1 }, 0, 0),
    alone: counted({ writes: 20, appCalls: 2, kms: { sign: 8, cosign: 2, wrap: 4 } }, { writes: 10, peerCalls: 8 }, 2, 2),
    crowd: counted({ writes: 1_000, kms: { sign: 202, wrap: 200 }, steps: 1, executions: 1, wakeUps: 1 }, {}, 100, 1),
  });
  const idle = "a month, idle";
  expect(usd(report, idle, "any member", "KMS keys")).toBe(5);
  expect(usd(report, idle, "any member", "DynamoDB reads")).toBeCloseTo((40 + 5 / 5) * minutesPerMonth * prices.dynamoReadUnit);
  expect(usd(report, idle, "any member", "API Gateway")).toBeCloseTo(3 * minutesPerMonth * prices.httpApiCall);
  const second = "a month, one entry a second, each alone";
  expect(usd(report, second, "leader", "DynamoDB writes")).toBeCloseTo((10 * secondsPerMonth + minutesPerMonth) * prices.dynamoWriteUnit);
  const alone = "a million entries, each alone";
  expect(usd(report, alone, "leader", "KMS signatures")).toBeCloseTo(5e6 * prices.kmsAsymmetricCall);
  expect(usd(report, alone, "follower", "API Gateway")).toBeCloseTo(4);
  const crowd = "a million entries, 100 at once";
  expect(usd(report, crowd, "leader", "Step Functions")).toBeCloseTo(4 * 1e4 * prices.stepTransition);
  for (const { lines, usd: sum } of report.bills) {
    for (const line of lines) expect(line.usd).toBe(line.quantity * line.price);
    expect(sum).toBeCloseTo(lines.reduce((all, line) => all + line.usd, 0));
  }
  const [, perMillion] = report.targets;
  const whole = report.bills.find((bill) => bill.of === crowd && bill.at === "leader")?.usd ?? 0;
  expect(perMillion?.usd).toBeCloseTo(whole - 2e6 * prices.kmsAsymmetricCall);
  expect(report.targets.map(({ met, usd: measured, wantedUsd }) => met === measured <= wantedUsd)).toEqual([true, true]);
});

test("what members use is counted: calls, units, signatures, tiles", async () => {
  const report = await measureCosts({ alone: 2, crowd: 4, groups: 1 });
  const { alone, crowd, idleMinute } = report.measured;
  expect(alone).toMatchObject({ entries: 2, blocks: 2, leader: { appCalls: 2, kms: { sign: 8, wrap: 4 } } });
  // A block that comes again, to another process, is acknowledged by another signature.
  expect(alone.follower.kms.sign).toBeGreaterThanOrEqual(2);
  expect(alone.follower).toMatchObject({ appCalls: 0, kms: { cosign: 2 } });
  expect(alone.follower.peerCalls).toBeGreaterThanOrEqual(2);
  expect(alone.follower.peerBytes).toBeGreaterThan(1_000);
  expect(alone.leader.shelfPuts).toBe(6);
  expect(crowd).toMatchObject({ entries: 4, leader: { appCalls: 4 } });
  for (const { leader, follower } of [alone, crowd])
    for (const { writes, reads } of [leader, follower]) expect(Math.min(writes, reads)).toBeGreaterThan(0);
  // The other three members' watchdogs ask for this one's health.
  expect(idleMinute.follower).toMatchObject({ publicCalls: 3, appCalls: 0, peerCalls: 0, writes: 1, kms: {} });
  expect(report.resources).toMatchObject({ keys: 5, dashboards: 1, metrics: 9 });
  expect(textOf(report)).toMatch(/^target: a month, idle: \d+\.\d\d USD of at most 8: (met|NOT MET)$/m);
});
