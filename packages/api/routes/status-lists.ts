import { z } from "@hono/zod-openapi";
import { toHex, utf8 } from "@vermilion/ledger";
import type { Doors } from "../doors.ts";
import { refusedProblem } from "../problems.ts";
import { memberId, natural, optional } from "../schemas.ts";

const listNumber = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,5})$/)
  .transform(Number)
  .openapi({ type: "integer", minimum: 0, maximum: 999_999 });

/** Token Status List (draft-ietf-oauth-status-list): a JWT that anybody may keep for a while, and that tells nobody whose status was looked up. */
export function statusListRoute({ publicly, needs: { services, crypto } }: Doors): void {
  publicly(
    {
      method: "get",
      path: "/v1/status-lists/{issuer}/{list}",
      topic: "status",
      signs: true,
      summary: { zh: "颁发机构的状态列表", en: "A status list of an issuer" },
      description:
        "JWT（statuslist+jwt）。time：历史时点（秒）。其他成员的列表以 307 转到该成员。" +
        "`time` asks for the list of a moment past, in seconds. A list of another member is redirected to it.",
      params: z.object({ issuer: memberId, list: listNumber }),
      query: z.strictObject({ time: optional(natural) }),
      answers: {
        200: { description: "状态列表 · the status list", content: { "application/statuslist+jwt": z.string() } },
        304: { description: "与 If-None-Match 相同 · unchanged" },
        307: { description: "由该成员签发 · at the member that signs it" },
      },
      problems: ["unknown-issuer", "unknown-status-list", "as-of-in-the-future"],
    },
    async ({ c, params, query }) => {
      const time = query.time === undefined ? undefined : query.time * 1000;
      const answer = await services.statusList(params.issuer, params.list, time);
      if ("refused" in answer) {
        if (answer.refused !== "status-list-elsewhere") return refusedProblem(c, answer);
        return c.redirect(`${answer.detail}${query.time === undefined ? "" : `?time=${query.time}`}`, 307);
      }
      const etag = `"${toHex(crypto.sha256(utf8(answer.token))).slice(0, 32)}"`;
      c.header("ETag", etag);
      c.header("Cache-Control", `public, max-age=${answer.ttl}`);
      if (c.req.header("if-none-match") === etag) return c.body(null, 304);
      return c.body(answer.token, 200, { "Content-Type": "application/statuslist+jwt" });
    },
  );
}
