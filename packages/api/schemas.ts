import { z } from "@hono/zod-openapi";
import { isJsonObject, type Json, type JsonObject, type PublicJwk, parsePublicJwk } from "@vermilion/ledger";

/** Forms of what crosses the wall. Objects from outside are strict: a misspelt member is refused, never ignored. */

/**
 * A member that may be absent. Its type is zod's exact optional, because nothing that was JSON or a query holds undefined; what runs is the
 * plain optional, because the OpenAPI generator knows only that one.
 */
export function optional<S extends z.ZodType>(schema: S): z.ZodExactOptional<S> {
  return schema.optional() as unknown as z.ZodExactOptional<S>;
}

export const sha256Hex = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .openapi({ example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" });
export const memberId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/)
  .openapi({ example: "customs" });
export const typeId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/)
  .openapi({ example: "trade-operator-record" });
export const partId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/)
  .openapi({ example: "main" });
export const fieldName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/)
  .openapi({ example: "enterpriseName" });
export const certificateId = z
  .string()
  .regex(/^[0-9A-Z.]{1,160}$/)
  .openapi({ description: "电子证照标识（GB/T 36904）" });
export const requestId = z.string().regex(/^[0-9a-f]{64}-[0-9]{1,2}$/);
export const address = z.string().regex(/^ver1[0-9a-f]{40}$/);
export const code = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/)
  .openapi({ description: "目录代码，不是自由文本 · a code of the consortium's catalogues" });
export const time = z.int().openapi({ description: "ms since 1970-01-01T00:00:00Z" });
export const names = z.object({ zh: z.string(), en: z.string() });

/** A value that the strict parser has already found to be JSON; zod has nothing to add to it. */
export const json = z.unknown().openapi({ description: "JSON" }) as unknown as z.ZodType<Json>;
export const jsonObject = z
  .custom<JsonObject>((value) => isJsonObject(value as Json))
  .openapi({ type: "object", additionalProperties: true });

export const fieldValues = z
  .record(fieldName, json)
  .refine((fields) => Object.keys(fields).length <= 200, "at most 200 fields")
  .openapi({ description: "字段名到值 · values by field name" });

const jwkForm = z.union([
  z.strictObject({ kty: z.literal("EC"), crv: z.literal("P-256"), x: z.string(), y: z.string() }),
  z.strictObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string() }),
]);
export const publicJwk: z.ZodType<PublicJwk> = jwkForm.refine((jwk) => parsePublicJwk(jwk) !== undefined, "not a point of the curve");

/** Numbers in addresses: decimal, one spelling. */
function number(max: number, what: z.core.JSONSchema.JSONSchema = {}) {
  return z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,15})$/)
    .transform(Number)
    .refine((value) => value <= max, `at most ${max}`)
    .openapi({ type: "integer", minimum: 0, maximum: max, ...(what.description === undefined ? {} : { description: what.description }) });
}
export const natural = number(Number.MAX_SAFE_INTEGER);
export const waitSeconds = number(25, { description: "最多等待的秒数 · seconds to wait at most" });

export const limitDefault = 10;
export const limitMax = 100;
export const pageQuery = {
  cursor: optional(
    z
      .string()
      .min(1)
      .max(1_024)
      .regex(/^[!-~]+$/),
  ).openapi({ description: "上一页的 next · `next` of the page before" }),
  limit: optional(
    z
      .string()
      .regex(/^(?:[1-9][0-9]?|100)$/)
      .transform(Number),
  ).openapi({ type: "integer", minimum: 1, maximum: limitMax, default: limitDefault }),
};

export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item), next: optional(z.string()) });
}

/** What every write answers. */
export const submittedShape = {
  status: z.enum(["pending", "committed"]),
  transactionHash: sha256Hex,
  outcome: optional(z.string()),
  blockNumber: optional(z.int()),
  leafIndex: optional(z.int()),
  time: optional(time),
};
export const receiptLinks = { receipt: z.url(), submission: optional(z.url()) };
export const submission = z.object(submittedShape);

export const health = z.object({
  member: memberId,
  status: z.enum(["ok", "degraded", "amnesic", "upgrade-needed"]),
  ready: z.boolean(),
  reasons: z.array(z.object({ code: z.string(), zh: z.string(), en: z.string() })),
  chains: z.array(
    z.object({
      chain: sha256Hex,
      role: z.string(),
      term: z.int(),
      leader: z.string().nullable(),
      asleep: z.boolean(),
      height: z.int(),
      size: z.int(),
      finalSize: z.int(),
      headHash: z.string(),
      state: z.string(),
    }),
  ),
});

