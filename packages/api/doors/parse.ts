import type { Route } from "@vermilion/protocol";
import { queryShapeOf } from "@vermilion/protocol/route";
import { fromTexts } from "@vermilion/protocol/texts";
import * as z from "zod";
import type { ApiContext } from "../context/http.ts";
import { appBodyBytesMax, parseJsonBody, type Read, readBody, readQuery, refuseContentType } from "../http/body.ts";
import { schemaProblems } from "../http/problems.ts";

/** What stood in the address: members of the call, and how long the use case may wait. */
export interface Address {
  readonly given: Readonly<Record<string, unknown>>;
  readonly waitMs: number;
}

export interface Body {
  readonly given: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array;
}

/** Parses the calls of one route; the schemas are made once. */
export interface CallParser {
  address(c: ApiContext): Read<Address>;
  /** Of a body that is JSON; other bodies are read by who handles them. */
  body(c: ApiContext): Promise<Read<Body>>;
}

export function callParser(route: Route): CallParser {
  const params = z.object({ ...route.params });
  const queryShape = queryShapeOf(route);
  const query = z.strictObject({ ...queryShape });
  const body = bodySchemaOf(route);
  return {
    address(c) {
      const inPath = params.safeParse(fromTexts(route.params ?? {}, c.req.param()));
      if (!inPath.success) return { refused: "malformed-path", problems: schemaProblems(inPath.error) };
      const texts = readQuery(c);
      if ("refused" in texts) return texts;
      const asked = query.safeParse(fromTexts(queryShape, texts.value));
      if (!asked.success) return { refused: "malformed-query", problems: schemaProblems(asked.error) };
      const { wait, ...rest } = asked.data;
      return { value: { given: { ...inPath.data, ...rest }, waitMs: typeof wait === "number" ? wait * 1_000 : 0 } };
    },
    async body(c) {
      if (body === undefined) return { value: { given: {}, bytes: new Uint8Array() } };
      const wrongType = refuseContentType(c, "json");
      if (wrongType !== undefined) return wrongType;
      const bytes = await readBody(c, appBodyBytesMax);
      if ("refused" in bytes) return bytes;
      const json = parseJsonBody(bytes.value);
      if ("refused" in json) return json;
      const parsed = body.schema.safeParse(json.value);
      if (!parsed.success) return { refused: "malformed-body", problems: schemaProblems(parsed.error) };
      return { value: { given: body.asCall(parsed.data), bytes: bytes.value } };
    },
  };
}

interface BodySchema {
  readonly schema: z.ZodType;
  readonly asCall: (parsed: unknown) => Readonly<Record<string, unknown>>;
}

function bodySchemaOf({ body, wholeBody }: Route): BodySchema | undefined {
  if (body !== undefined) return { schema: z.strictObject({ ...body }), asCall: (parsed) => ({ ...(parsed as object) }) };
  const [whole] = Object.entries(wholeBody ?? {});
  return whole === undefined ? undefined : { schema: whole[1], asCall: (parsed) => ({ [whole[0]]: parsed }) };
}
