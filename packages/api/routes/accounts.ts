import { z } from "@hono/zod-openapi";
import { certificate } from "../certificate-schemas.ts";
import { answer, type Doors } from "../doors.ts";
import { account, address, natural, publicJwk, sha256Hex } from "../schemas.ts";

const held = certificate.extend({ issuerCode: z.string() });

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
        en: "A certificate by its holder's address, block number and transaction hash",
      },
      scopes: ["certificates:read"],
      params: z.object({ address }),
      query: z.strictObject({ block: natural, transaction: sha256Hex }),
      answers: { 200: { description: "证照 · the certificate", content: { "application/json": held } } },
      problems: ["unknown-account", "unknown-transaction", "unknown-certificate"],
    },
    async ({ c, params, query }) => answer(c, held, await services.certificateOf(params.address, query.block, query.transaction)),
  );
}
