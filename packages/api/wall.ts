import { concat, type Json, jsonDepthMax, parseStrict, toHex } from "@vermilion/ledger";
import type { MiddlewareHandler } from "hono";
import type { ApiContext, ApiEnv, ApiNeeds } from "./context.ts";
import { type ProblemInput, problem } from "./problems.ts";

export const appBodyBytesMax = 1024 * 1024;
export const peerBodyBytesMax = 8 * 1024 * 1024;

const requestIdForm = /^[A-Za-z0-9._-]{1,64}$/;
/** W3C Trace Context section 3.2.2. */
const traceparentForm = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;
const jsonForm = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i;
const linesForm = /^application\/x-ndjson(?:\s*;\s*charset="?utf-8"?)?$/i;
const bytesForm = /^application\/octet-stream$/i;
const formForm = /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?$/i;

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

/** Length of the body as its sender states it; undefined where it is sent in chunks, or nonsense. */
export function declaredLength(c: ApiContext): number | undefined {
  const given = c.req.header("content-length");
  return given !== undefined && /^[0-9]{1,15}$/.test(given) ? Number(given) : undefined;
}

/** What has come with the headers is thrown away by the server; beyond that a refused body is not worth its connection. */
const abandonedBytesMax = 64 * 1024;

/** For a refusal before the body was read. */
export function abandonBody(c: ApiContext): void {
  const isSmall = (declaredLength(c) ?? Number.POSITIVE_INFINITY) <= abandonedBytesMax;
  if (!isSmall) c.header("Connection", "close");
}

/** A body is not long: whoever takes longer holds a place for nothing. */
const bodyWithinMs = 60_000;

export type Read<T> = { readonly value: T } | ProblemInput;

/**
 * The whole body, counted as it streams in: a Content-Length may be absent or lie. A body that is too long is not read to its end, and the
 * connection is given up, because what follows on it is the rest of that body.
 */
export async function readBody(c: ApiContext, bytesMax: number, withinMs = bodyWithinMs): Promise<Read<Uint8Array>> {
  const tooLarge: ProblemInput = { refused: "body-too-large", detail: `at most ${bytesMax} bytes` };
  if (Number(c.req.header("content-length") ?? "0") > bytesMax) {
    c.header("Connection", "close");
    return tooLarge;
  }
  const stream = c.req.raw.body;
  if (stream === null) return { value: new Uint8Array() };
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  const late = AbortSignal.timeout(withinMs);
  const isLate = new Promise<"late">((resolve) => late.addEventListener("abort", () => resolve("late"), { once: true }));
  for (;;) {
    const read = await Promise.race([reader.read(), isLate]);
    if (read !== "late" && read.done) return { value: concat(...chunks) };
    size += read === "late" ? 0 : read.value.length;
    if (read === "late" || size > bytesMax) {
      c.header("Connection", "close");
      // What else comes is not read.
      void reader.cancel().catch(() => undefined);
      return read === "late" ? { refused: "body-too-slow", detail: `within ${withinMs / 1_000} s` } : tooLarge;
    }
    chunks.push(read.value);
  }
}

const contentTypes = {
  json: { form: jsonForm, detail: "application/json in UTF-8, not compressed" },
  form: { form: formForm, detail: "application/x-www-form-urlencoded, not compressed" },
  lines: { form: linesForm, detail: "application/x-ndjson in UTF-8, or application/json; not compressed" },
  bytes: { form: bytesForm, detail: "application/octet-stream, not compressed" },
} as const;

/** The content type that a body must have; compressed bodies are not taken, so that what is counted is what is parsed. */
export function refuseContentType(c: ApiContext, expected: keyof typeof contentTypes): ProblemInput | undefined {
  const given = c.req.header("content-type") ?? "";
  const encoding = c.req.header("content-encoding") ?? "identity";
  const { form, detail } = contentTypes[expected];
  if (form.test(given.trim()) && encoding.toLowerCase() === "identity") return undefined;
  return { refused: "unsupported-content-type", detail };
}

/** Strict JSON: no duplicate keys, floats, half surrogates, nor more than 16 levels. */
export function parseJsonBody(bytes: Uint8Array, bytesMax: number = appBodyBytesMax): Read<Json> {
  const parsed = parseStrict(bytes, { bytesMax, depthMax: jsonDepthMax });
  return "refused" in parsed ? { refused: parsed.refused, detail: parsed.detail } : parsed;
}

/** Query parameters, each at most once. */
export function readQuery(c: ApiContext): Read<Record<string, string>> {
  const all = c.req.queries();
  const twice = Object.entries(all).find(([, values]) => values.length !== 1);
  if (twice !== undefined) return { refused: "malformed-query", detail: "a parameter stands twice" };
  return { value: Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values[0] ?? ""])) };
}
