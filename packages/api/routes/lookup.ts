import { z } from "@hono/zod-openapi";
import { answer, type Doors } from "../doors.ts";
import { lookup, sha256Hex } from "../schemas.ts";

export function lookupRoutes({ publicly, needs: { services } }: Doors): void {
  publicly(
    {
      method: "get",
      path: "/v1/lookup/{hash}",
      topic: "lookup",
      summary: {
        zh: "按哈希公开查询",
        en: "Public look-up by a transaction hash, the SHA-256 of an issuer-signed part or the root of a file",
      },
      description: "不含字段名、读取方、个人信息与交易内容。No names of fields, readers or persons, no bodies.",
      params: z.object({ hash: sha256Hex }),
      answers: { 200: { description: "查询结果 · what is known", content: { "application/json": lookup } } },
      problems: ["unknown-hash"],
    },
    async ({ c, params }) => answer(c, lookup, await services.lookup(params.hash)),
  );
}
