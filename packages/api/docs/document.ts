import { problemTable, type RouteName, routes, scopes, scopeTitles, topics } from "@vermilion/protocol";
import { tokenEndpoint } from "../sign-in/tokens.ts";
import { describe } from "./operation.ts";
import { problemSchema } from "./problem-schema.ts";
import { schemaWriter } from "./schemas.ts";

const headers = {
  Operator: {
    name: "Vermilion-Operator",
    required: true,
    description: "应用背后的经办人，1至64个可见字符，非 ASCII 用百分号编码的 UTF-8 · the person behind the app, percent-encoded UTF-8",
    schema: { type: "string", minLength: 1, maxLength: 1_024 },
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    required: true,
    description: "1至128个可见字符，按应用保存24小时：重复调用得到首次的应答（Idempotent-Replayed: true） · kept per app for 24 h",
    schema: { type: "string", minLength: 1, maxLength: 128, pattern: "^[!-~]+$" },
  },
  Prefer: {
    name: "Prefer",
    required: false,
    description: "RFC 7240: `respond-async` 立即应答 202；`wait=n` 最多等待 n 秒（≤25，默认10） · answer at once, or wait n seconds",
    schema: { type: "string", example: "wait=5" },
  },
};

const description =
  "电子证照联盟链的成员接口。错误一律为 RFC 9457；`x-vermilion-audience` 说明谁可调用。One member of a consortium ledger. " +
  "Errors are RFC 9457 problems whose codes never change; `x-vermilion-problems` lists them all.\n\n" +
  "此处的路径属于主链；有 `x-vermilion-chain-path` 的接口在该路径上属于任一链（链标识，或 main）。" +
  "Paths here are those of the main chain. A route with `x-vermilion-chain-path` answers there for any chain, by its id or as `main`.";

/** The OpenAPI 3.1 document of a member, made from the rows of the protocol. */
export function openApiDocument({ baseUrl, member }: { readonly baseUrl: string; readonly member: string }): object {
  const schemas = schemaWriter();
  const problem = schemas.write(problemSchema);
  const paths: Record<string, Record<string, object>> = {};
  for (const name of Object.keys(routes) as RouteName[]) {
    const { path, method } = routes[name];
    paths[path] = { ...paths[path], [method]: describe(name, schemas, problem) };
  }
  return {
    openapi: "3.1.0",
    info: { title: `Vermilion · ${member}`, version: "1", license: { name: "Apache-2.0", identifier: "Apache-2.0" }, description },
    servers: [{ url: baseUrl }],
    tags: Object.entries(topics).map(([name, { zh, en }]) => ({ name, description: `${zh} · ${en}` })),
    paths,
    components: {
      schemas: schemas.named,
      parameters: Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, { ...header, in: "header" }])),
      securitySchemes: securitySchemes(baseUrl),
    },
    "x-vermilion-problems": problemTable,
  };
}

function securitySchemes(baseUrl: string) {
  return {
    app: {
      type: "oauth2",
      description:
        "private_key_jwt (RFC 7523). 权限可限定到一个证照类型 · a scope may be narrowed to one certificate type: `certificates:issue:<type id>`",
      flows: {
        clientCredentials: {
          tokenUrl: tokenEndpoint(baseUrl),
          scopes: Object.fromEntries(scopes.map((scope) => [scope, `${scopeTitles[scope].zh} · ${scopeTitles[scope].en}`])),
        },
      },
    },
    peer: {
      type: "apiKey",
      in: "header",
      name: "Signature",
      description: "RFC 9421 over RFC 9530 Content-Digest, with the session certificate in Vermilion-Session",
    },
  };
}