export const consortium = z.object({
  name: z.string(),
  names,
  chain: sha256Hex,
  origin: z.string(),
  members: z.int(),
  majority: z.int(),
  quorum: z.int(),
  accountable: z.int(),
  policy: z.string(),
});

export const member = z.object({
  id: memberId,
  names,
  uscc: z.string(),
  url: z.string(),
  keys: z.object({ sign: publicJwk, log: publicJwk, cosign: publicJwk, agree: publicJwk }),
  status: z.enum(["active", "inactive"]),
  incarnation: optional(z.int()),
});

export const by = z.object({ app: z.string(), operator: z.string() });

export const request = z
  .object({
    request: requestId,
    certificate: certificateId,
    version: z.int(),
    part: partId,
    fields: z.array(fieldName),
    reader: memberId,
    owner: memberId,
    purpose: code,
    serviceItem: code,
    basis: code,
    way: z.enum(["details"]),
    by,
    status: z.enum(["pending", "allowed", "granted", "refused"]),
    standing: z.boolean(),
    deadline: time,
    openedAt: time,
    transaction: sha256Hex,
    height: z.int(),
    decidedAt: optional(time),
    decidedBy: optional(by),
    reason: optional(code),
    grantTransaction: optional(sha256Hex),
    document: optional(sha256Hex),
    grantAttachment: optional(sha256Hex),
  })
  .openapi("Request");

export const disclosed = z
  .object({
    request: z.string(),
    certificate: certificateId,
    version: z.int(),
    part: partId,
    owner: memberId,
    purpose: z.string(),
    grantTransaction: sha256Hex.nullable(),
    fields: z.record(z.string(), json),
  })
  .openapi("DisclosedFields");

export const verdicts = z.object({ integrity: z.string(), status: z.string(), issuer: z.string() });

export const account = z.object({
  address,
  kind: z.enum(["holder", "issuer", "verifier"]),
  name: z.string(),
  jwk: publicJwk,
  member: memberId,
  at: time,
  transaction: sha256Hex,
});

export const block = z
  .object({
    height: z.int(),
    hash: sha256Hex,
    previous: z.string(),
    time,
    term: z.int(),
    proposer: memberId,
    first: z.int(),
    count: z.int(),
    root: z.string(),
    state: z.string(),
  })
  .openapi("Block");

export const entry = z
  .object({
    transactionHash: sha256Hex,
    entryHash: sha256Hex,
    outcome: z.string(),
    blockNumber: z.int(),
    position: z.int(),
    leafIndex: z.int(),
    time,
    changed: z
      .array(
        z.object({
          kind: z.enum(["consortium", "member", "rules", "type", "certificate", "request", "account", "file", "evidence"]),
          id: z.string(),
        }),
      )
      .openapi({ description: "它改变了什么；被拒绝的交易什么也没有改变 · what it changed; a refused entry changed nothing" }),
    entry: z.string().openapi({ description: "存储的原始字节（JSON 文本）· the exact stored bytes" }),
    payload: json,
  })
  .openapi("Entry");

export const receipt = z.object({
  transactionHash: sha256Hex,
  final: z.boolean(),
  leafIndex: z.int(),
  size: z.int(),
  receipt: z.string().openapi({ description: "C2SP tlog-proof" }),
});

const lookupKind = z.enum(["transaction", "certificate", "file", "document", "evidence"]).openapi({
  description: "document：摘要在存证之中；evidence：存证本身（清单或 root）· a deposited document; a deposit itself, by its list or root",
});

export const lookup = z.object({
  found: z.literal(true),
  kind: lookupKind,
  transactionHash: sha256Hex,
  outcome: z.string(),
  blockNumber: z.int(),
  leafIndex: z.int(),
  time,
  issuer: z.string().nullable(),
  part: z.string().nullable(),
  status: z.string().nullable(),
  file: sha256Hex.nullable(),
  evidence: z
    .object({
      evidence: z.string(),
      root: sha256Hex,
      count: z.int(),
      digest: z.object({ index: z.int(), path: z.array(sha256Hex) }).nullable(),
    })
    .nullable(),
  receipt: z.string().openapi({ description: "凭据在本 API 的路径 · path of this API" }),
  also: z.array(
    z.object({
      kind: lookupKind,
      transactionHash: sha256Hex,
      blockNumber: z.int(),
      issuer: z.string().nullable(),
      id: z.string().nullable(),
    }),
  ),
  final: z.boolean(),
  asOf: z.object({ blockNumber: z.int(), time }),
});

export const binary = z.string().openapi({ format: "binary" });
