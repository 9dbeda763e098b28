import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { Fault } from "@vermilion/node/fault";
import { peerContentType, refuseBody, type SignedHead, signResponse, verifyRequestHead } from "@vermilion/node/peers/peer-signatures";
import type { PeerCall } from "@vermilion/node/ports/index";
import type { ApiContext, ApiEnv, ApiNeeds } from "../context.ts";
import { createPeerBodies, type PeerBodies } from "../peer-bodies.ts";
import { describeError, type ProblemInput, problem } from "../problems.ts";
import { type DoorRow, declare } from "../route.ts";
import { jsonObject } from "../schemas.ts";
import { abandonBody, declaredLength, peerBodyBytesMax, type Read, readBody, refuseContentType } from "../wall.ts";

const calls: readonly PeerCall[] = ["raft", "proposals", "attachment", "file", "probe"];

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
  problems: ["peer-call-unknown", "peer-call-failed", "peer-busy", "storage-full", "storage-read-only", "stale-turn"],
};

export function declarePeers(app: OpenAPIHono<ApiEnv>): void {
  declare(app, row);
}

/**
 * The peers' door. Who has signed is known from the headers alone, and only then is a body read; what is refused before the member itself
 * is asked is not signed, every other answer is signed and bound to its request.
 */
export function peerRoutes(app: OpenAPIHono<ApiEnv>, needs: ApiNeeds): void {
  declarePeers(app);
  const bodies = createPeerBodies();
  app.post("/peer/v1/:call", async (c) => {
    c.set("route", row.path);
    const head = await checkHead(c, needs);
    if ("refused" in head) {
      abandonBody(c);
      return problem(c, head);
    }
    c.set("peer", head.from.member);
    return withRoom(c, head.from.member, bodies, async () => {
      const body = await readSigned(c, head, needs);
      if ("refused" in body) return problem(c, body);
      return signed(c.req.header("signature") ?? "", await handle(c, head.from.member, body.value, needs), needs);
    });
  });
}

async function checkHead(c: ApiContext, needs: ApiNeeds): Promise<SignedHead | ProblemInput> {
  const wrongType = refuseContentType(c, "json");
  if (wrongType !== undefined) return wrongType;
  const { pathname, search } = new URL(c.req.url);
  return verifyRequestHead({ method: c.req.method, url: `${needs.baseUrl}${pathname}${search}`, headers: c.req.header() }, needs);
}

/** The room is held until the answer is made: so long the body may be in memory. One of undeclared length counts as the longest. */
async function withRoom(c: ApiContext, member: string, bodies: PeerBodies, work: () => Promise<Response>): Promise<Response> {
  const leave = bodies.enter(member, Math.min(declaredLength(c) ?? peerBodyBytesMax, peerBodyBytesMax));
  if (leave === undefined) {
    abandonBody(c);
    return problem(c, { refused: "peer-busy" });
  }
  try {
    return await work();
  } finally {
    leave();
  }
}

async function readSigned(c: ApiContext, head: SignedHead, needs: ApiNeeds): Promise<Read<Uint8Array>> {
  const body = await readBody(c, peerBodyBytesMax);
  return "refused" in body ? body : (refuseBody(head, body.value, needs.crypto) ?? body);
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
