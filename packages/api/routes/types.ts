import { z } from "@hono/zod-openapi";
import type { CertificateType } from "@vermilion/certificates";
import { answer, type Doors } from "../doors.ts";
import { code, fieldName, jsonObject, limitDefault, memberId, names, optional, pageOf, pageQuery, partId, typeId } from "../schemas.ts";
import type { Scope } from "../scopes.ts";

const documented = z
  .object({
    id: typeId,
    version: z.int(),
    names,
    code: z.string(),
    fields: z.array(
      z.object({
        name: fieldName,
        names,
        part: partId,
        schema: jsonObject,
        sensitivity: z.string(),
        required: z.boolean(),
        order: z.int(),
      }),
    ),
    parts: z.array(z.object({ id: partId, names, completers: z.array(memberId) })),
    issuers: z.array(memberId),
    policies: z.array(z.object({ reader: memberId, part: partId, fields: z.array(fieldName), purposes: z.array(code) })),
    number: z.object({ field: fieldName, public: z.boolean() }).optional(),
    validityDays: z.int().optional(),
  })
  .openapi("CertificateType");
/** The rules' own reader judges types, place by place; here the schema only describes what it gives. */
const type = documented as unknown as z.ZodType<CertificateType>;
const types = pageOf(type);
const readers: readonly Scope[] = ["types:define", "certificates:issue", "certificates:complete", "certificates:read", "requests:open"];

export function typeRoutes({ reading, writing, needs: { services } }: Doors): void {
  writing({
    method: "post",
    path: "/v1/types",
    topic: "types",
    summary: { zh: "定义证照类型或其新版本", en: "Define a certificate type, or its next version" },
    scopes: ["types:define"],
    typeOf: async ({ body }) => (typeof body.id === "string" ? body.id : undefined),
    body: jsonObject,
    result: {},
    location: () => "/v1/types",
    problems: [
      "invalid-type",
      "malformed-type",
      "not-the-type-owner",
      "type-version-out-of-order",
      "unknown-member",
      "type-code-changed",
      "type-code-taken",
      "type-change-breaks",
    ],
    run: ({ body, caller }, options) => services.defineType(body, caller, options),
  });
  reading(
    {
      method: "get",
      path: "/v1/types",
      topic: "types",
      summary: { zh: "证照类型列表", en: "Certificate types, newest versions" },
      scopes: readers,
      typeOf: "any",
      query: z.strictObject(pageQuery),
      answers: { 200: { description: "证照类型 · types", content: { "application/json": types } } },
      problems: ["invalid-cursor"],
    },
    async ({ c, query }) => answer(c, types, await services.types(query.cursor, query.limit ?? limitDefault)),
  );
  reading(
    {
      method: "get",
      path: "/v1/types/{id}",
      topic: "types",
      summary: { zh: "证照类型", en: "A certificate type" },
      scopes: readers,
      typeOf: async ({ params }) => params.id,
      params: z.object({ id: typeId }),
      query: z.strictObject({
        version: optional(
          z
            .string()
            .regex(/^[1-9][0-9]{0,2}$/)
            .transform(Number),
        ).openapi({ type: "integer", minimum: 1, maximum: 999 }),
      }),
      answers: { 200: { description: "证照类型 · the type", content: { "application/json": type } } },
      problems: ["unknown-type"],
    },
    async ({ c, params, query }) => answer(c, type, await services.type(params.id, query.version)),
  );
}
