import { z } from "@hono/zod-openapi";
import { answer, type Doors } from "../doors.ts";
import { metricsContentType } from "../metrics.ts";
import { problem } from "../problems.ts";
import { health } from "../schemas.ts";

export function metricsRoute({ reading, needs: { metrics } }: Doors): void {
  reading(
    {
      method: "get",
      path: "/metrics",
      topic: "consortium",
      summary: { zh: "运行指标（Prometheus）", en: "Metrics of this process, for Prometheus" },
      description: "云平台的指标在 CloudWatch。In the cloud the platform's own metrics stand for these: `no-metrics`.",
      scopes: ["metrics:read"],
      typeOf: "any",
      answers: { 200: { description: "Prometheus text format 0.0.4", content: { "text/plain": z.string() } } },
      problems: ["no-metrics"],
    },
    async ({ c }) => {
      if (metrics === undefined) return problem(c, { refused: "no-metrics" });
      return c.body(await metrics.text(), 200, { "Content-Type": metricsContentType });
    },
  );
}

export function healthRoutes({ publicly, needs }: Doors): void {
  publicly(
    {
      method: "get",
      path: "/v1/health",
      topic: "consortium",
      summary: { zh: "本成员的运行状况", en: "How this member is" },
      description: "不降低可用性的问题也在此列出；应答总是 200，判断以 status 为准。Always 200: `status` tells how the member is.",
      answers: { 200: { description: "运行状况 · health", content: { "application/json": health } } },
    },
    async ({ c }) => answer(c, health, await needs.services.health()),
  );
  publicly(
    {
      method: "get",
      path: "/v1/ready",
      topic: "consortium",
      summary: { zh: "本成员能否处理请求", en: "Whether this member can do what is asked of it" },
      description: "供负载均衡与监控使用。For load balancers and monitors: 200, or 503 with the codes of `reasons` of /v1/health.",
      answers: { 200: { description: "可以 · it can", content: { "application/json": z.object({ ready: z.literal(true) }) } } },
      problems: ["not-ready"],
    },
    async ({ c }) => {
      const { ready, reasons } = await needs.services.health();
      const codes = [...(needs.isDraining?.() === true ? ["draining"] : []), ...reasons.map(({ code }) => code)];
      if (ready && codes[0] !== "draining") return c.json({ ready });
      return problem(c, { refused: "not-ready", detail: codes.join(", ") });
    },
  );
}
