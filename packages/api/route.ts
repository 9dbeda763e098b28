import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ApiEnv } from "./context.ts";
import { type ProblemCode, problemCodes, problemTable } from "./problem-table.ts";
import type { Scope } from "./scopes.ts";

/** Who may knock at a route; stands in the OpenAPI document as `x-vermilion-audience`. */
export type Audience = "public" | "app" | "peer";

export interface Answer {
  readonly description: string;
  readonly content?: Readonly<Record<string, z.ZodType>>;
}

/** All that is to know of one route stands in one row: the document and the checks at the door are both made from it. */
export interface RouteRow<Params = unknown, Query = unknown, Body = unknown> {
  readonly method: "get" | "post" | "put" | "delete";
  /** As OpenAPI writes it: `/v1/types/{id}`. */
  readonly path: string;
  /** As Hono writes it, where a parameter spans several segments. */
  readonly pattern?: string;
  readonly topic: string;
  readonly summary: { readonly zh: string; readonly en: string };
  readonly description?: string;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** Instead of `body`: the call carries bytes, which the handler itself reads once it has room for them. */
  readonly upload?: true;
  /** Public, and yet answered with the member's sign key: a process that holds none does not serve it. */
  readonly signs?: true;
  /** Instead of `body`: a JSON array of these, or one a line (NDJSON); the handler itself reads them as they come. */
  readonly lines?: z.ZodType;
  /** What is answered when all is well, by status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Refusals of the use case; those of the doors are added by what the row says of itself. */
  readonly problems?: readonly ProblemCode[];
}

/** A row with what the door it is mounted at adds. */
export interface DoorRow extends RouteRow {
  readonly audience: Audience;
  /** One of them is enough. */
  readonly scopes: readonly Scope[];
  readonly operator: boolean;
  readonly write: boolean;
  readonly bodyType?: string;
}

const binary = z.string().openapi({ format: "binary" });

const problemSchema = z
  .object({
    type: z.string().openapi({ example: "urn:vermilion:problem:unknown-type" }),
    title: z.string(),
    status: z.int(),
    code: z.enum(problemCodes as [ProblemCode, ...ProblemCode[]]),
    detail: z.string().optional(),
    problems: z.array(z.object({ field: z.string(), code: z.string(), detail: z.string() })).optional(),
    transactionHash: z.string().optional(),
    blockNumber: z.int().optional(),
    requestId: z.string(),
  })
  .openapi("Problem", { description: "RFC 9457。title 按 Accept-Language 给出中文（默认）或英文；code 永不改变。" });

const jsonCodes = ["invalid-utf8", "not-json", "duplicate-key", "too-deep", "not-an-integer", "lone-surrogate"] as const;
const tokenCodes = ["token-missing", "token-invalid", "token-expired", "token-foreign", "app-disabled", "scope-too-narrow"] as const;
const peerCodes = problemCodes.filter((code) => code.startsWith("peer-") && problemTable[code].status === 401);
const readFaults = ["storage-failed", "keys-unavailable", "peer-unreachable", "upgrade-needed", "draining", "internal"] as const;
const writeCodes = [
  "idempotency-key-missing",
  "idempotency-key-malformed",
  "idempotency-key-reused",
  "call-running",
  "duplicate-entry",
  "expired",
  "entry-from-the-future",
  "revoked-key",
  "too-many-refusals",
  "not-a-member",
  "storage-full",
  "storage-read-only",
  "stale-turn",
] as const;

function codesOf(row: DoorRow): ProblemCode[] {
  const codes: ProblemCode[] = [...(row.problems ?? []), ...readFaults];
  if (row.audience === "public") codes.push("rate-limited");
  if (row.audience === "app") codes.push(...tokenCodes);
  if (row.audience === "peer") codes.push(...peerCodes);
  if (row.operator) codes.push("operator-missing", "operator-malformed");
  if (row.params !== undefined) codes.push("malformed-path");
  if (row.query !== undefined) codes.push("malformed-query");
  if (row.body !== undefined) codes.push("malformed-body", "body-too-large", "body-too-slow", "unsupported-content-type", ...jsonCodes);
  if (row.upload) codes.push("body-too-large", "body-too-slow", "unsupported-content-type");
  if (row.lines !== undefined) codes.push("malformed-body", "body-too-large", "body-too-slow", "unsupported-content-type", ...jsonCodes);
  if (row.write) codes.push(...writeCodes);
  return [...new Set(codes)];
}

/** One response a status; which codes it may carry is listed for programs and told in words for people. */
function problemResponses(row: DoorRow) {
  const byStatus = Map.groupBy(codesOf(row), (code) => problemTable[code].status);
  const responses = [...byStatus].map(([status, codes]) => [
    status,
    {
      description: codes.map((code) => `\`${code}\` ${problemTable[code].zh}。${problemTable[code].en}.`).join("\n"),
      content: { "application/problem+json": { schema: problemSchema } },
      "x-vermilion-problems": codes,
    },
  ]);
  return Object.fromEntries(responses) as Record<string, { description: string }>;
}

function securityOf(row: DoorRow): Record<string, string[]>[] {
  if (row.audience === "public") return [];
  return row.audience === "peer" ? [{ peer: [] }] : row.scopes.map((scope) => ({ app: [scope] }));
}

const headerParameter = (name: string) => ({ $ref: `#/components/parameters/${name}` });

/** Enters a row into the OpenAPI document. */
export function declare(app: OpenAPIHono<ApiEnv>, row: DoorRow): void {
  const answers = Object.entries(row.answers).map(([status, { description, content }]) => [
    status,
    {
      description,
      ...(content === undefined
        ? {}
        : { content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }])) }),
    },
  ]);
  const bytes = row.upload && { content: { "application/octet-stream": { schema: binary } }, required: true };
  const body = row.body && { content: { [row.bodyType ?? "application/json"]: { schema: row.body } }, required: true };
  const lines = row.lines && {
    content: { "application/json": { schema: z.array(row.lines) }, "application/x-ndjson": { schema: z.string() } },
    required: true,
  };
  const parameters = [
    ...(row.operator ? [headerParameter("Operator")] : []),
    ...(row.write ? [headerParameter("IdempotencyKey"), headerParameter("Prefer")] : []),
  ];
  app.openAPIRegistry.registerPath(
    createRoute({
      method: row.method,
      path: row.path,
      tags: [row.topic],
      summary: `${row.summary.zh} · ${row.summary.en}`,
      ...(row.description === undefined ? {} : { description: row.description }),
      security: securityOf(row),
      "x-vermilion-audience": row.audience,
      "x-vermilion-operator": row.operator,
      ...(row.signs === undefined ? {} : { "x-vermilion-signs": true }),
      ...(parameters.length === 0 ? {} : { parameters }),
      request: {
        ...(row.params === undefined ? {} : { params: row.params as z.ZodObject }),
        ...(row.query === undefined ? {} : { query: row.query as z.ZodObject }),
        ...(body === undefined ? {} : { body }),
        ...(bytes === undefined ? {} : { body: bytes }),
        ...(lines === undefined ? {} : { body: lines }),
      },
      responses: { ...problemResponses(row), ...Object.fromEntries(answers) },
    }),
  );
}
