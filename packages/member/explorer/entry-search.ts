import { parseIdentifier } from "@vermilion/certificates";
import { stateKeys } from "@vermilion/contracts";
import { canonicalText, type Json, type JsonObject, type Operation, thumbprint } from "@vermilion/ledger";
import { outcomeAt } from "@vermilion/node/chain/block";
import type { ExecutedBlock } from "@vermilion/node/ports/index";
import { latestType } from "../certificates/certificates.ts";
import type { Context } from "../context.ts";
import { queryCursors } from "../paging.ts";
import type { EntryFilter, EntryHit, Page, Refused } from "../services.ts";
import { readRow } from "../state/reader.ts";
import { chainTime } from "./chain-time.ts";
import { blockAt, entryView, parsedAt } from "./entries.ts";

/** Blocks and entries looked at for one page; where few fit, the page is short and `next` goes on. */
const blocksMax = 100;
const entriesMax = 1_000;
const heightDigits = 12;
const positionDigits = 5;

/** Entries that fit a question, newest first: what stands behind a figure of the statistics. */
export async function entries(
  context: Context,
  filter: EntryFilter,
  cursor: string | undefined,
  limit: number,
): Promise<Page<EntryHit> | Refused> {
  if (filter.from !== undefined && filter.to !== undefined && filter.from > filter.to)
    return { refused: "empty-range", detail: "`from` is later than `to`" };
  const cursors = queryCursors(canonicalText(filter as unknown as Json), "entry/", context.crypto);
  const key = cursors.decode(cursor);
  if (typeof key === "object") return key;
  const judge = await judgeOf(context, filter);
  if ("refused" in judge) return judge;
  const time = await chainTime(context);
  const lowest = filter.from === undefined ? 0 : await time.heightFrom(filter.from);
  const newest = (await context.ledger.published())?.height ?? -1;
  const top = filter.to === undefined ? newest : (await time.heightFrom(filter.to + 1)) - 1;
  const begin = key === undefined ? { height: top, position: Number.MAX_SAFE_INTEGER } : placeIn(key);
  const items: EntryHit[] = [];
  let looked = 0;
  for (let height = Math.min(begin.height, top), blocks = 0; height >= lowest; height--, blocks++) {
    const block = await blockAt(context, height);
    if (block === undefined) break;
    const before = height === begin.height ? Math.min(begin.position, block.entries.length) : block.entries.length;
    for (let position = before - 1; position >= 0; position--) {
      const hit = await judge.hit(block, position);
      if (hit !== undefined) items.push(hit);
      looked += 1;
      if (items.length === limit || looked >= entriesMax) {
        const isEnd = position === 0 && height === lowest;
        return { items, ...(isEnd ? {} : cursors.encode(keyOf(height, position))) };
      }
    }
    if (blocks + 1 >= blocksMax && height > lowest) return { items, ...cursors.encode(keyOf(height, 0)) };
  }
  return { items };
}

function keyOf(height: number, position: number): string {
  return `entry/${String(height).padStart(heightDigits, "0")}/${String(position).padStart(positionDigits, "0")}`;
}

/** Of a key that this member has made; anything else begins at the end and finds nothing. */
function placeIn(key: string): { readonly height: number; readonly position: number } {
  const [, height, position] = key.split("/").map(Number);
  return Number.isSafeInteger(height) && Number.isSafeInteger(position)
    ? { height: height ?? -1, position: position ?? 0 }
    : { height: -1, position: 0 };
}

interface Judge {
  hit(block: ExecutedBlock, position: number): Promise<EntryHit | undefined>;
}

async function judgeOf(context: Context, filter: EntryFilter): Promise<Judge | Refused> {
  const type = filter.type === undefined ? undefined : await latestType(context, filter.type);
  if (filter.type !== undefined && type === undefined) return { refused: "unknown-type", detail: filter.type };
  const { members } = await context.node.read.membershipAt();
  const author = filter.member === undefined ? undefined : members.get(filter.member);
  if (filter.member !== undefined && author === undefined) return { refused: "unknown-member", detail: filter.member };
  const key = author === undefined ? undefined : thumbprint(author.keys.sign, context.crypto);
  const isAct = async ({ contract, operation, arguments: given }: Operation): Promise<boolean> =>
    (filter.operation ?? `${contract}.${operation}`) === `${contract}.${operation}` &&
    (type === undefined || isOfType(given, type.id, type.code)) &&
    (filter.reader === undefined || (await readerOf(context, given)) === filter.reader);
  return {
    async hit(block, position) {
      const entry = parsedAt(context, block, position);
      const outcome = outcomeAt(block.outcomes, position);
      if (filter.outcome !== undefined && outcome.kind !== filter.outcome) return undefined;
      if (key !== undefined && entry.payload.signers[0] !== key) return undefined;
      let acts = 0;
      for (const operation of entry.payload.operations) if (await isAct(operation)) acts += timesOf(operation);
      return acts === 0 ? undefined : { ...entryView(context, block, position, entry), acts };
    },
  };
}

/** A deposit counts by its digests, everything else once. */
function timesOf({ contract, arguments: given }: Operation): number {
  return contract === "evidence" && typeof given["count"] === "number" ? given["count"] : 1;
}

/** The certificate that an operation names says its type by its identifier (GB/T 36904). */
function isOfType(given: JsonObject, id: string, code: string): boolean {
  if (given["type"] === id) return true;
  const { certificate } = given;
  const identifier = typeof certificate === "string" ? parseIdentifier(certificate) : undefined;
  return identifier !== undefined && !("refused" in identifier) && identifier.type === code;
}

async function readerOf(context: Context, { request }: JsonObject): Promise<string | undefined> {
  return typeof request === "string" ? (await readRow(context, stateKeys.request(request)))?.reader : undefined;
}
