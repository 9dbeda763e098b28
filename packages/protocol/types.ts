import type { CertificateType } from "@vermilion/certificates";
import * as z from "zod";
import { code, fieldName, jsonObject, memberId, names, optional, partId, typed, typeId } from "./forms.ts";
import type { Route } from "./route.ts";

/** The rules' own reader judges types, line by line; this describes what it gives. */
const certificateType = typed<CertificateType>(
  z
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
      number: optional(z.object({ field: fieldName, public: z.boolean() })),
      validityDays: optional(z.int()),
    })
    .meta({ id: "CertificateType" }),
);

const readers = ["types:define", "certificates:issue", "certificates:complete", "certificates:read", "requests:open"] as const;

export const typeRoutes = {
  defineType: {
    method: "post",
    path: "/v1/types",
    topic: "types",
    names: { zh: "定义证照类型或其新版本", en: "Define a certificate type, or its next version" },
    scopes: ["types:define"],
    about: "type",
    wholeBody: { type: jsonObject },
    makes: "types.define",
    location: "/v1/types",
    refusals: [
      "invalid-type",
      "malformed-type",
      "not-the-type-owner",
      "type-version-out-of-order",
      "unknown-member",
      "type-code-changed",
      "type-code-taken",
      "type-change-breaks",
    ],
  },
  types: {
    method: "get",
    path: "/v1/types",
    topic: "types",
    names: { zh: "证照类型列表", en: "Certificate types, newest versions" },
    scopes: readers,
    about: "any",
    items: certificateType,
    refusals: ["invalid-cursor"],
  },
  type: {
    method: "get",
    path: "/v1/types/{type}",
    topic: "types",
    names: { zh: "证照类型", en: "A certificate type" },
    scopes: readers,
    about: "type",
    params: { type: typeId },
    query: { version: optional(z.int().min(1).max(999)) },
    result: certificateType,
    refusals: ["unknown-type"],
  },
} as const satisfies Readonly<Record<string, Route>>;
