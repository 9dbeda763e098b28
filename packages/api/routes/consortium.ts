import { z } from "@hono/zod-openapi";
import { answer, type Doors } from "../doors.ts";
import { consortium, member } from "../schemas.ts";

const members = z.object({ items: z.array(member) });

export function consortiumRoutes({ publicly, needs }: Doors): void {
  publicly(
    {
      method: "get",
      path: "/v1/consortium",
      topic: "consortium",
      summary: { zh: "联盟", en: "The consortium and its chain" },
      answers: { 200: { description: "联盟 · the consortium", content: { "application/json": consortium } } },
    },
    async ({ c }) => answer(c, consortium, await needs.services.consortium()),
  );
  publicly(
    {
      method: "get",
      path: "/v1/members",
      topic: "consortium",
      summary: { zh: "联盟成员", en: "The members and their public keys" },
      answers: { 200: { description: "全部成员 · all members", content: { "application/json": members } } },
    },
    async ({ c }) => answer(c, members, { items: await needs.services.members() }),
  );
}
