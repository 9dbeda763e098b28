import { acts, dayOf, evidenceSubject, stateKeys, statePrefixes } from "@vermilion/contracts";
import type { Call } from "@vermilion/protocol";
import { daysByHourDefault, daysDefault } from "@vermilion/protocol/statistics";
import { countCertificates } from "../certificates/search.ts";
import { members } from "../consortium/consortium.ts";
import type { Context } from "../context.ts";
import { chainTime } from "../explorer/chain-time.ts";
import type { ActFigure, Answer, BlocksFigure, Dimension, StatisticsView } from "../services.ts";
import { readRange, readRow } from "../state/reader.ts";

const DAY_MS = 86_400_000;
/** Days begin in China Standard Time, as those of the counts (`dayOf`). */
const DAY_OFFSET_MS = 8 * 3_600_000;
const HOUR_MS = 3_600_000;
const daysMax = 400;
const bucketsMax = 400;
const rowsMax = 20_000;
const perReading = 500;

/** The home page's figures (mission A4), each with the question that lists what it counts. */
export async function statistics(context: Context): Promise<StatisticsView> {
  const published = await context.ledger.published();
  const { height = 0, size = 0, time = 0 } = published ?? {};
  const count = async (status?: "revoked" | "replaced") => {
    const answer = await countCertificates(context, status === undefined ? {} : { status });
    return "refused" in answer ? 0 : answer.count;
  };
  const rules = (await readRow(context, stateKeys.rules("certificates"))) ?? [];
  return {
    height,
    blocks: height + 1,
    // Each block has its header as a leaf beside its entries.
    entries: size - height - 1,
    finalSize: await context.ledger.finalSize(),
    members: (await members(context)).map(({ id, names, status }) => ({ id, names, status })),
    certificates: { total: await count(), revoked: await count("revoked"), replaced: await count("replaced") },
    countedFrom: rules[0]?.height ?? null,
    asOf: { blockNumber: height, time },
  };
}

interface TimeRange {
  readonly from: number;
  readonly to: number;
}

function rangeOf(context: Context, { from, to }: { readonly from?: number; readonly to?: number }, days: number): TimeRange {
  const end = to ?? context.clock.now();
  return { from: from ?? Math.max(0, end - days * DAY_MS), to: end };
}

/** Blocks and entries by hour or day; empty buckets are left out. */
export async function blockFigures(context: Context, { by, ...range }: Call<"blockFigures">): Promise<Answer<"blockFigures">> {
  const { from, to } = rangeOf(context, range, by === "hour" ? daysByHourDefault : daysDefault);
  const length = by === "day" ? DAY_MS : HOUR_MS;
  const first = Math.floor((from + DAY_OFFSET_MS) / length) * length - DAY_OFFSET_MS;
  if (from > to) return { refused: "empty-range", detail: "`from` is later than `to`" };
  if ((to - first) / length > bucketsMax) return { refused: "range-too-wide", detail: `at most ${bucketsMax} of them at a time` };
  const time = await chainTime(context);
  const figures: BlocksFigure[] = [];
  const leavesBefore = async (height: number) => (height === 0 ? 0 : (await time.standing(height - 1)).size);
  let low = await time.heightFrom(first);
  for (let begin = first; begin <= to; begin += length) {
    const high = await time.heightFrom(begin + length);
    if (high > low) {
      const leaves = (await leavesBefore(high)) - (await leavesBefore(low));
      figures.push({
        from: begin,
        to: begin + length - 1,
        blocks: high - low,
        firstBlock: low,
        lastBlock: high - 1,
        entries: leaves - (high - low),
      });
    }
    low = high;
  }
  return { items: figures };
}

/** What members contributed, or how certificates were used, by any of member, type and day. */
export async function actFigures(
  context: Context,
  what: "contributions" | "uses",
  { by, ...range }: Call<"uses">,
): Promise<Answer<"uses">> {
  const query = rangeOf(context, range, daysDefault);
  if (query.from > query.to) return { refused: "empty-range", detail: "`from` is later than `to`" };
  if (query.to - query.from > daysMax * DAY_MS) return { refused: "range-too-wide", detail: `at most ${daysMax} days at a time` };
  const sums = new Map<string, ActFigure>();
  const last = dayOf(query.to);
  let rows = 0;
  for (let from = `${statePrefixes.days}${dayOf(query.from)}`, again = true; again; ) {
    const page = await readRange(context, statePrefixes.days, { from, limit: perReading });
    again = page.next !== undefined;
    for (const { key, value } of page.rows) {
      const [, day = "", member = "", type = ""] = key.split("/");
      if (day > last) {
        again = false;
        break;
      }
      rows += 1;
      for (const [act, count] of Object.entries(value))
        if ((acts.get(act)?.way !== undefined) === (what === "uses")) add(sums, by, { day, member, type, act, count });
    }
    if (rows > rowsMax) return { refused: "range-too-wide", detail: `more than ${rowsMax} counts to add; ask for fewer days` };
    from = page.next ?? from;
  }
  return { items: [...sums.values()].map((figure) => ({ ...figure, entries: entriesBehind(figure, query) })) };
}

interface Counted {
  readonly day: string;
  readonly member: string;
  readonly type: string;
  readonly act: string;
  readonly count: number;
}

function add(sums: Map<string, ActFigure>, by: readonly Dimension[], { day, member, type, act, count }: Counted): void {
  const dimensions = {
    ...(by.includes("day") ? { day } : {}),
    ...(by.includes("member") ? { member } : {}),
    ...(by.includes("type") && type !== evidenceSubject ? { type } : {}),
  };
  const key = JSON.stringify([dimensions, act]);
  const before = sums.get(key)?.count ?? 0;
  const way = acts.get(act)?.way;
  sums.set(key, { ...dimensions, act, ...(way === undefined ? {} : { way }), count: before + count, entries: "" });
}

/** The query of `/v1/entries` that lists what was counted; the sum of `acts` over it is the figure. */
function entriesBehind({ day, member, type, act }: ActFigure, { from, to }: TimeRange): string {
  const first = day === undefined ? beginOfDay(dayOf(from)) : beginOfDay(day);
  const end = (day === undefined ? beginOfDay(dayOf(to)) : first) + DAY_MS - 1;
  const { operation, of } = acts.get(act) ?? { operation: "", of: "author" };
  const query = new URLSearchParams({ from: String(first), to: String(end), operation, outcome: "applied" });
  // A use is counted for the reader, and the entry is that of who gave it.
  if (member !== undefined) query.set(of === "reader" ? "reader" : "member", member);
  if (type !== undefined) query.set("type", type);
  return `/v1/entries?${query.toString()}`;
}

/** ms since 1970 at which a day `YYYYMMDD` begins. */
function beginOfDay(day: string): number {
  return Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}T00:00:00Z`) - DAY_OFFSET_MS;
}
