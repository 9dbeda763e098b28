import { prometheusMetrics } from "@vermilion/local/http/prometheus";
import { expect, test } from "vitest";
import { fakeServices } from "../api/support/services.ts";

const other = "cd".repeat(32);

test("metrics have the names of OpenTelemetry, patterns of routes and no path", async () => {
  const metrics = prometheusMetrics("customs", async () => {
    const main = await fakeServices().health({});
    const [chain] = main.chains;
    return [main, { ...main, chains: [{ ...chain!, chain: other, height: 3, role: "follower" }] }];
  });
  metrics.call({ method: "GET", route: "/v1/certificates/{certificate}", status: 404, seconds: 0.02, code: "unknown-certificate" });
  metrics.call({ method: "GET", route: "/v1/health", status: 429, seconds: 0.001, code: "rate-limited" });
  const text = await metrics.text();
  expect(text).toContain(
    'http_server_request_duration_seconds_count{member="customs",http_request_method="GET",http_route="/v1/certificates/{certificate}",http_response_status_code="404",error_type="unknown-certificate"} 1',
  );
  expect(text).toContain('vermilion_rate_limited_total{member="customs"} 1');
  const main = (await fakeServices().health({})).chains[0]?.chain;
  expect(text).toContain(`vermilion_block_height{chain="${main}",member="customs"} 7`);
  expect(text).toContain(`vermilion_raft_leading{chain="${main}",member="customs"} 1`);
  expect(text).toContain(`vermilion_block_height{chain="${other}",member="customs"} 3`);
  expect(text).toContain(`vermilion_raft_leading{chain="${other}",member="customs"} 0`);
  for (const line of text.split("\n")) expect(line).toMatch(/^(#.*|[a-z_:][a-z0-9_:]*(\{.*\})? [-+0-9.eNaIinf]+|)$/i);
});
