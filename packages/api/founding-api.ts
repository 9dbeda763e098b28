import type { OpenAPIHono } from "@hono/zod-openapi";
import { createWall } from "./app.ts";
import type { ApiEnv, PublicNeeds } from "./context.ts";
import { createPublicDoors, publicLimit } from "./doors.ts";
import { problem } from "./problems.ts";
import { statementRoute } from "./routes/consortium.ts";

/** Why a member is on no chain. */
const reasons = {
  "no-chain-yet": { zh: "尚未安装创世文件", en: "no genesis is installed" },
  "storage-layout-older": {
    zh: "存储的是朱印 0.1 的数据，本程序不读取，也没有改动它",
    en: "the storage holds data of Vermilion 0.1, which this program does not read and has not changed",
  },
} as const;

/**
 * The doors of a member that is on no chain: its statement, for those who found one with it, and its health, which says why. Everything
 * else is refused with that reason, whoever asks.
 */
export function createFoundingApi(needs: Omit<PublicNeeds, "services">, why: keyof typeof reasons = "no-chain-yet"): OpenAPIHono<ApiEnv> {
  const app = createWall(needs);
  statementRoute({ publicly: createPublicDoors(app, needs, { signs: false, limit: publicLimit(needs) }).publicly, needs });
  app.get("/v1/health", (c) =>
    c.json({ member: needs.member, status: why, ready: false, reasons: [{ code: why, ...reasons[why] }], chains: [] }),
  );
  app.all("*", (c) => problem(c, { refused: why }));
  return app;
}
