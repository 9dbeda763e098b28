import { z } from "@hono/zod-openapi";
import { trace } from "../certificate-schemas.ts";
import { answer, type Doors } from "../doors.ts";
import { certificateId, limitDefault, pageOf, pageQuery } from "../schemas.ts";
import { typeOfCertificate } from "./certificates.ts";

const page = pageOf(trace);

export function traceRoutes({ reading, needs: { services } }: Doors): void {
  reading(
    {
      method: "get",
      path: "/v1/certificates/{certificate}/trace",
      topic: "trace",
      summary: { zh: "证照使用轨迹", en: "Who did what with a certificate, when, why, through which app and operator" },
      scopes: ["trace:read"],
      typeOf: typeOfCertificate(services),
      params: z.object({ certificate: certificateId }),
      query: z.strictObject(pageQuery),
      answers: { 200: { description: "轨迹 · the trace", content: { "application/json": page } } },
      problems: ["unknown-certificate", "invalid-cursor"],
    },
    async ({ c, params, query }) => answer(c, page, await services.trace(params.certificate, query.cursor, query.limit ?? limitDefault)),
  );
}
