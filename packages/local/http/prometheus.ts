import type { Metrics } from "@vermilion/api";
import type { Health } from "@vermilion/member/services";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Names are those of the OpenTelemetry semantic conventions in the form that Prometheus has for them; our own begin with `vermilion_`. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30];

/** Metrics of one member's process. `health`, a chain each, is asked when they are read; labels hold patterns of routes and codes, never a person. */
export function prometheusMetrics(member: string, health: () => Promise<readonly Health[]>): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ member });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const duration = new Histogram({
    name: "http_server_request_duration_seconds",
    help: "Duration of answered calls",
    labelNames: ["http_request_method", "http_route", "http_response_status_code", "error_type"],
    buckets: durationBuckets,
    registers,
  });
  const refused = new Counter({
    name: "vermilion_rate_limited_total",
    help: "Calls that were refused for their number",
    registers,
  });
  const gauge = (name: string, help: string, read: (chain: Health["chains"][number], of: Health) => number) => {
    const made = new Gauge({ name: `vermilion_${name}`, help, labelNames: ["chain"], registers });
    return (of: Health) => {
      for (const chain of of.chains) made.set({ chain: chain.chain }, read(chain, of));
    };
  };
  const gauges = [
    gauge("block_height", "Height of the newest block here", ({ height }) => height),
    gauge("log_size", "Leaves of the tree", ({ size }) => size),
    gauge("log_final_size", "Leaves that a quorum has cosigned", ({ finalSize }) => finalSize),
    gauge("raft_term", "Term", ({ term }) => term),
    gauge("raft_leading", "1 while this member leads", ({ role }) => Number(role === "leader")),
    gauge("asleep", "1 while there is nothing to do", ({ asleep }) => Number(asleep)),
    gauge("healthy", "1 while the status is ok", (_chain, { status }) => Number(status === "ok")),
    gauge("amnesic", "1 while this member has forgotten what it signed", (_chain, { status }) => Number(status === "amnesic")),
  ];
  return {
    call({ method, route, status, seconds, code }) {
      duration.observe(
        { http_request_method: method, http_route: route, http_response_status_code: String(status), error_type: code ?? "" },
        seconds,
      );
      if (status === 429) refused.inc();
    },
    async text() {
      for (const one of await health()) for (const set of gauges) set(one);
      return registry.metrics();
    },
  };
}
