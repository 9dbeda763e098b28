import { type MetricName, metricNamespace } from "@vermilion/aws/environment";
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

export type Statistic = "Sum" | "Maximum" | "SampleCount";

export function memberMetric(memberId: string, metricName: MetricName, statistic: Statistic, period = Duration.minutes(5)): Metric {
  return new Metric({ namespace: metricNamespace, metricName, dimensionsMap: { Member: memberId }, statistic, period });
}

export function coordinatorMetric({ coordinatorArn }: Watched, metricName: string, period = Duration.minutes(5)): Metric {
  const dimensionsMap = { StateMachineArn: coordinatorArn };
  return new Metric({ namespace: "AWS/States", metricName, dimensionsMap, statistic: "Sum", period });
}
