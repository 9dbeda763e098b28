import { toHex } from "@vermilion/ledger";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "../context/http.ts";
import type { ApiNeeds } from "../context/needs.ts";
import { abandonBody } from "./body.ts";
import { problem } from "./problems.ts";

const requestIdForm = /^[A-Za-z0-9._-]{1,64}$/;
/** W3C Trace Context section 3.2.2. */
const traceparentForm = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/** Names the call, continues the caller's trace with a span of our own, and writes one line when it is answered. */
export function accessLog(needs: Pick<ApiNeeds, "clock" | "random" | "log" | "metrics">): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const startedAt = needs.clock.now();
    const given = c.req.header("x-request-id");
    const requestId = given !== undefined && requestIdForm.test(given) ? given : toHex(needs.random.bytes(16));
    const [, trace, flags] = traceparentForm.exec(c.req.header("traceparent") ?? "") ?? [];
    const traceparent = `00-${trace ?? toHex(needs.random.bytes(16))}-${toHex(needs.random.bytes(8))}-${flags ?? "01"}`;
    c.set("requestId", requestId);
    c.set("traceparent", traceparent);
    await next();
    c.header("X-Request-Id", requestId);
    c.header("traceparent", traceparent);
    const [method, route, code] = [c.req.method, c.get("route") ?? "-", c.get("code")];
    const seconds = (needs.clock.now() - startedAt) / 1_000;
    needs.metrics?.call({ method, route, status: c.res.status, seconds, ...(code === undefined ? {} : { code }) });
    // The route's pattern and not the path: identifiers and addresses of people are in paths, and queries are nobody's business.
    needs.log.info("call", {
      requestId,
      traceId: traceparent.slice(3, 35),
      method: c.req.method,
      route: c.get("route") ?? "-",
      status: c.res.status,
      ms: needs.clock.now() - startedAt,
      ...named("chain", c.get("chain")),
      ...named("code", c.get("code")),
      ...named("app", c.get("app")),
      ...named("peer", c.get("peer")),
    });
  };
}

function named(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}

/** The API gives data to programs: nothing of it may be framed, sniffed, run, or kept by a cache unless a route says otherwise. */
export function securityHeaders(needs: Pick<ApiNeeds, "baseUrl">): MiddlewareHandler<ApiEnv> {
  const secure = needs.baseUrl.startsWith("https:");
  return async (c, next) => {
    await next();
    c.header("X-Content-Type-Options", "nosniff");
    if (!c.res.headers.has("Content-Security-Policy")) c.header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    c.header("Referrer-Policy", "no-referrer");
    if (secure) c.header("Strict-Transport-Security", "max-age=31536000");
    if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
  };
}

/** What goes on being answered while the process ends: the other members, without whom running calls may not end, and who asks how it is. */
const answeredToTheEnd = /^\/(?:peer\/.*|metrics|v1\/health|v1\/ready)$/;

/** Calls that come after the process was told to end: somebody else, or the next process, may have them. */
export function refuseWhileDraining({ isDraining }: Pick<ApiNeeds, "isDraining">): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (isDraining?.() !== true) return next();
    c.header("Connection", "close");
    if (answeredToTheEnd.test(c.req.path)) return next();
    abandonBody(c);
    return problem(c, { refused: "draining" });
  };
}
