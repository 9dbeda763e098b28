import { chainPathOf, isOfChain, type Route, type RouteName, routes } from "@vermilion/protocol";
import type { ApiContext } from "../context/http.ts";
import { problem } from "./problems.ts";

/** No route: 404, or 405 with `Allow` where the path is known under another method (RFC 9110 section 15.5.6). */
export function wrongTurn(): (c: ApiContext) => Response {
  let known: readonly { readonly form: RegExp; readonly method: string }[] | undefined;
  return (c) => {
    known ??= (Object.keys(routes) as RouteName[]).flatMap((name) => {
      const route: Route = routes[name];
      const paths = isOfChain(name) ? [route.path, chainPathOf(route.path)] : [route.path];
      return paths.map((path) => ({ form: formOf(path, route.tail), method: route.method.toUpperCase() }));
    });
    const methods = known.filter(({ form }) => form.test(c.req.path)).map(({ method }) => method);
    if (methods.length === 0) return problem(c, { refused: "no-such-route" });
    c.header("Allow", [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))].join(", "));
    return problem(c, { refused: "method-not-allowed" });
  };
}

function formOf(path: string, tail: string | undefined): RegExp {
  const text = path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&").replaceAll(/\{(\w+)\}/g, (_, name) => (name === tail ? ".+" : "[^/]+"));
  return new RegExp(`^${text}$`);
}
