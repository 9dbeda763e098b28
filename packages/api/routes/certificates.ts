import { z } from "@hono/zod-openapi";
import type { Services } from "@vermilion/member/services";
import { certificate, certificateItem, certificateStatus, issued } from "../certificate-schemas.ts";
import { answer, type Doors } from "../doors.ts";
import {
  address,
  certificateId,
  disclosed,
  fieldValues,
  limitDefault,
  memberId,
  natural,
  optional,
  pageOf,
  pageQuery,
  partId,
  time,
  typeId,
} from "../schemas.ts";

const page = pageOf(certificateItem);
const count = z.object({ count: z.int(), atLeast: z.boolean() });
const ms = natural.openapi({ description: "ms since 1970-01-01T00:00:00Z" });
/** The question of a list of certificates; every part of it narrows the answer. */
const filterQuery = {
  type: optional(typeId),
  issuer: optional(memberId),
  holder: optional(address),
  status: optional(z.enum([...certificateStatus.options, "expired"])),
  part: optional(partId).openapi({ description: "needs `type`" }),
  partState: optional(z.enum(["present", "missing"])).openapi({ description: "missing：待补录 · still to be added", default: "present" }),
  from: optional(ms),
  to: optional(ms),
  number: optional(z.string().min(1).max(128)).openapi({
    description: "证照编号，限编号公开的类型 · of a type that makes its number public; needs `type`",
  }),
  sort: optional(z.enum(["newest", "oldest"])).openapi({ default: "newest" }),
};
const byCertificate = z.object({ certificate: certificateId });

/** The type of a certificate, for tokens that are narrowed to types. */
export function typeOfCertificate(
  services: Services,
): (call: { readonly params: { readonly certificate: string } }) => Promise<string | undefined> {
  return async ({ params }) => {
    const row = await services.certificate(params.certificate);
    return "refused" in row ? undefined : row.type;
  };
}

export function certificateRoutes(doors: Doors): void {
  writeRoutes(doors);
  readRoutes(doors);
}

function writeRoutes({ writing, needs: { services } }: Doors): void {
  writing({
    method: "post",
    path: "/v1/certificates",
    topic: "certificates",
    summary: { zh: "签发证照", en: "Issue a certificate" },
    scopes: ["certificates:issue"],
    typeOf: async ({ body }) => body.type,
    body: z.strictObject({
      type: typeId,
      fields: fieldValues,
      holder: optional(address),
      expiresAt: optional(time).openapi({ description: "ms since 1970; default by the type's validityDays, else never" }),
      serial: optional(z.string().regex(/^[0-9A-Z]{1,64}$/)),
    }),
    result: issued,
    secret: ["sdJwt"],
    location: (answer) => `/v1/certificates/${answer.certificate}`,
    problems: [
      "unknown-type",
      "type-version-not-latest",
      "not-an-issuer",
      "invalid-fields",
      "bad-identifier",
      "certificate-exists",
      "document-exists",
      "unknown-account",
      "wrong-account-kind",
      "expiry-out-of-range",
      "status-index-taken",
      "wrong-status-list",
    ],
    run: ({ body, caller }, options) => services.issue(body, caller, options),
  });
  writing({
    method: "post",
    path: "/v1/certificates/{certificate}/parts",
    topic: "certificates",
    summary: { zh: "补录证照", en: "Add a part to a certificate" },
    scopes: ["certificates:complete"],
    typeOf: typeOfCertificate(services),
    params: byCertificate,
    body: z.strictObject({ part: partId, fields: fieldValues }),
    result: issued,
    secret: ["sdJwt"],
    location: (answer) => `/v1/certificates/${answer.certificate}`,
    problems: [
      "unknown-certificate",
      "unknown-part",
      "not-a-completer",
      "part-exists",
      "invalid-fields",
      "document-exists",
      "type-does-not-match",
      "certificate-revoked",
      "certificate-replaced",
      "certificate-suspended",
      "status-index-taken",
      "wrong-status-list",
    ],
    run: ({ params, body, caller }, options) => services.complete(params.certificate, body, caller, options),
  });
}

function readRoutes({ reading, needs: { services } }: Doors): void {
  reading(
    {
      method: "get",
      path: "/v1/certificates",
      topic: "certificates",
      summary: { zh: "证照列表", en: "Certificates on the ledger, without fields" },
      description: "限定证照类型的令牌须给出 type。A token narrowed to types must name one of them in `type`.",
      scopes: ["certificates:read"],
      typeOf: async ({ query }) => query.type,
      query: z.strictObject({ ...pageQuery, ...filterQuery }),
      answers: { 200: { description: "证照 · certificates", content: { "application/json": page } } },
      problems: ["invalid-cursor", "unknown-type", "unknown-account", "type-needed", "empty-range"],
    },
    async ({ c, query: { cursor, limit, ...filter } }) =>
      answer(c, page, await services.certificates(filter, cursor, limit ?? limitDefault)),
  );
  reading(
    {
      method: "get",
      path: "/v1/certificates/count",
      topic: "certificates",
      summary: { zh: "符合条件的证照数", en: "How many certificates fit" },
      description:
        "按类型、机构计数是精确的；其他条件最多数到一千。Exact by type and issuer; for other questions it counts to a thousand and says `atLeast`.",
      scopes: ["certificates:read"],
      typeOf: async ({ query }) => query.type,
      query: z.strictObject(filterQuery),
      answers: { 200: { description: "数目 · the count", content: { "application/json": count } } },
      problems: ["unknown-type", "type-needed", "empty-range"],
    },
    async ({ c, query }) => answer(c, count, await services.countCertificates(query)),
  );
  reading(
    {
      method: "get",
      path: "/v1/certificates/{certificate}",
      topic: "certificates",
      summary: { zh: "证照登记信息", en: "What the ledger says of a certificate, without fields" },
      scopes: ["certificates:read"],
      typeOf: typeOfCertificate(services),
      params: byCertificate,
      answers: { 200: { description: "证照 · the certificate", content: { "application/json": certificate } } },
      problems: ["unknown-certificate"],
    },
    async ({ c, params }) => answer(c, certificate, await services.certificate(params.certificate)),
  );
  reading(
    {
      method: "get",
      path: "/v1/certificates/{certificate}/fields",
      topic: "fields",
      summary: { zh: "读取本成员自己录入的字段", en: "Read the fields of this member's own record" },
      scopes: ["fields:read"],
      typeOf: typeOfCertificate(services),
      operator: true,
      params: byCertificate,
      query: z.strictObject({ part: optional(partId) }),
      answers: { 200: { description: "字段 · the fields", content: { "application/json": disclosed } } },
      problems: ["unknown-certificate", "unknown-part", "not-the-owner", "record-key-not-here", "key-unwrap-failed"],
    },
    async ({ c, params, query, access: { app, operator } }) =>
      answer(c, disclosed, await services.readOwn(params.certificate, query.part ?? "main", { app, operator })),
  );
}
