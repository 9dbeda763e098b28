import { Metrics } from "@aws-lambda-powertools/metrics";
import { type MetricName, metricNamespace } from "../environment.ts";

export interface Meter {
  /** Adds to what is sent with the next `flush`. */
  count(name: MetricName, value: number): void;
  /** Sends what was counted, in one line of the log (Embedded Metric Format), before the process may be frozen. */
  flush(): void;
}

export function lambdaMeter(member: string): Meter {
  const metrics = new Metrics({ namespace: metricNamespace, serviceName: "vermilion" });
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
