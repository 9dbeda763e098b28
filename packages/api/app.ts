import { isPublicRoute, isWrite, type MemberRouteName, memberRoutes } from "@vermilion/protocol";
import { Hono } from "hono";
import type { ApiEnv } from "./context/http.ts";
import type { ApiNeeds, FoundingNeeds, PublicNeeds } from "./context/needs.ts";
import { docs, docsFileOf, openApiOf } from "./docs/handlers.ts";
import { type Guards, type MemberHandler, mountDoor, mountMemberRoute } from "./doors/door.ts";
import { appGuard, publicGuard } from "./doors/guards.ts";
import { readHandler, type WaitRooms, writeHandler } from "./doors/use-cases.ts";
import { bulkHandler } from "./handlers/bulk.ts";
import { fileChunkHandler, sendChunkHandler } from "./handlers/files.ts";
import { certificatesOfHolder } from "./handlers/holders.ts";
import { metricsOf, readyOf, statementOf } from "./handlers/member.ts";
import { receiptOf, statusListOf } from "./handlers/receipts.ts";
import { submission } from "./handlers/submissions.ts";
import { describeError, problem, thrownProblem } from "./http/problems.ts";
import { accessLog, refuseWhileDraining, securityHeaders } from "./http/wall.ts";
import { wrongTurn } from "./http/wrong-turn.ts";
import { publicLimit } from "./limits/rate-limit.ts";
import { createWaits } from "./limits/waits.ts";
import { mountPeerDoor } from "./peers/peer-door.ts";
import { signInMetadata } from "./sign-in/metadata.ts";
import { mountTokenDoor } from "./sign-in/token-door.ts";

const names = Object.keys(memberRoutes) as readonly MemberRouteName[];

/** All doors of one member. The needs are the only state: two apps in one process share nothing. */
export function createApi(needs: ApiNeeds): Hono<ApiEnv> {
  const app = createWall(needs);
  const guards = { anybody: publicGuard(publicLimit(needs)), apps: appGuard(needs) };
  const waits = newWaits();
  const special = specialHandlers(needs, waits);
  for (const name of names) {
    const handler = special[name] ?? (isWrite(memberRoutes[name]) ? writeHandler(name, needs) : readHandler(name, waits));
    mountMemberRoute(app, guards, needs.chains, name, handler);
  }
  mountDoor(app, guards, "metrics", metricsOf(needs));
  mountPublicDoors(app, guards, needs);
  mountTokenDoor(app, needs);
  mountPeerDoor(app, needs);
  return app;
}

/** The routes that need no account, for a process that holds no more than they need. Its document tells of all routes all the same. */
export function createPublicApi(needs: PublicNeeds): Hono<ApiEnv> {
  const app = createWall(needs);
  const guards = { anybody: publicGuard(publicLimit(needs)) };
  const waits = newWaits();
  const special = specialHandlers(needs, waits);
  for (const name of names.filter(isPublicRoute))
    mountMemberRoute(app, guards, needs.chains, name, special[name] ?? readHandler(name, waits));
  mountPublicDoors(app, guards, needs);
  return app;
}

/** Why a member is on no chain. */
const whyNoChain = {
  "no-chain-yet": { zh: "尚未安装创世文件", en: "no genesis is installed" },
  "data-too-old": {
    zh: "存储的是 0.1 版的数据，本版本不读取，也没有改动它",
    en: "the storage was written by version 0.1, whose data this version does not read and has not changed",
  },
} as const;

/**
 * The doors of a member that is on no chain: its statement, for those who found one with it, and its health, which says why. Everything else
 * is refused with that reason, whoever asks.
 */
export function createFoundingApi(needs: FoundingNeeds, why: keyof typeof whyNoChain = "no-chain-yet"): Hono<ApiEnv> {
  const app = createWall(needs);
  mountDoor(app, { anybody: publicGuard(publicLimit(needs)) }, "statement", statementOf(needs));
  app.get(memberRoutes.health.path, (c) =>
    c.json({ member: needs.member, status: why, ready: false, reasons: [{ code: why, ...whyNoChain[why] }], chains: [] }),
  );
  app.all("*", (c) => problem(c, { refused: why }));
  return app;
}

/** Requests that may wait at one time, of strangers and of apps each. */
const waitingMax = 256;

function newWaits(): WaitRooms {
  return { anybody: createWaits(waitingMax), apps: createWaits(waitingMax) };
}

/** Routes whose answers are made otherwise than by handing on what the use case says: streams, bytes, two media types, redirections. */
function specialHandlers(needs: PublicNeeds, waits: WaitRooms): { readonly [Name in MemberRouteName]?: MemberHandler<Name> } {
  return {
    bulkCertificates: bulkHandler(needs),
    sendChunk: sendChunkHandler(),
    fileChunk: fileChunkHandler(),
    receipt: receiptOf(waits),
    statusList: statusListOf(needs),
    submission,
    certificatesOfHolder,
  };
}

function mountPublicDoors(app: Hono<ApiEnv>, guards: Guards, needs: PublicNeeds): void {
  mountDoor(app, guards, "ready", readyOf(needs));
  mountDoor(app, guards, "statement", statementOf(needs));
  mountDoor(app, guards, "docs", docs);
  mountDoor(app, guards, "docsFile", docsFileOf(needs));
  mountDoor(app, guards, "openapi", openApiOf(needs));
  mountDoor(app, guards, "signInMetadata", async ({ c }) => c.json(signInMetadata(needs.baseUrl)));
}

/** What stands before every route. */
function createWall(needs: FoundingNeeds): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.use(accessLog(needs));
  app.use(securityHeaders(needs));
  app.use(refuseWhileDraining(needs));
  app.onError((error, c) => {
    needs.log.error("fault", { requestId: c.get("requestId"), route: c.get("route") ?? "-", ...describeError(error) });
    return thrownProblem(c, error);
  });
  app.notFound(wrongTurn());
  return app;
}
