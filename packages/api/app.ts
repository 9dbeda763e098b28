import { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnv, ApiNeeds, PublicNeeds } from "./context.ts";
import { documentRoute } from "./document.ts";
import { createDoors, createPublicDoors, type Doors, publicLimit } from "./doors.ts";
import { describeError, thrownProblem } from "./problems.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { bulkRoute } from "./routes/bulk.ts";
import { certificateLifeRoutes } from "./routes/certificate-life.ts";
import { certificateRoutes } from "./routes/certificates.ts";
import { consortiumRoutes } from "./routes/consortium.ts";
import { docsRoutes } from "./routes/docs.ts";
import { evidenceRoutes } from "./routes/evidence.ts";
import { fileRoutes } from "./routes/files.ts";
import { healthRoutes, metricsRoute } from "./routes/health.ts";
import { ledgerRoutes } from "./routes/ledger.ts";
import { lookupRoutes } from "./routes/lookup.ts";
import { declareToken, metadataRoute, tokenRoute } from "./routes/oauth.ts";
import { declarePeers, peerRoutes } from "./routes/peer.ts";
import { receiptRoutes } from "./routes/receipts.ts";
import { requestRoutes } from "./routes/requests.ts";
import { statisticsRoutes } from "./routes/statistics.ts";
import { statusListRoute } from "./routes/status-lists.ts";
import { traceRoutes } from "./routes/trace.ts";
import { typeRoutes } from "./routes/types.ts";
import { verificationRoutes } from "./routes/verifications.ts";
import { accessLog, refuseWhileDraining, securityHeaders } from "./wall.ts";
import { wrongTurn } from "./wrong-turn.ts";

/** All doors of one member. The needs are the only state: two apps in one process share nothing. */
export function createApi(needs: ApiNeeds): OpenAPIHono<ApiEnv> {
  const app = createWall(needs);
  const doors = createDoors(app, needs);
  mountRows(doors);
  tokenRoute(app, needs);
  peerRoutes(app, needs);
  documentRoute(app, doors);
  return app;
}

/** The routes that need no account, for a process that holds no more than they need. Its document tells of all routes all the same. */
export function createPublicApi(needs: PublicNeeds): OpenAPIHono<ApiEnv> {
  const app = createWall(needs);
  const doors = createPublicDoors(app, needs, { signs: false, limit: publicLimit(needs) });
  mountRows(doors);
  declareToken(app);
  declarePeers(app);
  documentRoute(app, doors);
  return app;
}

/** What stands before every route. */
export function createWall(needs: Pick<ApiNeeds, "clock" | "random" | "log" | "baseUrl" | "metrics" | "isDraining">): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.use(accessLog(needs));
  app.use(securityHeaders(needs));
  app.use(refuseWhileDraining(needs));
  app.onError((error, c) => {
    needs.log.error("fault", { requestId: c.get("requestId"), route: c.get("route") ?? "-", ...describeError(error) });
    return thrownProblem(c, error);
  });
  app.notFound(wrongTurn(app));
  return app;
}

function mountRows(doors: Doors): void {
  healthRoutes(doors);
  metricsRoute(doors);
  docsRoutes(doors);
  consortiumRoutes(doors);
  typeRoutes(doors);
  bulkRoute(doors);
  certificateRoutes(doors);
  certificateLifeRoutes(doors);
  statusListRoute(doors);
  requestRoutes(doors);
  traceRoutes(doors);
  accountRoutes(doors);
  verificationRoutes(doors);
  fileRoutes(doors);
  evidenceRoutes(doors);
  ledgerRoutes(doors);
  statisticsRoutes(doors);
  receiptRoutes(doors);
  lookupRoutes(doors);
  metadataRoute(doors);
}
