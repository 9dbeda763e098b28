import type { Hono } from "hono";
import { handle } from "hono/aws-lambda";

/** A handler of HTTP API events (payload 2.0) over anything that answers requests. */
export function lambdaHttp(answer: (request: Request) => Promise<Response>) {
  // All that the adapter uses of an app is its `fetch`.
  return handle({ fetch: (request: Request) => answer(request) } as unknown as Hono);
}
