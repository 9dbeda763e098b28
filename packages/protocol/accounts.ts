import * as z from "zod";
import { actId, address, memberId, natural, optional, partId, publicJwk, sha256Hex, time } from "./forms.ts";
import type { Route } from "./route.ts";
import { certificate, disclosed, verdicts } from "./shapes/certificate.ts";

const kind = z.enum(["holder", "issuer", "verifier"]);

const heldCertificate = z
  .object({
    ...certificate.shape,
    issuerCode: z.string().meta({ description: "颁发机构的组织机构代码 · the issuer's organisation code" }),
    disclosed: z.array(disclosed).meta({
      description: "调用方可读的字段：本成员自己的部分、已授权给本应用的字段 · own parts, and fields granted to this app",
    }),
    withheld: z
      .array(z.object({ part: partId, request: actId.nullable(), code: z.string() }))
      .meta({ description: "可读而此刻读不到的，及原因 · readable, but not now, and why; `request` is null for an own part" }),
  })
  .meta({ id: "HeldCertificate" });

export const accountRoutes = {
  registerAccount: {
    method: "post",
    path: "/v1/accounts",
    topic: "accounts",
    names: { zh: "登记账户", en: "Register an account whose key was made on its user's device" },
    scopes: ["accounts:register"],
    body: {
      kind,
      name: z.string().min(1).max(128),
      jwk: publicJwk,
      proof: z.string().min(1).max(4_096).meta({ description: "新密钥的签名对象 · a signed object by the new key" }),
    },
    makes: "accounts.register",
    adds: { address },
    location: "/v1/accounts/{address}",
    refusals: ["account-exists", "bad-proof", "malformed-arguments"],
  },
  account: {
    method: "get",
    path: "/v1/accounts/{address}",
    topic: "accounts",
    names: { zh: "账户及其公钥", en: "An account and its public key" },
    scopes: ["accounts:register", "certificates:issue", "verifications:record"],
    about: "any",
    params: { address },
    result: z
      .object({ address, kind, name: z.string(), jwk: publicJwk, member: memberId, at: time, transaction: sha256Hex })
      .meta({ id: "Account" }),
    refusals: ["unknown-account"],
  },
  certificatesOfHolder: {
    method: "get",
    path: "/v1/holders/{address}/certificates",
    topic: "accounts",
    names: {
      zh: "按持证主体、区块号和交易哈希查询证照",
      en: "Certificates by their holder's address, block number and transaction hash",
    },
    description:
      "首次签发、换证、批量签发的证照都在内。有 fields:read 权限且写明操作员的，同时得到其可读的字段。" +
      "First issues, renewals and those of a bulk entry. With the scope fields:read and an operator named, the fields that the caller may read come along.",
    scopes: ["certificates:read"],
    params: { address },
    query: { block: natural, transaction: sha256Hex },
    result: z.object({ items: z.array(heldCertificate) }),
    refusals: ["unknown-account", "unknown-transaction", "unknown-certificate"],
  },
  verifyCertificate: {
    method: "post",
    path: "/v1/verifications",
    topic: "verifications",
    names: { zh: "核验证照并上链记录", en: "Verify a presented certificate; the verification is itself an entry" },
    scopes: ["verifications:record"],
    body: {
      sdJwt: z.string().min(1).max(1_000_000),
      issuerCode: z.string().regex(/^[0-9A-Z]{18}$/),
      verifier: optional(address),
    },
    makes: "verifications.record",
    adds: { verdicts },
    location: "/v1/entries/{transactionHash}",
    refusals: [
      "bad-sd-jwt",
      "bad-disclosure",
      "bad-claims",
      "unknown-document",
      "document-does-not-match",
      "issuer-does-not-match",
      "unknown-account",
      "wrong-account-kind",
      "account-of-another-member",
    ],
  },
} as const satisfies Readonly<Record<string, Route>>;
