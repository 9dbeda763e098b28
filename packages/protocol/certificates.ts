import * as z from "zod";
import { address, certificateId, fieldValues, memberId, natural, optional, partId, sha256Hex, time, typeId } from "./forms.ts";
import type { Route } from "./route.ts";
import { certificate, certificateItem, certificateStatus, disclosed, issued } from "./shapes/certificate.ts";
import { ofDocument } from "./shapes/refusals.ts";

/** The question of a list of certificates; every part of it narrows the answer. Times: both ends included. */
const filter = {
  type: optional(typeId),
  issuer: optional(memberId),
  holder: optional(address),
  status: optional(z.enum([...certificateStatus.options, "expired"])),
  part: optional(partId).meta({ description: "needs `type`" }),
  partState: optional(z.enum(["present", "missing"])).meta({ description: "missing：待补录 · still to be added; `present` where absent" }),
  from: optional(time),
  to: optional(time),
  number: optional(z.string().min(1).max(128)).meta({
    description: "证照编号，限编号公开的类型 · of a type that makes its number public; needs `type`",
  }),
  sort: optional(z.enum(["newest", "oldest"])).meta({ description: "`newest` where absent" }),
};

const key = z
  .string()
  .regex(/^[!-~]{1,128}$/)
  .meta({
    description:
      "1至128个可见字符：同一行以同一键再次发送，答以首次的结果 · the same line sent again under its key is answered by what it did",
  });
export const bulkLinesMax = 1_000;
/** One line of a bulk call. */
export const bulkLine = z
  .discriminatedUnion("op", [
    z.strictObject({
      op: z.literal("issue"),
      key,
      type: typeId,
      fields: fieldValues,
      holder: optional(address),
      expiresAt: optional(time),
    }),
    z.strictObject({ op: z.literal("complete"), key, certificate: certificateId, part: partId, fields: fieldValues }),
  ])
  .meta({ id: "BulkLine" });
export const bulkAnswer = z
  .object({
    line: z.int().meta({ description: "自1起 · from 1" }),
    key: z.string(),
    status: z.enum(["committed", "pending", "refused", "not-taken"]),
    certificate: optional(certificateId),
    issuerSignedSha256: optional(sha256Hex),
    sdJwt: issued.sdJwt,
    transactionHash: optional(sha256Hex),
    blockNumber: optional(z.int()),
    replayed: optional(z.boolean()),
    code: optional(z.string()),
    title: optional(z.string()),
    detail: optional(z.string()),
    problems: optional(z.array(z.object({ field: z.string(), code: z.string(), detail: z.string() }))),
  })
  .meta({ id: "BulkAnswer" });

export const certificateRoutes = {
  issueCertificate: {
    method: "post",
    path: "/v1/certificates",
    topic: "certificates",
    names: { zh: "签发证照", en: "Issue a certificate" },
    scopes: ["certificates:issue"],
    about: "type",
    body: {
      type: typeId,
      fields: fieldValues,
      holder: optional(address),
      expiresAt: optional(time).meta({ description: "ms since 1970; default by the type's validityDays, else never" }),
      serial: optional(z.string().regex(/^[0-9A-Z]{1,64}$/)),
    },
    makes: "certificates.issue",
    adds: issued,
    secret: ["sdJwt"],
    location: "/v1/certificates/{certificate}",
    refusals: [
      ...ofDocument,
      "unknown-type",
      "type-version-not-latest",
      "not-an-issuer",
      "bad-identifier",
      "wrong-check-digit",
      "certificate-exists",
      "unknown-account",
      "wrong-account-kind",
      "expiry-out-of-range",
    ],
  },
  completeCertificate: {
    method: "post",
    path: "/v1/certificates/{certificate}/parts",
    topic: "certificates",
    names: { zh: "补录证照", en: "Add a part to a certificate" },
    scopes: ["certificates:complete"],
    about: "certificate",
    params: { certificate: certificateId },
    body: { part: partId, fields: fieldValues },
    makes: "certificates.complete",
    adds: issued,
    secret: ["sdJwt"],
    location: "/v1/certificates/{certificate}",
    refusals: [
      ...ofDocument,
      "unknown-certificate",
      "unknown-part",
      "not-a-completer",
      "part-exists",
      "type-does-not-match",
      "certificate-revoked",
      "certificate-replaced",
      "certificate-suspended",
    ],
  },
  bulkCertificates: {
    method: "post",
    path: "/v1/certificates/bulk",
    topic: "certificates",
    names: { zh: "批量签发与补录", en: "Issue and complete many" },
    description:
      `JSON 数组（最多${bulkLinesMax}行）或 NDJSON 流。逐行按序作答；被拒的行说明原因，不影响其他行。未取的行（not-taken）请再次发送。` +
      `A JSON array of at most ${bulkLinesMax} lines, or NDJSON. Each line is answered in order; one that is refused says why and stops no other. ` +
      "Lines that were not taken in time are sent again.",
    scopes: ["certificates:issue", "certificates:complete"],
    about: "any",
    caller: "operator",
    lines: bulkLine,
    result: z.object({
      items: z.array(bulkAnswer),
      counts: z.object({ committed: z.int(), pending: z.int(), refused: z.int(), notTaken: z.int() }),
    }),
    media: ["application/json", "application/x-ndjson"],
  },
  certificates: {
    method: "get",
    path: "/v1/certificates",
    topic: "certificates",
    names: { zh: "证照列表", en: "Certificates on the ledger, without fields" },
    description: "限定证照类型的令牌须给出 type。A token narrowed to types must name one of them in `type`.",
    scopes: ["certificates:read"],
    about: "type",
    query: filter,
    items: certificateItem,
    refusals: ["invalid-cursor", "unknown-type", "type-needed", "empty-range"],
  },
  countCertificates: {
    method: "get",
    path: "/v1/certificates/count",
    topic: "certificates",
    names: { zh: "符合条件的证照数", en: "How many certificates fit" },
    description:
      "按类型、机构计数是精确的；其他条件最多数到一千。Exact by type and issuer; for other questions it counts to a thousand and says `atLeast`.",
    scopes: ["certificates:read"],
    about: "type",
    query: filter,
    result: z.object({ count: natural, atLeast: z.boolean() }),
    refusals: ["unknown-type", "type-needed", "empty-range"],
  },
  certificate: {
    method: "get",
    path: "/v1/certificates/{certificate}",
    topic: "certificates",
    names: { zh: "证照登记信息", en: "What the ledger says of a certificate, without fields" },
    scopes: ["certificates:read"],
    about: "certificate",
    params: { certificate: certificateId },
    result: certificate,
    refusals: ["unknown-certificate"],
  },
  ownFields: {
    method: "get",
    path: "/v1/certificates/{certificate}/fields",
    topic: "fields",
    names: { zh: "读取本成员自己录入的字段", en: "Read the fields of this member's own record" },
    scopes: ["fields:read"],
    about: "certificate",
    caller: "operator",
    params: { certificate: certificateId },
    query: { part: partId.default("main") },
    result: disclosed,
    refusals: [
      "unknown-certificate",
      "unknown-part",
      "not-the-owner",
      "record-key-not-here",
      "attachment-not-here",
      "record-malformed",
      "record-not-signed",
      "disclosure-not-signed",
      "unknown-field",
      "wrong-key",
      "cannot-open",
      "bad-padding",
      "bad-disclosure",
      "other-field",
    ],
  },
} as const satisfies Readonly<Record<string, Route>>;
