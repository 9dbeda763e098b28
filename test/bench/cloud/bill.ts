import { sizes } from "../../../infra/functions.ts";
import { prices } from "../../../infra/prices.ts";
import type { Usage } from "./usage.ts";

/** Not measured: what only an account at AWS could say. Each is a guess on the careful side, and stands in the output. */
export const assumptions = {
  /** Time of one call, ms: nobody has measured these on AWS. */
  appCallAloneMs: 800,
  appCallInCrowdMs: 2_000,
  peerCallMs: 150,
  publicCallMs: 30,
  turnMs: 1_000,
  wakeMs: 50,
  watchdogMs: 300,
  tilesMs: 300,
  /** Lines that a call leaves in logs: Lambda's own, the API's access log, the member's. */
  logBytesPerCall: 1_000,
  /** A queue that Lambda reads asks all the time: five pollers, 20 s each. */
  queuePollsPerMonth: 657_450,
  /** Task and choice of a step, and what an execution has beside its steps. */
  transitionsPerStep: 2,
  transitionsPerExecution: 2,
} as const;

export const minutesPerMonth = 43_830;
export const secondsPerMonth = 2_629_800;

/** Quantity × price = USD. */
export interface Line {
  readonly service: string;
  readonly quantity: number;
  readonly unit: string;
  readonly price: number;
  readonly usd: number;
}

export function line(service: string, quantity: number, unit: string, price: number): Line {
  return { service, quantity, unit, price, usd: quantity * price };
}

export function total(lines: readonly Line[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}

/** What the stack has whether anybody calls or not. */
export interface Resources {
  readonly keys: number;
  readonly alarms: number;
  readonly dashboards: number;
  readonly metrics: number;
}

export function monthlyLines({ keys, alarms, dashboards, metrics }: Resources): readonly Line[] {
  return [
    line("KMS keys", keys, "keys", prices.kmsKeyMonth),
    line("CloudWatch metrics of the member", metrics, "metrics", prices.metricMonth),
    line("CloudWatch alarms", alarms, "alarms", prices.alarmMonth),
    line("CloudWatch dashboard", dashboards, "dashboard", prices.dashboardMonth),
    line("SQS, Lambda asking for wake-ups", assumptions.queuePollsPerMonth, "requests", prices.sqsRequest),
  ];
}

/** The bill of what was used, `times` over. `appCallMs` is how long the call of an app lasts; looks are those of the watchdog. */
export function usageLines(used: Usage, times: number, { appCallMs, looks = 0 }: { appCallMs: number; looks?: number }): readonly Line[] {
  const { kms } = used;
  const httpCalls = used.appCalls + used.peerCalls + used.publicCalls;
  const calls = httpCalls + used.steps + used.wakeUps + used.tilesRuns + looks;
  const gbSeconds =
    gbMs("api", used.appCalls * appCallMs + used.peerCalls * assumptions.peerCallMs) +
    gbMs("public", used.publicCalls * assumptions.publicCallMs) +
    gbMs("turn", used.steps * assumptions.turnMs) +
    gbMs("wake", used.wakeUps * assumptions.wakeMs) +
    gbMs("watchdog", looks * assumptions.watchdogMs) +
    gbMs("tiles", used.tilesRuns * assumptions.tilesMs);
  const transitions = used.steps * assumptions.transitionsPerStep + used.executions * assumptions.transitionsPerExecution;
  const asymmetric = (kms.sign ?? 0) + (kms.log ?? 0) + (kms.cosign ?? 0) + (kms.agree ?? 0);
  return [
    line("API Gateway", httpCalls * times, "requests", prices.httpApiCall),
    line("Lambda calls", calls * times, "calls", prices.lambdaCall),
    line("Lambda time", gbSeconds * times, "GB s", prices.lambdaGbSecond),
    line("DynamoDB writes", used.writes * times, "units", prices.dynamoWriteUnit),
    line("DynamoDB reads", used.reads * times, "units", prices.dynamoReadUnit),
    line("KMS signatures", asymmetric * times, "calls", prices.kmsAsymmetricCall),
    line("KMS wrapping", (kms.wrap ?? 0) * times, "calls", prices.kmsSymmetricCall),
    line("S3 puts of tiles", used.shelfPuts * times, "requests", prices.s3Put),
    line("S3 gets of tiles", used.shelfGets * times, "requests", prices.s3Get),
    line("Step Functions", transitions * times, "transitions", prices.stepTransition),
    // Sent by the API, received by Lambda, deleted by Lambda.
    line("SQS", 3 * used.wakeUps * times, "requests", prices.sqsRequest),
    line("Scheduler", looks * times, "calls", prices.schedulerCall),
    line("CloudWatch logs", (calls * assumptions.logBytesPerCall * times) / 1e9, "GB", prices.logsGb),
    line("Traffic to peers, at most", (used.peerBytes * times) / 1e9, "GB", prices.trafficOutGb),
  ].filter(({ quantity }) => quantity > 0);
}

function gbMs(name: keyof typeof sizes, ms: number): number {
  return (sizes[name].memoryMb / 1_024) * (ms / 1_000);
}

/** Two uses as one. */
export function together(one: Usage, other: Usage, otherTimes = 1): Usage {
  const added = (name: Exclude<keyof Usage, "kms" | "readsBy">) => one[name] + other[name] * otherTimes;
  const names = ["sign", "log", "cosign", "agree", "wrap"] as const;
  return {
    writes: added("writes"),
    reads: added("reads"),
    readsBy: one.readsBy,
    kms: Object.fromEntries(names.map((name) => [name, (one.kms[name] ?? 0) + (other.kms[name] ?? 0) * otherTimes])),
    appCalls: added("appCalls"),
    peerCalls: added("peerCalls"),
    publicCalls: added("publicCalls"),
    wakeUps: added("wakeUps"),
    executions: added("executions"),
    steps: added("steps"),
    tilesRuns: added("tilesRuns"),
    shelfPuts: added("shelfPuts"),
    shelfGets: added("shelfGets"),
    peerBytes: added("peerBytes"),
  };
}
