import type { Json } from "@vermilion/ledger";
import type { Refused } from "@vermilion/member/services";
import type { Route } from "@vermilion/protocol";
import type { ApiContext } from "../context/http.ts";
import { refusedProblem } from "../http/problems.ts";

/** What a use case answered, in the media type of its route; or its refusal. */
export function answer(c: ApiContext, route: Route, value: unknown): Response {
  if (isRefused(value)) return refusedProblem(c, value);
  if (route.cache !== undefined) c.header("Cache-Control", route.cache);
  const [media = "application/json"] = route.media ?? [];
  if (value instanceof Uint8Array) return c.body(Uint8Array.from(value), 200, { "Content-Type": media });
  if (media === "application/json") return c.json(value as Json);
  return c.body(String(value), 200, { "Content-Type": media.startsWith("text/") ? `${media}; charset=utf-8` : media });
}

export function isRefused(value: unknown): value is Refused {
  return typeof value === "object" && value !== null && "refused" in value;
}
