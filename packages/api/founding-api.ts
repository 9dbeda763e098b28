import type { OpenAPIHono } from "@hono/zod-openapi";
import { createWall } from "./app.ts";
import type { ApiEnv, PublicNeeds } from "./context.ts";
import { createPublicDoors, publicLimit } from "./doors.ts";
import { problem } from "./problems.ts";
import { statementRoute } from "./routes/consortium.ts";

const noGenesis = { code: "no-chain-yet", zh: "尚未安装创世文件", en: "no genesis is installed" };

/**
 * The doors of a member that is on no chain yet: its statement, for those who found one with it, and its health, which says so. Everything
 * else is `no-chain-yet`, whoever asks.
 */
export function createFoundingApi(needs: Omit<PublicNeeds, "services">): OpenAPIHono<ApiEnv> {
  const app = createWall(needs);
  statementRoute({ publicly: createPublicDoors(app, needs, { signs: false, limit: publicLimit(needs) }).publicly, needs });
  app.get("/v1/health", (c) => c.json({ member: needs.member, status: "no-chain-yet", ready: false, reasons: [noGenesis], chains: [] }));
  app.all("*", (c) => problem(c, { refused: "no-chain-yet" }));
  return app;
}
