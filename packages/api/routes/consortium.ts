import { z } from "@hono/zod-openapi";
import type { PublicNeeds } from "../context.ts";
import { answer, type Doors } from "../doors.ts";
import { problem } from "../problems.ts";
import { consortium, jsonObject, member } from "../schemas.ts";

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
  statementRoute({ publicly, needs });
}

/** Stands before there is a chain as well: whoever founds one compares it with what he was handed. */
export function statementRoute({
  publicly,
  needs,
}: {
  readonly publicly: Doors["publicly"];
  readonly needs: Pick<PublicNeeds, "statement">;
}) {
  publicly(
    {
      method: "get",
      path: "/v1/statement",
      topic: "consortium",
      summary: { zh: "本成员自签名的声明：名称、地址与公钥", en: "This member's own signed statement: name, address and public keys" },
      answers: { 200: { description: "签名的 JSON · a general JWS", content: { "application/json": jsonObject } } },
      problems: ["no-statement"],
    },
    async ({ c }) => {
      const statement = await needs.statement();
      return statement === undefined
        ? problem(c, { refused: "no-statement" })
        : c.body(statement, 200, { "Content-Type": "application/json" });
    },
  );
}
