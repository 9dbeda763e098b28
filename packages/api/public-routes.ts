import { createApi } from "./app.ts";
import type { ApiNeeds } from "./context.ts";

/** A route as API gateways write it: `{name}` is one segment of the path, `{name+}` all that are left. */
export interface PublicRoute {
  readonly method: "GET";
  readonly path: string;
  /** Answered with the member's sign key. */
  readonly signs: boolean;
}

/**
 * The routes that anybody may read without an account, as the OpenAPI document declares them. A front door can so send them to a process
 * that holds no more than they need. Sign-in is for everybody too, but it writes, and is not among them.
 */
export function publicRoutes(): readonly PublicRoute[] {
  const app = createApi(needsOfNobody);
  const declared = new Map(
    app.openAPIRegistry.definitions.flatMap((definition) =>
      definition.type === "route" && definition.route.method === "get" && definition.route["x-vermilion-audience"] === "public"
        ? [[definition.route.path, definition.route["x-vermilion-signs"] === true] as const]
        : [],
    ),
  );
  return app.routes
    .filter(({ method }) => method === "GET")
    .map(({ path }) => path.replaceAll(/:(\w+)\{\.\+\}/g, "{$1+}").replaceAll(/:(\w+)/g, "{$1}"))
    .flatMap((path) => {
      const signs = declared.get(path.replaceAll("+}", "}"));
      return signs === undefined ? [] : [{ method: "GET", path, signs } as const];
    });
}

/** Mounting a route only names what its handler will use: an app that serves nobody needs nothing but a name and an address. */
const needsOfNobody = { baseUrl: "https://member.invalid", member: "nobody" } as ApiNeeds;
