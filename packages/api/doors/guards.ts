import { needsOperator, type Route, reachOf, type Scope } from "@vermilion/protocol";
import type { ApiContext } from "../context/http.ts";
import type { Access } from "../context/needs.ts";
import type { ProblemInput } from "../http/problems.ts";
import type { RateLimit } from "../limits/rate-limit.ts";
import { checkToken, type SignInNeeds } from "../sign-in/tokens.ts";

/** Who has passed a guard; `reach` are the certificate types that he may call about. */
export interface Passed {
  readonly access?: Access;
  readonly reach: "all" | ReadonlySet<string>;
}

/** Stands before a route: who may not enter learns nothing of what he sent. */
export type Guard = (c: ApiContext, route: Route) => Promise<Passed | ProblemInput>;

/** Anybody passes, so often. */
export function publicGuard(limit: RateLimit): Guard {
  return async (c) => limit.take(c) ?? { reach: "all" };
}

/** Token, scopes, operator, in this order. */
export function appGuard(needs: SignInNeeds): Guard {
  return async (c, route) => {
    const scopes = route.scopes ?? [];
    const signed = await checkToken(c.req.header("authorization"), needs);
    if ("refused" in signed) return challenge(c, signed, scopes);
    c.set("app", signed.app);
    const reach = reachOf(signed.scopes, scopes);
    if (reach === "none") return challenge(c, { refused: "scope-too-narrow" }, scopes);
    const operator = readOperator(c.req.header("vermilion-operator"), needsOperator(route));
    if (typeof operator !== "string") return operator;
    return { reach, access: { app: signed.app, operator, scopes: signed.scopes } };
  };
}

/** RFC 6750 section 3. */
export function challenge(c: ApiContext, refusal: ProblemInput, scopes: readonly Scope[]): ProblemInput {
  const narrow = refusal.refused === "scope-too-narrow";
  const error = refusal.refused === "token-missing" ? "" : `, error="${narrow ? "insufficient_scope" : "invalid_token"}"`;
  c.header("WWW-Authenticate", `Bearer realm="vermilion"${error}${narrow ? `, scope="${scopes.join(" ")}"` : ""}`);
  return refusal;
}

/** Letters outside ASCII are percent-encoded UTF-8, as header fields carry ASCII only. */
function readOperator(header: string | undefined, required: boolean): string | ProblemInput {
  if (header === undefined || header === "") return required ? { refused: "operator-missing" } : "";
  const malformed: ProblemInput = { refused: "operator-malformed" };
  if (!/^[ -~]{1,1024}$/.test(header)) return malformed;
  let operator: string;
  try {
    operator = decodeURIComponent(header).normalize("NFC");
  } catch {
    return malformed;
  }
  // Visible: nothing of Unicode's "other" categories (controls, direction marks, private use), no separator but the plain space inside.
  return /^[^\p{C}\p{Z}](?:[^\p{C}\p{Z} ]| (?! )){0,63}$/u.test(operator) && operator.length <= 64 && !operator.endsWith(" ")
    ? operator
    : malformed;
}
