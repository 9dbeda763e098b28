import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { Fault } from "@vermilion/member/fault";
import { peerContentType, signResponse, verifyRequest } from "@vermilion/member/peer-signatures";
import type { PeerCall } from "@vermilion/member/ports/index";
import type { ApiContext, ApiEnv, ApiNeeds } from "../context.ts";
import { describeError, problem } from "../problems.ts";
import { type DoorRow, declare } from "../route.ts";
import { jsonObject } from "../schemas.ts";
import { peerBodyBytesMax, readBody, refuseContentType } from "../wall.ts";

const calls: readonly PeerCall[] = ["raft", "proposals", "attachment", "probe"];

const row: DoorRow = {
  method: "post",
  path: "/peer/v1/{call}",
  topic: "peers",
  audience: "peer",
  scopes: [],
  operator: false,
  write: false,
  params: z.object({ call: z.enum(calls as [PeerCall, ...PeerCall[]]) }),
  body: jsonObject,
  summary: { zh: "成员间调用", en: "A call from another member" },
  description:
    "RFC 9421 与 RFC 9530 签名，会话证书在 Vermilion-Session 中；应答也签名。Signed by a session key that the member's identity key certified; " +
    "the answer is signed too and bound to the request's signature.",
  answers: { 200: { description: "签名的应答 · a signed answer", content: { "application/json": jsonObject } } },
  problems: ["peer-call-unknown", "peer-call-failed", "storage-full", "storage-read-only", "stale-turn"],
};

/** The peers' door. Who has not signed gets an unsigned refusal; every other answer is signed and bound to its request. */
export function peerRoutes(app: OpenAPIHono<ApiEnv>, needs: ApiNeeds): void {
  declare(app, row);
  app.post("/peer/v1/:call", async (c) => {
    c.set("route", row.path);
    const wrongType = refuseContentType(c, "json");
    if (wrongType !== undefined) return problem(c, wrongType);
    const headers = c.req.header();
    // Whoever carries no signature at all is not let in with 8 MB.
    if (headers.signature === undefined || headers["vermilion-session"] === undefined)
      return problem(c, { refused: "peer-signature-missing" });
    const body = await readBody(c, peerBodyBytesMax);
    if ("refused" in body) return problem(c, body);
    const { pathname, search } = new URL(c.req.url);
    const request = { method: c.req.method, url: `${needs.baseUrl}${pathname}${search}`, headers, body: body.value };
    const from = await verifyRequest(request, needs);
    if ("refused" in from) return problem(c, from);
    c.set("peer", from.member);
    return signed(headers.signature, await handle(c, from.member, body.value, needs), needs);
  });
}

async function handle(c: ApiContext, from: string, body: Uint8Array, needs: ApiNeeds): Promise<Response | Uint8Array> {
  const call = calls.find((known) => known === c.req.param("call"));
  if (call === undefined) return problem(c, { refused: "peer-call-unknown" });
  try {
    return await needs.peers.handle(from, call, body);
  } catch (error) {
    needs.log.error("peer-call-failed", { requestId: c.get("requestId"), peer: from, call, ...describeError(error) });
    return problem(c, { refused: error instanceof Fault ? error.code : "peer-call-failed" });
  }
}

async function signed(requestSignature: string, answer: Response | Uint8Array, needs: ApiNeeds): Promise<Response> {
  const isProblem = answer instanceof Response;
  const status = isProblem ? answer.status : 200;
  const body = isProblem ? new Uint8Array(await answer.arrayBuffer()) : answer;
  const contentType = isProblem ? "application/problem+json" : peerContentType;
  const headers = await signResponse({ status, body, contentType }, requestSignature, needs);
  return new Response(Uint8Array.from(body), { status, headers });
}
