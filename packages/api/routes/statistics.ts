import { z } from "@hono/zod-openapi";
import type { Dimension } from "@vermilion/member/services";
import { answer, type Doors } from "../doors.ts";
import { refusedProblem } from "../problems.ts";
import { memberId, names, natural, optional, time, typeId } from "../schemas.ts";
import type { Scope } from "../scopes.ts";

const scopes: readonly Scope[] = ["ledger:read"];
const daysDefault = 30;
/** By hour: what is left out of the range must not be refused for its width. */
const daysByHourDefault = 7;
const DAY_MS = 86_400_000;

const home = z
  .object({
    height: z.int(),
    blocks: z.int(),
    entries: z.int(),
    finalSize: z.int(),
    members: z.array(z.object({ id: memberId, names, status: z.enum(["active", "inactive"]) })),
    certificates: z.object({ total: z.int(), revoked: z.int(), replaced: z.int() }),
    countedFrom: z.int().nullable().openapi({ description: "自此高度起计数 · height from which on acts are counted" }),
    asOf: z.object({ blockNumber: z.int(), time }),
  })
  .openapi("Statistics");
const blockFigure = z.object({ from: time, to: time, blocks: z.int(), firstBlock: z.int(), lastBlock: z.int(), entries: z.int() });
const blockFigures = z.object({ items: z.array(blockFigure) });
const actFigure = z
  .object({
    day: optional(z.string().regex(/^[0-9]{8}$/)),
    member: optional(memberId),
    type: optional(typeId),
    act: z.string(),
    way: optional(z.string()),
    count: z.int(),
    entries: z.string().openapi({ description: "列出其明细的查询 · the query that lists what was counted" }),
  })
  .openapi("Figure");
const actFigures = z.object({ items: z.array(actFigure) });

const ms = natural.openapi({ description: "ms since 1970-01-01T00:00:00Z" });
const rangeWith = (days: string) => ({
  from: optional(ms).openapi({ description: `默认 to 之前 ${days} 天 · default ${days} days before \`to\`` }),
  to: optional(ms),
});
const range = rangeWith(`${daysDefault}`);
const dimensions: readonly string[] = ["member", "type", "day"] satisfies readonly Dimension[];
const by = z
  .string()
  .transform((text) => text.split(","))
  .refine((all): all is Dimension[] => all.every((one) => dimensions.includes(one)) && new Set(all).size === all.length)
  .openapi({
    type: "string",
    pattern: "^(member|type|day)(,(member|type|day)){0,2}$",
    example: "member,day",
    description: "member, type, day",
  });

/** The figures of the home page and the charts (mission A4, A5). Days are those of UTC+8. */
export function statisticsRoutes({ reading, needs: { services, clock } }: Doors): void {
  const rangeOf = ({ from, to }: { readonly from?: number | undefined; readonly to?: number | undefined }, days = daysDefault) => {
    const end = to ?? clock.now();
    return { from: from ?? Math.max(0, end - days * DAY_MS), to: end };
  };
  reading(
    {
      method: "get",
      path: "/v1/statistics",
      topic: "statistics",
      summary: { zh: "首页统计：区块高度、成员、证照总数", en: "The home page: height, members, certificates" },
      scopes,
      typeOf: "any",
      answers: { 200: { description: "统计 · figures", content: { "application/json": home } } },
    },
    async ({ c }) => answer(c, home, await services.statistics()),
  );
  reading(
    {
      method: "get",
      path: "/v1/statistics/blocks",
      topic: "statistics",
      summary: { zh: "按时间统计区块与交易", en: "Blocks and entries by time" },
      scopes,
      query: z.strictObject({ ...rangeWith(`${daysDefault} (hour: ${daysByHourDefault})`), by: optional(z.enum(["hour", "day"])) }),
      answers: { 200: { description: "统计 · figures; empty ones are left out", content: { "application/json": blockFigures } } },
      problems: ["empty-range", "range-too-wide"],
    },
    async ({ c, query }) => {
      const figures = await services.blockFigures(rangeOf(query, query.by === "hour" ? daysByHourDefault : daysDefault), query.by ?? "day");
      return "refused" in figures ? refusedProblem(c, figures) : answer(c, blockFigures, { items: figures });
    },
  );
  for (const [what, zh, en] of [
    ["contributions", "各成员的数据贡献", "What members contributed, by member, type and day"],
    ["uses", "证照的使用", "How certificates were used, by way, member, type and day"],
  ] as const)
    reading(
      {
        method: "get",
        path: `/v1/statistics/${what}`,
        topic: "statistics",
        summary: { zh, en },
        description: "自计数规则生效起；按东八区的自然日。Since the rules that count are in force; whole days of UTC+8.",
        scopes,
        query: z.strictObject({ ...range, by: optional(by) }),
        answers: { 200: { description: "统计 · figures", content: { "application/json": actFigures } } },
        problems: ["empty-range", "range-too-wide"],
      },
      async ({ c, query }) => {
        const figures = await services.actFigures(what, { ...rangeOf(query), by: query.by ?? ["member"] });
        return "refused" in figures ? refusedProblem(c, figures) : answer(c, actFigures, { items: figures });
      },
    );
}
