import { z } from "@hono/zod-openapi";
import type { Services } from "@vermilion/member/services";
import { answer, type Doors } from "../doors.ts";
import {
  address,
  certificate,
  certificateId,
  disclosed,
  fieldValues,
  issued,
  limitDefault,
  optional,
  pageOf,
  pageQuery,
  partId,
  time,
  typeId,
} from "../schemas.ts";

const page = pageOf(certificate);
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
      query: z.strictObject({ ...pageQuery, type: optional(typeId), holder: optional(address) }),
      answers: { 200: { description: "证照 · certificates", content: { "application/json": page } } },
      problems: ["invalid-cursor", "unknown-type", "unknown-account"],
    },
    async ({ c, query: { cursor, limit, ...filter } }) =>
      answer(c, page, await services.certificates(filter, cursor, limit ?? limitDefault)),
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
