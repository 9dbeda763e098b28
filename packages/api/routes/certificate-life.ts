import { z } from "@hono/zod-openapi";
import { certificateStatusView, issued, lifeStep } from "../certificate-schemas.ts";
import { answer, type Doors } from "../doors.ts";
import type { ProblemCode } from "../problem-table.ts";
import {
  address,
  certificateId,
  code,
  fieldValues,
  limitDefault,
  natural,
  optional,
  pageOf,
  pageQuery,
  partId,
  sha256Hex,
  time,
} from "../schemas.ts";
import { typeOfCertificate } from "./certificates.ts";

const byCertificate = z.object({ certificate: certificateId });
const page = pageOf(lifeStep);
const reason = code.openapi({ description: "原因代码 · a code, never free text: every member reads it", example: "holder-request" });
const standing: readonly ProblemCode[] = ["unknown-certificate", "certificate-revoked", "certificate-replaced", "certificate-suspended"];
const ofDocument: readonly ProblemCode[] = ["invalid-fields", "document-exists", "status-index-taken", "wrong-status-list"];

/** What happens to a certificate after its issue: renewal, correction, changes of status, receipt; and what has happened. */
export function certificateLifeRoutes(doors: Doors): void {
  renewalRoute(doors);
  correctionRoute(doors);
  statusRoutes(doors);
  receiptRoute(doors);
  readRoutes(doors);
}

function renewalRoute({ writing, needs: { services } }: Doors): void {
  writing({
    method: "post",
    path: "/v1/certificates/{certificate}/renewal",
    topic: "certificates",
    summary: { zh: "换证：签发新版本，原证照指向它", en: "Renew: issue the next version; the old one points to it" },
    scopes: ["certificates:renew"],
    typeOf: typeOfCertificate(services),
    params: byCertificate,
    body: z.strictObject({
      fields: fieldValues,
      reason,
      holder: optional(address).openapi({ description: "only where the old certificate names none" }),
      expiresAt: optional(time),
    }),
    result: issued,
    secret: ["sdJwt"],
    location: ({ certificate }) => `/v1/certificates/${certificate}`,
    problems: [
      ...standing,
      ...ofDocument,
      "not-the-certificate-issuer",
      "not-an-issuer",
      "type-version-not-latest",
      "certificate-exists",
      "holder-does-not-match",
      "unknown-account",
      "wrong-account-kind",
      "expiry-out-of-range",
      "number-changed",
      "version-exhausted",
    ],
    run: ({ params, body, caller }, options) => services.renew(params.certificate, body, caller, options),
  });
}

function correctionRoute({ writing, needs: { services } }: Doors): void {
  writing({
    method: "post",
    path: "/v1/certificates/{certificate}/corrections",
    topic: "certificates",
    summary: { zh: "更正本成员录入的部分", en: "Correct this member's own part: a new document under the same identifier" },
    scopes: ["certificates:correct"],
    typeOf: typeOfCertificate(services),
    params: byCertificate,
    body: z.strictObject({ part: partId, fields: fieldValues, reason }),
    result: issued,
    secret: ["sdJwt"],
    location: ({ certificate }) => `/v1/certificates/${certificate}`,
    problems: [...standing, ...ofDocument, "unknown-part", "not-the-owner", "document-not-current", "type-does-not-match"],
    run: ({ params, body, caller }, options) => services.correct(params.certificate, body, caller, options),
  });
}

const statusActs = [
  { path: "suspension", operation: "suspend", summary: { zh: "中止证照", en: "Suspend a certificate" }, problems: standing },
  {
    path: "resumption",
    operation: "resume",
    summary: { zh: "恢复已中止的证照", en: "Resume a suspended certificate" },
    problems: ["unknown-certificate", "certificate-revoked", "certificate-replaced", "certificate-not-suspended"],
  },
  {
    path: "revocation",
    operation: "revoke",
    summary: { zh: "注销或吊销证照，不可恢复", en: "Revoke a certificate, for good" },
    problems: ["unknown-certificate", "certificate-revoked", "certificate-replaced"],
  },
] as const satisfies readonly { readonly problems: readonly ProblemCode[]; readonly [key: string]: unknown }[];

function statusRoutes({ writing, needs: { services } }: Doors): void {
  for (const { path, operation, summary, problems } of statusActs)
    writing({
      method: "post",
      path: `/v1/certificates/{certificate}/${path}`,
      topic: "certificates",
      summary,
      scopes: ["certificates:status"],
      typeOf: typeOfCertificate(services),
      params: byCertificate,
      body: z.strictObject({ reason }),
      result: {},
      location: (_answer, { params }) => `/v1/certificates/${params.certificate}`,
      problems: [...problems, "not-the-certificate-issuer"],
      run: ({ params, body, caller }, options) => services.changeStatus(operation, params.certificate, body, caller, options),
    });
}

function receiptRoute({ writing, needs: { services } }: Doors): void {
  writing({
    method: "post",
    path: "/v1/certificates/{certificate}/receipt",
    topic: "certificates",
    summary: { zh: "收证：持有人确认收到", en: "Receive: the holder acknowledges the certificate" },
    description:
      "proof：持有人密钥对 {certificate, chain, document} 的签名对象；没有时由登记该持有人的成员代为确认。" +
      "`proof` is the holder's signed object (typ `vermilion-received+json`); without it the member that registered the holder speaks for him.",
    scopes: ["certificates:receive"],
    typeOf: typeOfCertificate(services),
    params: byCertificate,
    body: z.strictObject({ document: optional(sha256Hex), proof: optional(z.string().min(1).max(8_192)) }),
    result: {},
    location: (_answer, { params }) => `/v1/certificates/${params.certificate}`,
    problems: [...standing, "document-not-current", "already-received", "not-the-holder", "bad-proof", "unknown-account"],
    run: ({ params, body, caller }, options) => services.receive(params.certificate, body, caller, options),
  });
}

function readRoutes({ reading, needs: { services } }: Doors): void {
  reading(
    {
      method: "get",
      path: "/v1/certificates/{certificate}/history",
      topic: "certificates",
      summary: { zh: "证照的全部变化", en: "Every step of a certificate's life, from its issue on" },
      description: "每一步的存证凭据：/v1/receipts/{transaction}。The receipt of a step is that of its transaction.",
      scopes: ["certificates:read"],
      typeOf: typeOfCertificate(services),
      params: byCertificate,
      query: z.strictObject(pageQuery),
      answers: { 200: { description: "变化 · the steps", content: { "application/json": page } } },
      problems: ["unknown-certificate", "invalid-cursor"],
    },
    async ({ c, params, query }) => answer(c, page, await services.history(params.certificate, query.cursor, query.limit ?? limitDefault)),
  );
  reading(
    {
      method: "get",
      path: "/v1/certificates/{certificate}/status",
      topic: "certificates",
      summary: { zh: "证照在现在或过去某一时点的状态", en: "The status of a certificate, now or at a time past" },
      scopes: ["certificates:read"],
      typeOf: typeOfCertificate(services),
      params: byCertificate,
      query: z.strictObject({ asOf: optional(natural).openapi({ description: "ms since 1970-01-01T00:00:00Z" }) }),
      answers: { 200: { description: "状态 · the status", content: { "application/json": certificateStatusView } } },
      problems: ["unknown-certificate", "as-of-in-the-future"],
    },
    async ({ c, params, query }) => answer(c, certificateStatusView, await services.certificateStatus(params.certificate, query.asOf)),
  );
}
