import * as z from "zod";
import { jsonObject, optional, sha256Hex } from "./forms.ts";
import type { Route } from "./route.ts";

/** Files of the page that shows the API: one of our own, and those of Swagger UI. */
export const docsFileNames = ["start.js", "swagger-ui.js", "swagger-ui.css"] as const;
/** What members ask of each other. */
export const peerCalls = ["raft", "proposals", "attachment", "file", "probe"] as const;
export const clientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Routes that a member's doors answer by themselves: no use case stands behind them. */
export const doorRoutes = {
  ready: {
    method: "get",
    path: "/v1/ready",
    topic: "consortium",
    names: { zh: "本成员能否处理请求", en: "Whether this member can do what is asked of it" },
    description: "供负载均衡与监控使用。For load balancers and monitors: 200, or 503 with the codes of `reasons` of /v1/health.",
    result: z.object({ ready: z.literal(true) }),
    refusals: ["not-ready"],
  },
  metrics: {
    method: "get",
    path: "/metrics",
    topic: "consortium",
    names: { zh: "运行指标（Prometheus）", en: "Metrics of this process, for Prometheus" },
    description: "云平台的指标在 CloudWatch。In the cloud the platform's own metrics stand for these: `no-metrics`.",
    scopes: ["metrics:read"],
    about: "any",
    result: z.string().meta({ description: "Prometheus text format 0.0.4" }),
    media: ["text/plain"],
    refusals: ["no-metrics"],
  },
  statement: {
    method: "get",
    path: "/v1/statement",
    topic: "consortium",
    names: { zh: "本成员自签名的声明：名称、地址与公钥", en: "This member's own signed statement: name, address and public keys" },
    result: jsonObject.meta({ description: "签名的 JSON · a general JWS" }),
    refusals: ["no-statement"],
  },
  openapi: {
    method: "get",
    path: "/openapi.json",
    topic: "consortium",
    names: { zh: "本接口的 OpenAPI 3.1 文档", en: "This document" },
    result: z.object({ openapi: z.string() }).loose(),
    cache: "public, max-age=300",
  },
  docs: {
    method: "get",
    path: "/docs",
    topic: "consortium",
    names: { zh: "接口说明与试用", en: "The API, to read and to try" },
    result: z.string().meta({ description: "网页 · a page" }),
    media: ["text/html"],
  },
  docsFile: {
    method: "get",
    path: "/docs/{asset}",
    topic: "consortium",
    names: { zh: "该网页的脚本与样式", en: "Scripts and styles of that page" },
    params: { asset: z.enum(docsFileNames) },
    result: z.string().meta({ description: "文件 · a file" }),
    media: ["text/javascript", "text/css"],
    refusals: ["no-docs"],
  },
  signInMetadata: {
    method: "get",
    path: "/.well-known/oauth-authorization-server",
    topic: "sign-in",
    names: { zh: "登录服务说明", en: "Metadata of the authorization server (RFC 8414)" },
    result: z.object({
      issuer: z.url(),
      token_endpoint: z.url(),
      grant_types_supported: z.array(z.string()),
      response_types_supported: z.array(z.string()),
      token_endpoint_auth_methods_supported: z.array(z.string()),
      token_endpoint_auth_signing_alg_values_supported: z.array(z.string()),
      scopes_supported: z.array(z.string()),
    }),
  },
  token: {
    method: "post",
    path: "/oauth/token",
    topic: "sign-in",
    names: { zh: "应用登录（private_key_jwt）", en: "Sign-in of an app" },
    description: "RFC 6749, section 4.4; RFC 7523, section 3",
    bodyMedia: "application/x-www-form-urlencoded",
    body: {
      grant_type: z.literal("client_credentials"),
      client_assertion_type: z.literal(clientAssertionType),
      client_assertion: z.string().meta({ description: "JWT（ES256/EdDSA）：iss=sub=应用，aud=令牌端点或基地址，exp≤5分钟，jti 只用一次" }),
      client_id: optional(z.string()),
      scope: optional(z.string()),
    },
    result: z.object({ access_token: z.string(), token_type: z.literal("Bearer"), expires_in: z.int(), scope: z.string() }),
    // What is wrong with the body and the client; what the doors refuse before is a problem as everywhere.
    errors: {
      description: "RFC 6749, section 5.2",
      statuses: [400, 401, 408, 413, 415],
      schema: z.object({ error: z.string(), error_description: z.string(), code: z.string(), requestId: z.string() }),
    },
    refusals: [
      "grant-type-unsupported",
      "assertion-invalid",
      "assertion-expired",
      "assertion-replayed",
      "app-disabled",
      "scope-not-allowed",
    ],
  },
  peerCall: {
    method: "post",
    path: "/peer/v1/chains/{chain}/{call}",
    topic: "peers",
    names: { zh: "成员间调用", en: "A call from another member" },
    description:
      "RFC 9421 与 RFC 9530 签名，会话证书在 Vermilion-Session 中；应答也签名。Signed by a session key that the member's identity key certified; " +
      "the answer is signed too and bound to the request's signature.",
    params: { chain: sha256Hex, call: z.enum(peerCalls) },
    wholeBody: { message: jsonObject },
    result: jsonObject.meta({ description: "签名的应答 · a signed answer" }),
    refusals: ["unknown-chain", "peer-call-unknown", "peer-call-failed", "peer-busy", "storage-full", "storage-read-only", "stale-turn"],
  },
} as const satisfies Readonly<Record<string, Route>>;
