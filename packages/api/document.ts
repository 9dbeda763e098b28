import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ApiEnv } from "./context.ts";
import type { Doors } from "./doors.ts";
import { problemTable } from "./problem-table.ts";
import { scopes, scopeTitles } from "./scopes.ts";
import { tokenEndpoint } from "./sign-in.ts";

const headers = {
  Operator: {
    name: "Vermilion-Operator",
    required: true,
    description: "应用背后的经办人，1至64个可见字符，非 ASCII 用百分号编码的 UTF-8 · the person behind the app, percent-encoded UTF-8",
    schema: { type: "string" as const, minLength: 1, maxLength: 1_024 },
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    required: true,
    description: "1至128个可见字符，按应用保存24小时：重复调用得到首次的应答（Idempotent-Replayed: true） · kept per app for 24 h",
    schema: { type: "string" as const, minLength: 1, maxLength: 128, pattern: "^[!-~]+$" },
  },
  Prefer: {
    name: "Prefer",
    required: false,
    description: "RFC 7240: `respond-async` 立即应答 202；`wait=n` 最多等待 n 秒（≤25，默认10） · answer at once, or wait n seconds",
    schema: { type: "string" as const, example: "wait=5" },
  },
};

/** `/openapi.json`, made once: the routes do not change while the member runs. */
export function documentRoute(app: OpenAPIHono<ApiEnv>, { publicly, needs: { baseUrl, member } }: Doors): void {
  for (const [name, header] of Object.entries(headers))
    app.openAPIRegistry.registerComponent("parameters", name, { ...header, in: "header" });
  app.openAPIRegistry.registerComponent("securitySchemes", "app", {
    type: "oauth2",
    description:
      "private_key_jwt (RFC 7523). 权限可限定到一个证照类型 · a scope may be narrowed to one certificate type: `certificates:issue:<type id>`",
    flows: {
      clientCredentials: {
        tokenUrl: tokenEndpoint(baseUrl),
        scopes: Object.fromEntries(scopes.map((scope) => [scope, `${scopeTitles[scope].zh} · ${scopeTitles[scope].en}`])),
      },
    },
  });
  app.openAPIRegistry.registerComponent("securitySchemes", "peer", {
    type: "apiKey",
    in: "header",
    name: "Signature",
    description: "RFC 9421 over RFC 9530 Content-Digest, with the session certificate in Vermilion-Session",
  });
  let text: string | undefined;
  publicly(
    {
      method: "get",
      path: "/openapi.json",
      topic: "consortium",
      summary: { zh: "本接口的 OpenAPI 3.1 文档", en: "This document" },
      answers: { 200: { description: "OpenAPI 3.1", content: { "application/json": z.object({ openapi: z.string() }).loose() } } },
    },
    async ({ c }) => {
      text ??= JSON.stringify(documentOf(app, baseUrl, member));
      return c.body(text, 200, { "Content-Type": "application/json", "Cache-Control": "public, max-age=300" });
    },
  );
}

function documentOf(app: OpenAPIHono<ApiEnv>, baseUrl: string, member: string): object {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: `Vermilion · ${member}`,
      version: "1",
      license: { name: "Apache-2.0" },
      description:
        "电子证照联盟链的成员接口。错误一律为 RFC 9457；`x-vermilion-audience` 说明谁可调用。One member of a consortium ledger. " +
        "Errors are RFC 9457 problems whose codes never change; `x-vermilion-problems` lists them all.",
    },
    servers: [{ url: baseUrl }],
  });
  return { ...document, "x-vermilion-problems": problemTable };
}
