import { audienceOf, chainPathOf, isOfChain, type Route, type RouteName, routes } from "@vermilion/protocol";

/** A route as API gateways write it: `{name}` is one segment of the path, `{name+}` all that are left. */
export interface PublicRoute {
  readonly method: "GET";
  readonly path: string;
  /** Answered with the member's sign key. */
  readonly signs: boolean;
}

/**
 * The routes that anybody may read without an account. A front door can so send them to a process that holds no more than they need. Sign-in
 * is for everybody too, but it writes, and is not among them.
 */
export function publicRoutes(): readonly PublicRoute[] {
  return (Object.keys(routes) as RouteName[]).flatMap((name) => {
    const route: Route = routes[name];
    if (route.method !== "get" || audienceOf(route) !== "public") return [];
    const paths = isOfChain(name) ? [route.path, chainPathOf(route.path)] : [route.path];
    return paths.map((path): PublicRoute => ({ method: "GET", path: gatewayPath(path, route.tail), signs: route.signs === true }));
  });
}

function gatewayPath(path: string, tail: string | undefined): string {
  return tail === undefined ? path : path.replace(`{${tail}}`, `{${tail}+}`);
}
