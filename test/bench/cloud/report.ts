import { prices, pricesAsOf, pricesRegion } from "../../../infra/prices.ts";
import { build } from "../../infra/synth.ts";
import {
  assumptions,
  type Line,
  line,
  minutesPerMonth,
  monthlyLines,
  type Resources,
  secondsPerMonth,
  together,
  total,
  usageLines,
} from "./bill.ts";
import { type Counted, CountedConsortium, type Usage } from "./usage.ts";

/** One bill: what it is of, its lines, their sum. */
interface Bill {
  readonly of: string;
  readonly at: "leader" | "follower" | "any member";
  readonly lines: readonly Line[];
  readonly usd: number;
}

interface Target {
  readonly what: string;
  readonly wantedUsd: number;
  readonly usd: number;
  readonly met: boolean;
}

export interface CostReport {
  readonly version: 1;
  readonly pricesAsOf: string;
  readonly region: string;
  readonly assumptions: typeof assumptions;
  readonly resources: Resources;
  readonly measured: { readonly idleMinute: Counted; readonly idleTiles: Counted; readonly alone: Counted; readonly crowd: Counted };
  readonly bills: readonly Bill[];
  readonly targets: readonly Target[];
}

/** Entries that are sent one by one, and together. */
export interface Size {
  readonly alone: number;
  readonly crowd: number;
  readonly groups: number;
}

// Five times as fast as on Lambda, as everything in the harness: one a second there.
const aloneEveryMs = 200;
const million = 1e6;

export async function measureCosts({ alone, crowd, groups }: Size): Promise<CostReport> {
  const consortium = await CountedConsortium.open();
  const oneByOne = await consortium.issue(alone, 1, aloneEveryMs);
  const atOnce = await consortium.issue(crowd * groups, crowd);
  // The first look counts what has happened before; from then on they are alike.
  await consortium.look();
  const idleMinute = await consortium.look();
  const idleTiles = await consortium.publishNothing();
  const { template } = build();
  const count = (type: string) => Object.keys(template.findResources(type)).length;
  const resources = {
    keys: count("AWS::KMS::Key"),
    alarms: count("AWS::CloudWatch::Alarm"),
    dashboards: count("AWS::CloudWatch::Dashboard"),
    metrics: idleMinute.metrics,
  };
  return reportOf(resources, { idleMinute, idleTiles, alone: oneByOne, crowd: atOnce });
}

/** The arithmetic, of figures that are given. */
export function reportOf(resources: Resources, measured: CostReport["measured"]): CostReport {
  const idle = idleLines(resources, measured);
  const bills: Bill[] = [bill("a month, idle", "any member", idle)];
  for (const at of ["leader", "follower"] as const) {
    const lone = usageLines(measured.alone[at], secondsPerMonth / measured.alone.entries, { appCallMs: assumptions.appCallAloneMs });
    bills.push(bill("a month, one entry a second, each alone", at, [...idle, ...lone]));
  }
  for (const at of ["leader", "follower"] as const)
    bills.push(bill("a million entries, each alone", at, perMillion(measured.alone, at, assumptions.appCallAloneMs)));
  for (const at of ["leader", "follower"] as const)
    bills.push(bill("a million entries, 100 at once", at, perMillion(measured.crowd, at, assumptions.appCallInCrowdMs)));
  const crowd = bills.find(({ of, at }) => of === "a million entries, 100 at once" && at === "leader");
  const withoutSigning = (crowd?.usd ?? 0) - signedEntries(measured.crowd);
  return {
    version: 1,
    pricesAsOf,
    region: pricesRegion,
    assumptions,
    resources,
    measured,
    bills,
    targets: [
      target("a month, idle", 8, total(idle)),
      target("a million entries, 100 at once, at the leader, without the signatures of entries and certificates", 7, withoutSigning),
    ],
  };
}

function idleLines(resources: Resources, { idleMinute, idleTiles }: CostReport["measured"]): readonly Line[] {
  // The function that publishes looks every five minutes.
  const minute: Usage = together(idleMinute.follower, idleTiles.follower, 1 / 5);
  const used = usageLines(minute, minutesPerMonth, { appCallMs: 0, looks: 1 });
  const scheduled = line("Scheduler, tiles", minutesPerMonth / 5, "calls", prices.schedulerCall);
  return [...monthlyLines(resources), ...used, scheduled];
}

function perMillion(counted: Counted, at: "leader" | "follower", appCallMs: number): readonly Line[] {
  return usageLines(counted[at], million / counted.entries, { appCallMs });
}

/** Of each certificate that a member issues: the certificate and the entry. */
function signedEntries({ leader, entries, blocks }: Counted): number {
  const ofBlocks = 2 * blocks;
  return (((leader.kms.sign ?? 0) - ofBlocks) / entries) * million * prices.kmsAsymmetricCall;
}

function bill(of: string, at: Bill["at"], lines: readonly Line[]): Bill {
  return { of, at, lines, usd: total(lines) };
}

function target(what: string, wantedUsd: number, usd: number): Target {
  return { what, wantedUsd, usd, met: usd <= wantedUsd };
}

export function textOf({ bills, targets, measured, resources, ...report }: CostReport): string {
  const { alone, crowd } = measured;
  const head = [
    `List prices in USD, ${report.region}, ${report.pricesAsOf}, without free tiers. Four members; the leader issues, all follow.`,
    `Measured: ${alone.entries} entries in ${alone.blocks} blocks one by one; ${crowd.entries} entries in ${crowd.blocks} blocks, 100 at once at most.`,
    `The stack has ${resources.keys} keys, ${resources.alarms} alarms, ${resources.metrics} metrics of its own, ${resources.dashboards} dashboard.`,
    "Assumed, not measured:",
    ...Object.entries(report.assumptions).map(([name, value]) => `  ${name} ${value}`),
  ];
  const tables = bills.map(({ of, at, lines, usd }) => {
    const rows = lines.map(
      (row) =>
        `  ${row.service.padEnd(34)}${say(row.quantity).padStart(14)} ${row.unit.padEnd(12)}× ${exact(row.price).padEnd(14)}= ${row.usd.toFixed(2).padStart(8)}`,
    );
    return [`${of}, ${at}`, ...rows, `  ${"together".padEnd(77)}${usd.toFixed(2).padStart(10)} USD`].join("\n");
  });
  const aims = targets.map(
    ({ what, wantedUsd, usd, met }) => `target: ${what}: ${usd.toFixed(2)} USD of at most ${wantedUsd}: ${met ? "met" : "NOT MET"}`,
  );
  return [head.join("\n"), ...tables, aims.join("\n")].join("\n\n");
}

function say(quantity: number): string {
  return quantity.toLocaleString("en-US", { maximumFractionDigits: quantity < 100 ? 2 : 0 });
}

function exact(price: number): string {
  return price >= 0.01 ? `${price}` : price.toFixed(10).replace(/0+$/, "");
}
