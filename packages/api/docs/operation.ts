import {
  audienceOf,
  chainPathOf,
  isOfChain,
  isWrite,
  needsOperator,
  problemTable,
  type Route,
  type RouteName,
  routes,
} from "@vermilion/protocol";
import { problemsOf } from "@vermilion/protocol/answers";
import { queryShapeOf, resultSchemaOf } from "@vermilion/protocol/route";
import { kindOf } from "@vermilion/protocol/texts";
import * as z from "zod";
import type { JsonSchema, SchemaWriter } from "./schemas.ts";

/** How the document tells of one route. */
export function describe(name: RouteName, schemas: SchemaWriter, problem: JsonSchema): object {
  const route: Route = routes[name];
  const ofChain = isOfChain(name);
  const parameters = [
    ...Object.entries(route.params ?? {}).map(([key, schema]) => ({
      name: key,
      in: "path",
      required: true,
      ...described(schema, schemas),
    })),
    ...Object.entries(queryShapeOf(route)).map(([key, schema]) => ({
      name: key,
      in: "query",
      required: !isOptional(schema),
      ...described(schema, schemas),
      // Values with commas between.
      ...(kindOf(schema) === "array" ? { style: "form", explode: false } : {}),
    })),
    ...(needsOperator(route) ? [headerParameter("Operator")] : []),
    ...(isWrite(route) ? [headerParameter("IdempotencyKey"), headerParameter("Prefer")] : []),
  ];
  const body = bodyOf(route, schemas);
  return {
    operationId: name,
    tags: [route.topic],
    summary: titleOf(route),
    ...(route.description === undefined ? {} : { description: route.description }),
    security: securityOf(route),
    "x-vermilion-audience": audienceOf(route),
    "x-vermilion-operator": needsOperator(route),
    ...(route.signs === undefined ? {} : { "x-vermilion-signs": true }),
    ...(ofChain ? { "x-vermilion-chain-path": chainPathOf(route.path) } : {}),
    ...(route.makes === undefined ? {} : { "x-vermilion-makes": route.makes }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { content: body, required: true } }),
    responses: { ...problemResponses(route, ofChain, problem), ...errorResponses(route, schemas), ...answersOf(route, schemas) },
  };
}

function titleOf({ names: { zh, en } }: Route): string {
  return `${zh} · ${en}`;
}

function headerParameter(name: string) {
  return { $ref: `#/components/parameters/${name}` };
}

function described(schema: z.ZodType, schemas: SchemaWriter) {
  const { description } = schema.meta() ?? {};
  return { schema: schemas.write(schema), ...(description === undefined ? {} : { description }) };
}

/** Absent, or with a default. */
function isOptional(schema: z.ZodType): boolean {
  return z.object({ value: schema }).safeParse({}).success;
}

function bodyOf({ body, wholeBody, upload, lines, bodyMedia = "application/json" }: Route, schemas: SchemaWriter) {
  if (upload === true) return { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
  if (lines !== undefined)
    return { "application/json": { schema: schemas.write(z.array(lines)) }, "application/x-ndjson": { schema: { type: "string" } } };
  const [whole] = Object.values(wholeBody ?? {});
  const schema = body === undefined ? whole : z.strictObject({ ...body });
  return schema === undefined ? undefined : { [bodyMedia]: { schema: schemas.write(schema) } };
}

function securityOf(route: Route): Record<string, string[]>[] {
  if (audienceOf(route) === "peer") return [{ peer: [] }];
  return (route.scopes ?? []).map((scope) => ({ app: [scope] }));
}

/** One response a status; which codes it may carry is listed for programs and told in words for people. */
function problemResponses(route: Route, isOfChain: boolean, problem: JsonSchema) {
  const byStatus = Map.groupBy(problemsOf(route, { isOfChain }), (code) => problemTable[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\` ${problemTable[code].zh}。${problemTable[code].en}.`).join("\n"),
        content: { "application/problem+json": { schema: problem } },
        "x-vermilion-problems": codes,
      },
    ]),
  );
}

function errorResponses({ errors }: Route, schemas: SchemaWriter) {
  if (errors === undefined) return {};
  const response = { description: errors.description, content: { "application/json": { schema: schemas.write(errors.schema) } } };
  return Object.fromEntries(errors.statuses.map((status) => [status, response]));
}

function answersOf(route: Route, schemas: SchemaWriter): Readonly<Record<number, object>> {
  const result = resultSchemaOf(route);
  const schema = schemas.write(result);
  if (isWrite(route)) {
    const content = { "application/json": { schema } };
    return {
      201: { description: writtenText(route.secret ?? []), content },
      202: { description: "已受理，尚未上链 · accepted, not yet committed; `submission` tells how it ends", content },
    };
  }
  const [first = "application/json", ...others] = route.media ?? [];
  const content = { [first]: { schema }, ...Object.fromEntries(others.map((media) => [media, { schema: { type: "string" } }])) };
  const more = Object.entries(route.otherAnswers ?? {}).map(([status, description]) => [status, { description }] as const);
  return { 200: { description: result.meta()?.description ?? titleOf(route), content }, ...Object.fromEntries(more) };
}

function writtenText(secret: readonly string[]): string {
  const note = secret.length === 0 ? "" : `. \`${secret.join("`, `")}\`: 仅首次应答含有 · in the first answer only, absent when replayed`;
  return `已上链 · committed and applied${note}`;
}
