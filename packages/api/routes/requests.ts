import { z } from "@hono/zod-openapi";
import type { Services } from "@vermilion/member/services";
import { answer, type Doors } from "../doors.ts";
import {
  certificateId,
  code,
  disclosed,
  fieldName,
  limitDefault,
  optional,
  pageOf,
  pageQuery,
  partId,
  request,
  requestId,
  waitSeconds,
} from "../schemas.ts";

const page = pageOf(request);
const byRequest = z.object({ request: requestId });
const readWaitSeconds = 5;

export function typeOfRequest(
  services: Services,
): (call: { readonly params: { readonly request: string } }) => Promise<string | undefined> {
  return async ({ params }) => {
    const row = await services.request(params.request);
    const of = "refused" in row ? row : await services.certificate(row.certificate);
    return "refused" in of ? undefined : of.type;
  };
}

export function requestRoutes(doors: Doors): void {
  writeRoutes(doors);
  readRoutes(doors);
}

function writeRoutes({ writing, needs: { services } }: Doors): void {
  writing({
    method: "post",
    path: "/v1/requests",
    topic: "requests",
    summary: { zh: "申请查看字段", en: "Ask for fields of a certificate" },
    description:
      "常设授权已涵盖时立即准予（state: allowed），否则等待所有者审批。Covered by a standing policy it is allowed at once, else it waits for the owner.",
    scopes: ["requests:open"],
    typeOf: async ({ body }) => {
      const row = await services.certificate(body.certificate);
      return "refused" in row ? undefined : row.type;
    },
    body: z.strictObject({
      certificate: certificateId,
      part: partId,
      fields: z.array(fieldName).min(1).max(200),
      purpose: code,
      serviceItem: code,
      basis: code,
      deadline: optional(z.int().min(0)).openapi({ description: "ms since 1970; default in 7 days, at most 30" }),
    }),
    result: { request: requestId, state: optional(z.enum(["pending", "allowed", "granted", "refused"])) },
    location: (answer) => `/v1/requests/${answer.request}`,
    problems: ["unknown-certificate", "unknown-part", "unknown-field", "own-record", "deadline-out-of-range"],
    run: ({ body, caller }, options) => services.openRequest(body, caller, options),
  });
  writing({
    method: "post",
    path: "/v1/requests/{request}/decision",
    topic: "requests",
    summary: { zh: "审批申请", en: "Decide a request" },
    scopes: ["requests:decide"],
    typeOf: typeOfRequest(services),
    params: byRequest,
    body: z.strictObject({ decision: z.enum(["approve", "refuse"]), reason: code }),
    result: {},
    location: (_answer, { params }) => `/v1/requests/${params.request}`,
    problems: ["unknown-request", "not-the-owner", "already-decided", "after-deadline"],
    run: ({ params, body, caller }, options) => services.decide(params.request, body, caller, options),
  });
}

function readRoutes({ reading, waits, needs: { services } }: Doors): void {
  reading(
    {
      method: "get",
      path: "/v1/requests",
      topic: "requests",
      summary: { zh: "申请列表", en: "Requests: this member's own, or those it has to decide" },
      scopes: ["requests:open", "requests:decide"],
      query: z.strictObject({
        ...pageQuery,
        list: optional(z.enum(["mine", "to-decide"])).openapi({
          description: "mine：本成员提出的；to-decide：待本成员审批的",
          default: "mine",
        }),
      }),
      answers: { 200: { description: "申请 · requests", content: { "application/json": page } } },
      problems: ["invalid-cursor"],
    },
    async ({ c, query }) => answer(c, page, await services.requests(query.list ?? "mine", query.cursor, query.limit ?? limitDefault)),
  );
  reading(
    {
      method: "get",
      path: "/v1/requests/{request}",
      topic: "requests",
      summary: { zh: "申请", en: "A request and what became of it" },
      scopes: ["requests:open", "requests:decide"],
      typeOf: typeOfRequest(services),
      params: byRequest,
      answers: { 200: { description: "申请 · the request", content: { "application/json": request } } },
      problems: ["unknown-request"],
    },
    async ({ c, params }) => answer(c, request, await services.request(params.request)),
  );
  reading(
    {
      method: "get",
      path: "/v1/requests/{request}/fields",
      topic: "fields",
      summary: { zh: "读取获准的字段", en: "Read the granted fields" },
      scopes: ["fields:read"],
      typeOf: typeOfRequest(services),
      operator: true,
      params: byRequest,
      query: z.strictObject({ wait: optional(waitSeconds) }),
      answers: { 200: { description: "字段 · the fields", content: { "application/json": disclosed } } },
      problems: [
        "unknown-request",
        "not-the-reader",
        "not-the-requesting-app",
        "request-pending",
        "request-refused",
        "request-expired",
        "grant-due",
        "wrong-grant",
        "attachment-not-here",
        "record-malformed",
        "record-not-signed",
        "disclosure-not-signed",
        "wrong-key",
        "cannot-open",
      ],
    },
    async ({ c, params, query, access: { app, operator } }) => {
      const read = (waitMs: number) => services.readGranted(params.request, { app, operator }, { waitMs });
      return answer(c, disclosed, await waits.apps.during((query.wait ?? readWaitSeconds) * 1000, read));
    },
  );
}
