import { OpenAPIHono } from "@hono/zod-openapi";
import type { ApiEnv, ApiNeeds } from "./context.ts";
import { documentRoute } from "./document.ts";
import { createDoors } from "./doors.ts";
import { describeError, thrownProblem } from "./problems.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { certificateRoutes } from "./routes/certificates.ts";
import { consortiumRoutes } from "./routes/consortium.ts";
import { fileRoutes } from "./routes/files.ts";
import { healthRoutes } from "./routes/health.ts";
import { ledgerRoutes } from "./routes/ledger.ts";
import { lookupRoutes } from "./routes/lookup.ts";
import { metadataRoute, tokenRoute } from "./routes/oauth.ts";
import { peerRoutes } from "./routes/peer.ts";
import { receiptRoutes } from "./routes/receipts.ts";
import { requestRoutes } from "./routes/requests.ts";
import { traceRoutes } from "./routes/trace.ts";
import { typeRoutes } from "./routes/types.ts";
import { verificationRoutes } from "./routes/verifications.ts";
import { accessLog, securityHeaders } from "./wall.ts";
import { wrongTurn } from "./wrong-turn.ts";

/** All doors of one member. The needs are the only state: two apps in one process share nothing. */
export function createApi(needs: ApiNeeds): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>();
  app.use(accessLog(needs));
  app.use(securityHeaders(needs));
  app.onError((error, c) => {
    needs.log.error("fault", { requestId: c.get("requestId"), route: c.get("route") ?? "-", ...describeError(error) });
    return thrownProblem(c, error);
  });
  app.notFound(wrongTurn(app));

  const doors = createDoors(app, needs);
  healthRoutes(doors);
  consortiumRoutes(doors);
  typeRoutes(doors);
  certificateRoutes(doors);
  requestRoutes(doors);
  traceRoutes(doors);
  accountRoutes(doors);
  verificationRoutes(doors);
  fileRoutes(doors);
  ledgerRoutes(doors);
  receiptRoutes(doors);
  lookupRoutes(doors);
  metadataRoute(doors);
  tokenRoute(app, needs);
  peerRoutes(app, needs);
  documentRoute(app, doors);
  return app;
}
