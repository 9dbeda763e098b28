import { Metrics } from "@aws-lambda-powertools/metrics";

/** Figures in CloudWatch, namespace `Vermilion`, dimension `Member`: what each is stands in `infra/alarms.ts`, where it is watched. */
export type MetricName =
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

export interface Meter {
  /** Adds to what is sent with the next `flush`. */
  count(name: MetricName, value: number): void;
  /** Sends what was counted, in one line of the log (Embedded Metric Format), before the process may be frozen. */
  flush(): void;
}

export function lambdaMeter(member: string): Meter {
  const metrics = new Metrics({ namespace: "Vermilion", serviceName: "vermilion" });
  // The library's own dimension, the service, would make another metric of it than the one that alarms and dashboard look at.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ Member: member });
  return {
    count: (name, value) => metrics.addMetric(name, name.endsWith("Seconds") ? "Seconds" : "Count", value),
    flush: () => {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
