import { Duration } from "aws-cdk-lib";
import type { HttpStage } from "aws-cdk-lib/aws-apigatewayv2";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { Functions } from "./functions.ts";
import type { Queues } from "./queues.ts";
import type { Tables } from "./tables.ts";

/** What alarms and dashboard look at. */
export interface Watched {
  readonly memberId: string;
  readonly functions: Functions;
  readonly tables: Tables;
  readonly queues: Queues;
  readonly stage: HttpStage;
  readonly coordinatorArn: string;
}

/** What the member measures of itself: the functions write these into their logs in CloudWatch's embedded format. */
export type MemberMetricName =
  | "LeaderChanges"
  | "CommitLagSeconds"
  | "FinalityLagSeconds"
  | "RefusedEntries"
  | "Amnesic"
  | "Diverged"
  | "WaitingProposals"
  | "Height"
  | "FinalSize"
  | "KmsCalls";

export type Statistic = "Sum" | "Maximum" | "SampleCount";

export function memberMetric(memberId: string, metricName: MemberMetricName, statistic: Statistic, period = Duration.minutes(5)): Metric {
  return new Metric({ namespace: "Vermilion", metricName, dimensionsMap: { Member: memberId }, statistic, period });
}

export function coordinatorMetric({ coordinatorArn }: Watched, metricName: string, period = Duration.minutes(5)): Metric {
  const dimensionsMap = { StateMachineArn: coordinatorArn };
  return new Metric({ namespace: "AWS/States", metricName, dimensionsMap, statistic: "Sum", period });
}
