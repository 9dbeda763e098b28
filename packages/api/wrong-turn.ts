import type { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiContext, ApiEnv } from "./context.ts";
import { problem } from "./problems.ts";

/** No route: 404, or 405 with `Allow` where the path is known under another method (RFC 9110 section 15.5.6). */
export function wrongTurn(app: OpenAPIHono<ApiEnv>): (c: ApiContext) => Response {
  let known: readonly { readonly form: RegExp; readonly method: string }[] | undefined;
  return (c) => {
    known ??= app.openAPIRegistry.definitions.flatMap((definition) =>
      definition.type === "route" ? [{ form: formOf(definition.route.path), method: definition.route.method.toUpperCase() }] : [],
    );
    const methods = known.filter(({ form }) => form.test(c.req.path)).map(({ method }) => method);
    if (methods.length === 0) return problem(c, { refused: "no-such-route" });
    c.header("Allow", [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))].join(", "));
    return problem(c, { refused: "method-not-allowed" });
  };
}

function formOf(path: string): RegExp {
  const text = path
    .replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&")
    .replaceAll("{tile}", ".+")
    .replaceAll(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${text}$`);
}
