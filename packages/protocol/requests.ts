import * as z from "zod";
import { actId, by, certificateId, code, fieldName, memberId, optional, partId, sha256Hex, time } from "./forms.ts";
import type { Route } from "./route.ts";
import { disclosed } from "./shapes/certificate.ts";
import { ofGranted } from "./shapes/refusals.ts";

const params = { request: actId };
const status = z.enum(["pending", "allowed", "granted", "refused"]);

const request = z
  .object({
    request: actId,
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
    status,
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
  .meta({ id: "Request" });

export const requestRoutes = {
  openRequest: {
    method: "post",
    path: "/v1/requests",
    topic: "requests",
    names: { zh: "申请查看字段", en: "Ask for fields of a certificate" },
    description:
      "常设授权已涵盖时立即准予（state: allowed），否则等待所有者审批。Covered by a standing policy it is allowed at once, else it waits for the owner.",
    scopes: ["requests:open"],
    about: "certificate",
    body: {
      certificate: certificateId,
      part: partId,
      fields: z.array(fieldName).min(1).max(200),
      purpose: code,
      serviceItem: code,
      basis: code,
      deadline: optional(time).meta({ description: "ms since 1970; default in 7 days, at most 30" }),
    },
    makes: "requests.open",
    adds: { request: actId, state: optional(status) },
    location: "/v1/requests/{request}",
    refusals: ["unknown-certificate", "unknown-part", "unknown-field", "own-record", "deadline-out-of-range"],
  },
  decideRequest: {
    method: "post",
    path: "/v1/requests/{request}/decision",
    topic: "requests",
    names: { zh: "审批申请", en: "Decide a request" },
    scopes: ["requests:decide"],
    about: "request",
    params,
    body: { decision: z.enum(["approve", "refuse"]), reason: code },
    makes: "requests.decide",
    location: "/v1/requests/{request}",
    refusals: ["unknown-request", "not-the-owner", "already-decided", "after-deadline", "record-key-not-here"],
  },
  requests: {
    method: "get",
    path: "/v1/requests",
    topic: "requests",
    names: { zh: "申请列表", en: "Requests: this member's own, or those it has to decide" },
    scopes: ["requests:open", "requests:decide"],
    query: {
      list: z.enum(["mine", "to-decide"]).default("mine").meta({ description: "mine：本成员提出的；to-decide：待本成员审批的" }),
    },
    items: request,
    refusals: ["invalid-cursor"],
  },
  request: {
    method: "get",
    path: "/v1/requests/{request}",
    topic: "requests",
    names: { zh: "申请", en: "A request and what became of it" },
    scopes: ["requests:open", "requests:decide"],
    about: "request",
    params,
    result: request,
    refusals: ["unknown-request"],
  },
  grantedFields: {
    method: "get",
    path: "/v1/requests/{request}/fields",
    topic: "fields",
    names: { zh: "读取获准的字段", en: "Read the granted fields" },
    scopes: ["fields:read"],
    about: "request",
    caller: "operator",
    params,
    waits: 5,
    result: disclosed,
    refusals: ofGranted,
  },
} as const satisfies Readonly<Record<string, Route>>;
