import { Fault } from "@vermilion/node/fault";
import { peerContentType, refuseBody, type SignedHead, signResponse, verifyRequestHead } from "@vermilion/node/peers/peer-signatures";
import { routes } from "@vermilion/protocol";
import { peerCalls } from "@vermilion/protocol/doors";
import type { Hono } from "hono";
import type { ApiContext, ApiEnv } from "../context/http.ts";
import type { ApiNeeds, Chain } from "../context/needs.ts";
import { abandonBody, declaredLength, peerBodyBytesMax, type Read, readBody, refuseContentType } from "../http/body.ts";
import { describeError, type ProblemInput, problem } from "../http/problems.ts";
import { createRoom, type Room, type RoomLimits } from "../limits/room.ts";

/** A member that is corrupt, or whose session key was stolen, cannot take the others' room. */
export const peerRoom: RoomLimits = {
  each: { calls: 32, bytes: 4 * peerBodyBytesMax },
  together: { calls: 256, bytes: 16 * peerBodyBytesMax },
};

/**
 * The peers' door. The chain stands in the path; who of its members has signed is known from the headers alone, and only then is a body read; what is refused before the member itself
 * is asked is not signed, every other answer is signed and bound to its request.
 */
export function mountPeerDoor(app: Hono<ApiEnv>, needs: ApiNeeds): void {
  const { path } = routes.peerCall;
  const room = createRoom(peerRoom);
  app.post(path.replaceAll(/\{(\w+)\}/g, ":$1"), async (c) => {
    c.set("route", path);
    const named = c.req.param("chain") ?? "";
    const chain = needs.chains.of(named);
    if (chain === undefined) {
      abandonBody(c);
      return problem(c, { refused: "unknown-chain" });
    }
    const head = await checkHead(c, needs, chain);
    if ("refused" in head) {
      abandonBody(c);
      return problem(c, head);
    }
    const { member } = head.from;
    c.set("chain", named);
    c.set("peer", member);
    // A name may be another agency's on another chain.
    return withRoom(c, `${named}/${member}`, room, async () => {
      const body = await readSigned(c, head, needs);
      if ("refused" in body) return problem(c, body);
      return signed(c.req.header("signature") ?? "", await handle(c, member, body.value, needs, chain), needs);
    });
  });
}

async function checkHead(c: ApiContext, needs: ApiNeeds, { checkSession }: Chain): Promise<SignedHead | ProblemInput> {
  const wrongType = refuseContentType(c, "json");
  if (wrongType !== undefined) return wrongType;
  const { pathname, search } = new URL(c.req.url);
  const head = { method: c.req.method, url: `${needs.baseUrl}${pathname}${search}`, headers: c.req.header() };
  return verifyRequestHead(head, { ...needs, checkSession });
}

/** The room is held until the answer is made: so long the body may be in memory. One of undeclared length counts as the longest. */
async function withRoom(c: ApiContext, caller: string, room: Room, work: () => Promise<Response>): Promise<Response> {
  const leave = room.enter(caller, Math.min(declaredLength(c) ?? peerBodyBytesMax, peerBodyBytesMax));
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

async function handle(c: ApiContext, from: string, body: Uint8Array, needs: ApiNeeds, chain: Chain): Promise<Response | Uint8Array> {
  const call = peerCalls.find((known) => known === c.req.param("call"));
  if (call === undefined) return problem(c, { refused: "peer-call-unknown" });
  try {
    return await chain.peers.handle(from, call, body);
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
