import type { MetricName } from "@vermilion/aws/environment";
import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { capitalised, functionNames } from "./roles.ts";
import { coordinatorMetric, memberMetric, type Statistic, type Watched } from "./watched.ts";

interface AlarmRow {
  readonly id: string;
  /** What has happened, and what to do first. */
  readonly means: string;
  readonly metric: IMetric;
  /** Alarms at this value and above, in so many periods of five minutes in a row. */
  readonly from: number;
  readonly periods: number;
  /** Alarms below `from` instead, and where nothing is measured at all. */
  readonly whenSilent?: true;
}

/** Every alarm tells one topic, by name of what happened; with an address, the topic tells a person. */
export function createAlarms(scope: Construct, watched: Watched, email: string | undefined): readonly Alarm[] {
  const topic = new Topic(scope, "AlarmTopic", { enforceSSL: true, displayName: `Vermilion ${watched.memberId}` });
  if (email !== undefined) topic.addSubscription(new EmailSubscription(email));
  return [...consensusRows(watched), ...machineryRows(watched)].map(({ id, means, metric, from, periods, whenSilent }) => {
    const alarm = new Alarm(scope, `${id}Alarm`, {
      alarmDescription: `${watched.memberId}: ${means}`,
      metric,
      threshold: from,
      evaluationPeriods: periods,
      comparisonOperator: whenSilent ? ComparisonOperator.LESS_THAN_THRESHOLD : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: whenSilent ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
    return alarm;
  });
}

function consensusRows({ memberId }: Watched): readonly AlarmRow[] {
  const row = (name: MetricName, statistic: Statistic, from: number, periods: number, means: string): AlarmRow => ({
    id: name,
    means,
    metric: memberMetric(memberId, name, statistic),
    from,
    periods,
  });
  return [
    row("LeaderChanges", "Sum", 6, 2, "leadership goes to and fro; look at the network between the members"),
    row("CommitLagSeconds", "Maximum", 120, 2, "proposals wait and nothing commits; look whether a majority of the members can be reached"),
    row("FinalityLagSeconds", "Maximum", 600, 3, "blocks commit but do not become final; look which members do not cosign"),
    row("RefusedEntries", "Sum", 100, 2, "many entries are refused; look which app sends them, and for which code"),
    row("Amnesic", "Maximum", 1, 1, "the member has been set back and takes no part; let it rejoin"),
    row("Diverged", "Maximum", 1, 1, "the member disagrees with a quorum and has stopped; keep the evidence and call the others"),
    row("WaitingProposals", "Maximum", 1_000, 3, "proposals pile up"),
    {
      id: "Silence",
      means: "the watchdog measures nothing; look at its log",
      metric: memberMetric(memberId, "Height", "SampleCount"),
      from: 1,
      periods: 2,
      whenSilent: true,
    },
  ];
}

/** One alarm a metric: a sum of several is billed the same, says less of where to look, and not every place that runs this stack knows it. */
function machineryRows(watched: Watched): readonly AlarmRow[] {
  const { functions, tables, queues, stage } = watched;
  const period = Duration.minutes(5);
  const row = (id: string, metric: IMetric, from: number, means: string): AlarmRow => ({ id, means, metric, from, periods: 1 });
  const depth = (queue: Queue) => queue.metricApproximateNumberOfMessagesVisible({ period, statistic: "Maximum" });
  return [
    row("WakeDeadLetters", depth(queues.wakeDead), 1, "wake-ups could not be worked on; look at the log of wake"),
    row("TilesDeadLetters", depth(queues.tilesDead), 1, "something final could not be published; look at the log of tiles"),
    row("ApiFaults", stage.metricServerError({ period }), 5, "the API answers 5xx; look at the log of api"),
    row("ExecutionsFailed", coordinatorMetric(watched, "ExecutionsFailed"), 1, "the coordinator failed; look at its execution"),
    row("ExecutionsTimedOut", coordinatorMetric(watched, "ExecutionsTimedOut"), 1, "an execution of the coordinator hung"),
    ...functionNames.map((name) =>
      row(`${capitalised(name)}Errors`, functions[name].metricErrors({ period }), 3, `the function ${name} fails; look at its log`),
    ),
    ...(["api", "turn"] as const).map((name) =>
      row(
        `${capitalised(name)}Throttles`,
        functions[name].metricThrottles({ period }),
        1,
        "the account's concurrency is used up; ask AWS for more",
      ),
    ),
    ...(["ledger", "raft"] as const).map((name) =>
      row(
        `${capitalised(name)}Throttles`,
        tables[name].metric("WriteThrottleEvents", { period, statistic: "Sum" }),
        10,
        `DynamoDB holds back writes to the ${name} table; a partition is hot`,
      ),
    ),
  ];
}
