import { Metrics } from "@aws-lambda-powertools/metrics";
import { type MetricName, metricNamespace } from "../environment.ts";

export interface Meter {
  /** Adds to what is sent with the next `flush`. */
  count(name: MetricName, value: number): void;
}

/** The metrics of a function. */
export interface LambdaMeter extends Meter {
  /**
   * The main chain's figures stand under the member alone, so that a member of one chain pays for each once. Those of a further chain stand
   * under member and chain; what alarms watch stands under the member as well, which so is told of the worst of its chains.
   */
  ofChain(chain: { readonly id: string; readonly isMain: boolean }): Meter;
  /** Sends what was counted, a line of the log each set of dimensions (Embedded Metric Format), before the process may be frozen. */
  flush(): void;
}

/** How far a chain has come: the highest of several chains would say nothing. */
const ownOnly: ReadonlySet<MetricName> = new Set(["Height", "FinalSize"]);

export function lambdaMeter(member: string): LambdaMeter {
  const ofMember = metricsUnder({ Member: member });
  const further = new Map<string, Metrics>();

  function metricsOf(chain: string): Metrics {
    const known = further.get(chain) ?? metricsUnder({ Member: member, Chain: chain });
    further.set(chain, known);
    return known;
  }

  const count: Meter["count"] = (name, value) => add(ofMember, name, value);
  return {
    count,
    ofChain({ id, isMain }) {
      if (isMain) return { count };
      const own = metricsOf(id);
      return {
        count: (name, value) => {
          add(own, name, value);
          if (!ownOnly.has(name)) count(name, value);
        },
      };
    },
    flush() {
      for (const metrics of [ofMember, ...further.values()]) if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}

function metricsUnder(dimensions: Record<string, string>): Metrics {
  const metrics = new Metrics({ namespace: metricNamespace, serviceName: "vermilion" });
  // The library's own dimension, the service, would make another metric of it than the one that alarms and dashboard look at.
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions(dimensions);
  return metrics;
}

function add(metrics: Metrics, name: MetricName, value: number): void {
  metrics.addMetric(name, name.endsWith("Seconds") ? "Seconds" : "Count", value);
}
