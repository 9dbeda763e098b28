import { textOrUndefined } from "@vermilion/ledger";
import { problemTable, routes } from "@vermilion/protocol";
import type { Hono } from "hono";
import type { ApiContext, ApiEnv } from "../context/http.ts";
import type { ApiNeeds } from "../context/needs.ts";
import { defaultQuotas } from "../context/quotas.ts";
import { readBody, refuseContentType } from "../http/body.ts";
import { languageOf, type ProblemInput, problem } from "../http/problems.ts";
import { createRateLimit } from "../limits/rate-limit.ts";
import { grantToken, type OAuthRefusal } from "./tokens.ts";

const formBytesMax = 16_384;

/** The one route whose errors have OAuth's form, because OAuth clients read them; the code is the same as everywhere. */
export function mountTokenDoor(app: Hono<ApiEnv>, needs: ApiNeeds): void {
  const { path } = routes.token;
  const limit = createRateLimit("token", (needs.quotas ?? defaultQuotas).token, needs.clock);
  app.post(path, async (c) => {
    c.set("route", path);
    const limited = limit.take(c);
    if (limited !== undefined) return problem(c, limited);
    c.header("Cache-Control", "no-store");
    const form = await readForm(c);
    if ("refused" in form) return oauthProblem(c, { ...form, oauth: "invalid_request" });
    const granted = await grantToken(form, needs);
    return "refused" in granted ? oauthProblem(c, granted) : c.json(granted);
  });
}

/** RFC 6749 section 3.2: no parameter twice. */
async function readForm(c: ApiContext): Promise<ReadonlyMap<string, string> | ProblemInput> {
  const wrongType = refuseContentType(c, "form");
  if (wrongType !== undefined) return wrongType;
  const bytes = await readBody(c, formBytesMax);
  if ("refused" in bytes) return bytes;
  const body = textOrUndefined(bytes.value);
  if (body === undefined) return { refused: "invalid-utf8" };
  const pairs = [...new URLSearchParams(body)];
  const form = new Map(pairs);
  return form.size === pairs.length ? form : { refused: "malformed-body", detail: "a parameter stands twice" };
}

function oauthProblem(c: ApiContext, refusal: OAuthRefusal): Response {
  const row = problemTable[refusal.refused];
  const title = row[languageOf(c.req.header("accept-language"))];
  c.set("code", refusal.refused);
  const description = refusal.detail === undefined ? title : `${title} (${refusal.detail})`;
  return c.json({ error: refusal.oauth, error_description: description, code: refusal.refused, requestId: c.get("requestId") }, row.status);
}
