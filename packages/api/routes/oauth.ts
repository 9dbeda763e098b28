import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { textOrUndefined } from "@vermilion/ledger";
import type { ApiContext, ApiEnv, ApiNeeds } from "../context.ts";
import type { Doors } from "../doors.ts";
import { type ProblemCode, problemTable } from "../problem-table.ts";
import { languageOf, type ProblemInput } from "../problems.ts";
import { createRateLimit, defaultQuotas } from "../rate-limit.ts";
import { type DoorRow, declare } from "../route.ts";
import { scopes } from "../scopes.ts";
import { grantToken, type OAuthRefusal, tokenEndpoint } from "../sign-in.ts";
import { readBody, refuseContentType } from "../wall.ts";

const formBytesMax = 16_384;

const metadata = z.object({
  issuer: z.url(),
  token_endpoint: z.url(),
  grant_types_supported: z.array(z.string()),
  response_types_supported: z.array(z.string()),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  token_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
  scopes_supported: z.array(z.string()),
});

/** RFC 8414. */
export function metadataRoute({ publicly, needs: { baseUrl } }: Doors): void {
  publicly(
    {
      method: "get",
      path: "/.well-known/oauth-authorization-server",
      topic: "sign-in",
      summary: { zh: "登录服务说明", en: "Metadata of the authorization server" },
      answers: { 200: { description: "RFC 8414", content: { "application/json": metadata } } },
    },
    async ({ c }) =>
      c.json({
        issuer: baseUrl,
        token_endpoint: tokenEndpoint(baseUrl),
        grant_types_supported: ["client_credentials"],
        response_types_supported: [],
        token_endpoint_auth_methods_supported: ["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: ["ES256", "EdDSA"],
        scopes_supported: [...scopes],
      }),
  );
}

const tokenForm = z.object({
  grant_type: z.literal("client_credentials"),
  client_assertion_type: z.literal("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
  client_assertion: z.string().openapi({ description: "JWT（ES256/EdDSA）：iss=sub=应用，aud=令牌端点或基地址，exp≤5分钟，jti 只用一次" }),
  client_id: z.string().optional(),
  scope: z.string().optional(),
});
const token = z.object({ access_token: z.string(), token_type: z.literal("Bearer"), expires_in: z.int(), scope: z.string() });
const oauthError = z.object({ error: z.string(), error_description: z.string(), code: z.string(), requestId: z.string() });

const refusal = { description: "RFC 6749, section 5.2", content: { "application/json": oauthError } };

const tokenRow: DoorRow = {
  method: "post",
  path: "/oauth/token",
  topic: "sign-in",
  audience: "public",
  scopes: [],
  operator: false,
  write: false,
  bodyType: "application/x-www-form-urlencoded",
  body: tokenForm,
  summary: { zh: "应用登录（private_key_jwt）", en: "Sign-in of an app" },
  answers: {
    200: { description: "RFC 6749, section 5.1", content: { "application/json": token } },
    // What is wrong with the body and the client; what the doors refuse before is a problem as everywhere.
    ...Object.fromEntries([400, 401, 408, 413, 415].map((status) => [status, refusal])),
  },
  problems: [
    "rate-limited",
    "grant-type-unsupported",
    "assertion-invalid",
    "assertion-expired",
    "assertion-replayed",
    "app-disabled",
    "scope-not-allowed",
  ],
};

export function declareToken(app: OpenAPIHono<ApiEnv>): void {
  declare(app, tokenRow);
}

/** The one route whose errors have OAuth's form, because OAuth clients read them; the code is the same as everywhere. */
export function tokenRoute(app: OpenAPIHono<ApiEnv>, needs: ApiNeeds): void {
  declareToken(app);
  const limit = createRateLimit("token", (needs.quotas ?? defaultQuotas).token, needs.clock);
  app.post(tokenRow.path, async (c) => {
    c.set("route", tokenRow.path);
    const limited = limit.take(c);
    if (limited !== undefined) return limited;
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
  const row: (typeof problemTable)[ProblemCode] = problemTable[refusal.refused];
  const title = row[languageOf(c.req.header("accept-language"))];
  c.set("code", refusal.refused);
  const description = refusal.detail === undefined ? title : `${title} (${refusal.detail})`;
  return c.json({ error: refusal.oauth, error_description: description, code: refusal.refused, requestId: c.get("requestId") }, row.status);
}
