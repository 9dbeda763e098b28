import { z } from "@hono/zod-openapi";
import { certificate } from "../certificate-schemas.ts";
import { answer, type Doors } from "../doors.ts";
import { account, address, disclosed, natural, partId, publicJwk, requestId, sha256Hex } from "../schemas.ts";
import { reachOf } from "../scopes.ts";

const held = z.object({
  items: z.array(
    certificate
      .extend({
        issuerCode: z.string().openapi({ description: "颁发机构的组织机构代码 · the issuer's organisation code" }),
        disclosed: z.array(disclosed).openapi({
          description: "调用方可读的字段：本成员自己的部分、已授权给本应用的字段 · own parts, and fields granted to this app",
        }),
        withheld: z
          .array(z.object({ part: partId, request: requestId.nullable(), code: z.string() }))
          .openapi({ description: "可读而此刻读不到的，及原因 · readable, but not now, and why" }),
      })
      .openapi("HeldCertificate"),
  ),
});

export function accountRoutes({ reading, writing, needs: { services } }: Doors): void {
  writing({
    method: "post",
    path: "/v1/accounts",
    topic: "accounts",
    summary: { zh: "登记账户", en: "Register an account whose key was made on its user's device" },
    scopes: ["accounts:register"],
    body: z.strictObject({
      kind: z.enum(["holder", "issuer", "verifier"]),
      name: z.string().min(1).max(128),
      jwk: publicJwk,
      proof: z.string().min(1).max(4_096).openapi({ description: "新密钥的签名对象 · a signed object by the new key" }),
    }),
    result: { address },
    location: (answer) => `/v1/accounts/${answer.address}`,
    problems: ["account-exists", "bad-proof", "malformed-arguments"],
    run: ({ body, caller }, options) => services.registerAccount(body, caller, options),
  });
  reading(
    {
      method: "get",
      path: "/v1/accounts/{address}",
      topic: "accounts",
      summary: { zh: "账户及其公钥", en: "An account and its public key" },
      scopes: ["accounts:register", "certificates:issue", "verifications:record"],
      typeOf: "any",
      params: z.object({ address }),
      answers: { 200: { description: "账户 · the account", content: { "application/json": account } } },
      problems: ["unknown-account"],
    },
    async ({ c, params }) => answer(c, account, await services.account(params.address)),
  );
  reading(
    {
      method: "get",
      path: "/v1/holders/{address}/certificates",
      topic: "accounts",
      summary: {
        zh: "按持证主体、区块号和交易哈希查询证照",
        en: "Certificates by their holder's address, block number and transaction hash",
      },
      description:
        "首次签发、换证、批量签发的证照都在内。有 fields:read 权限且写明操作员的，同时得到其可读的字段。First issues, renewals and those of a bulk entry. With the scope fields:read and an operator named, the fields that the caller may read come along.",
      scopes: ["certificates:read"],
      params: z.object({ address }),
      query: z.strictObject({ block: natural, transaction: sha256Hex }),
      answers: { 200: { description: "证照 · the certificates", content: { "application/json": held } } },
      problems: ["unknown-account", "unknown-transaction", "unknown-certificate"],
    },
    async ({ c, params, query, access: { app, operator, scopes } }) => {
      const reach = reachOf(scopes, ["fields:read"]);
      const readsType = (type: string) => reach === "all" || (reach !== "none" && reach.has(type));
      // Fields are read by a person: who does not name one gets the register alone.
      const reader = operator === "" ? undefined : { caller: { app, operator }, readsType };
      return answer(c, held, await services.certificatesOfHolder(params.address, query.block, query.transaction, reader));
    },
  );
}
