import { Hono } from "hono";
import { handle } from "hono/aws-lambda";

interface Bindings {
  readonly requestContext?: { readonly http?: { readonly sourceIp?: string } };
}

/** A handler of HTTP API events (payload 2.0) over anything that answers requests. */
export function lambdaHttp(answer: (request: Request, caller: { readonly address?: string }) => Promise<Response>) {
  const app = new Hono<{ Bindings: Bindings }>();
  app.all("*", (c) => {
    const address = c.env.requestContext?.http?.sourceIp;
    return answer(c.req.raw, address === undefined ? {} : { address });
  });
  return handle(app);
}
