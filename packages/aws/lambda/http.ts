import type { Hono } from "hono";
import { handle } from "hono/aws-lambda";

/** A handler of HTTP API events (payload 2.0) over anything that answers requests. */
export function lambdaHttp(answer: (request: Request, caller: { readonly address?: string }) => Promise<Response>) {
  // All that the adapter uses of an app is its `fetch`.
  const fetch = (request: Request, env: { readonly requestContext?: { readonly http?: { readonly sourceIp?: string } } }) => {
    const address = env.requestContext?.http?.sourceIp;
    return answer(request, address === undefined ? {} : { address });
  };
  return handle({ fetch } as unknown as Hono);
}
