import * as z from "zod";
import { asOf, memberId, names, optional, time, typeId } from "./forms.ts";
import type { Route } from "./route.ts";

const scopes = ["ledger:read"] as const;
export const daysDefault = 30;
/** By hour: what is left out of the range must not be refused for its width. */
export const daysByHourDefault = 7;

const range = (days: string) => ({
  from: optional(time).meta({ description: `ms since 1970; 默认 to 之前 ${days} 天 · default ${days} days before \`to\`` }),
  to: optional(time).meta({ description: "ms since 1970; 默认现在 · default now" }),
});
const by = z
  .array(z.enum(["member", "type", "day"]))
  .max(3)
  .refine((all) => new Set(all).size === all.length, "each once")
  .default(["member"])
  .meta({ description: "member, type, day", examples: [["member", "day"]] });
const description = "自计数规则生效起；按东八区的自然日。Since the rules that count are in force; whole days of UTC+8.";

const figure = z
  .object({
    day: optional(z.string().regex(/^[0-9]{8}$/)),
    member: optional(memberId),
    type: optional(typeId),
    act: z.string(),
    way: optional(z.string()).meta({ description: "of uses: `details`, `verify`" }),
    count: z.int(),
    entries: z.string().meta({ description: "列出其明细的查询 · the query that lists what was counted" }),
  })
  .meta({ id: "Figure" });

/** The figures of the home page and the charts (mission A4, A5). */
export const statisticsRoutes = {
  statistics: {
    method: "get",
    path: "/v1/statistics",
    topic: "statistics",
    names: { zh: "首页统计：区块高度、成员、证照总数", en: "The home page: height, members, certificates" },
    scopes,
    about: "any",
    result: z
      .object({
        height: z.int(),
        blocks: z.int(),
        entries: z.int(),
        finalSize: z.int(),
        members: z.array(z.object({ id: memberId, names, status: z.enum(["active", "inactive"]) })),
        certificates: z.object({ total: z.int(), revoked: z.int(), replaced: z.int() }),
        countedFrom: z.int().nullable().meta({ description: "自此高度起计数 · height from which on acts are counted" }),
        asOf,
      })
      .meta({ id: "Statistics" }),
  },
  blockFigures: {
    method: "get",
    path: "/v1/statistics/blocks",
    topic: "statistics",
    names: { zh: "按时间统计区块与交易", en: "Blocks and entries by time" },
    description: "空的时段略去。Empty ones are left out.",
    scopes,
    query: { ...range(`${daysDefault} (hour: ${daysByHourDefault})`), by: z.enum(["hour", "day"]).default("day") },
    result: z.object({
      items: z.array(z.object({ from: time, to: time, blocks: z.int(), firstBlock: z.int(), lastBlock: z.int(), entries: z.int() })),
    }),
    refusals: ["empty-range", "range-too-wide"],
  },
  contributions: {
    method: "get",
    path: "/v1/statistics/contributions",
    topic: "statistics",
    names: { zh: "各成员的数据贡献", en: "What members contributed, by member, type and day" },
    description,
    scopes,
    query: { ...range(`${daysDefault}`), by },
    result: z.object({ items: z.array(figure) }),
    refusals: ["empty-range", "range-too-wide"],
  },
  uses: {
    method: "get",
    path: "/v1/statistics/uses",
    topic: "statistics",
    names: { zh: "证照的使用", en: "How certificates were used, by way, member, type and day" },
    description,
    scopes,
    query: { ...range(`${daysDefault}`), by },
    result: z.object({ items: z.array(figure) }),
    refusals: ["empty-range", "range-too-wide"],
  },
} as const satisfies Readonly<Record<string, Route>>;
