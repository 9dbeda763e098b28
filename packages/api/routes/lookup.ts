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
        en: "Public look-up of any SHA-256: of a transaction, an issuer-signed part, a deposited document, a deposit or a file",
      },
      description:
        "不含字段名、读取方、个人信息与交易内容。存证的文件附有由摘要通向 root 的路径（RFC 6962），receipt 为凭据所在。" +
        "No names of fields, readers or persons, no bodies. A deposited document comes with the path from its digest to the root (RFC 6962); `receipt` says where its receipt is.",
      params: z.object({ hash: sha256Hex }),
      answers: { 200: { description: "查询结果 · what is known", content: { "application/json": lookup } } },
      problems: ["unknown-hash"],
    },
    async ({ c, params }) => answer(c, lookup, await services.lookup(params.hash)),
  );
}
