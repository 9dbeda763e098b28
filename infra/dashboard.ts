import { type Alarm, AlarmStatusWidget, Dashboard, GraphWidget, type IMetric, SingleValueWidget } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { costMeter } from "./cost-meter.ts";
import { pricesAsOf } from "./prices.ts";
import { coordinatorMetric, memberMetric, type Watched } from "./watched.ts";

/** One page on which an operator sees whether the member lives, keeps up, and what it costs. */
export function createDashboard(scope: Construct, watched: Watched, alarms: readonly Alarm[]): Dashboard {
  const { memberId, functions, tables, queues, stage } = watched;
  const own = (...names: readonly Parameters<typeof memberMetric>[1][]) => names.map((name) => memberMetric(memberId, name, "Maximum"));
  const counted = (...names: readonly Parameters<typeof memberMetric>[1][]) => names.map((name) => memberMetric(memberId, name, "Sum"));
  const each = Object.values(functions);
  const dashboard = new Dashboard(scope, "Dashboard", { dashboardName: `vermilion-${memberId}` });
  dashboard.addWidgets(new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms], width: 24 }));
  dashboard.addWidgets(
    graph("Ledger", own("Height", "FinalSize")),
    graph("Lag, seconds", own("CommitLagSeconds", "FinalityLagSeconds")),
    graph("Waiting and refused", [...own("WaitingProposals"), ...counted("RefusedEntries")]),
    graph("Leadership", [...counted("LeaderChanges"), ...own("Amnesic", "Diverged")]),
  );
  dashboard.addWidgets(
    graph("API", [stage.metricCount(), stage.metricClientError(), stage.metricServerError()]),
    graph("API latency, ms", [stage.metricLatency({ statistic: "p50" }), stage.metricLatency({ statistic: "p99" })]),
    graph(
      "Errors of functions",
      each.map((one) => one.metricErrors()),
    ),
    graph(
      "Time of functions, ms",
      each.map((one) => one.metricDuration({ statistic: "p99" })),
    ),
  );
  dashboard.addWidgets(
    graph(
      "Coordinator",
      ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed"].map((name) => coordinatorMetric(watched, name)),
    ),
    graph(
      "Written units",
      [tables.ledger, tables.raft, tables.records].map((table) => table.metricConsumedWriteCapacityUnits()),
    ),
    graph(
      "Dead letters",
      [queues.wakeDead, queues.tilesDead].map((queue) => queue.metricApproximateNumberOfMessagesVisible()),
    ),
    graph("Calls of KMS", counted("KmsCalls")),
  );
  dashboard.addWidgets(
    new SingleValueWidget({ title: `Cost meter, list prices of ${pricesAsOf}`, metrics: [...costMeter(watched)], width: 12, height: 6 }),
    new GraphWidget({ title: "Cost, USD a day", left: [...costMeter(watched)], width: 12, height: 6 }),
  );
  return dashboard;
}

function graph(title: string, left: readonly IMetric[]): GraphWidget {
  return new GraphWidget({ title, left: [...left], width: 6, height: 6 });
}
