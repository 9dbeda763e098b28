import { parseIdentifier } from "@vermilion/certificates";
import { nameOf, type Subject, stateKeys, subjectsAt, type TypeRow, timesOf } from "@vermilion/contracts";
import { canonicalText, type Operation } from "@vermilion/ledger";
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
  const cursors = queryCursors(canonicalText({ ...filter }), "entry/", context.crypto);
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
  if (filter.member !== undefined && !members.has(filter.member)) return { refused: "unknown-member", detail: filter.member };
  const memberBehind = membersBehindKeys(context);
  const isAct = async (operation: Operation, about: readonly Subject[]): Promise<boolean> =>
    (filter.operation ?? nameOf(operation)) === nameOf(operation) &&
    (type === undefined || about.some((subject) => isOfType(subject, type))) &&
    (filter.reader === undefined || (await hasReader(context, about, filter.reader)));
  return {
    async hit(block, position) {
      const entry = parsedAt(context, block, position);
      const outcome = outcomeAt(block.outcomes, position);
      if (filter.outcome !== undefined && outcome.kind !== filter.outcome) return undefined;
      const { operations, signers } = entry.payload;
      if (filter.member !== undefined && (await memberBehind(signers[0] ?? "")) !== filter.member) return undefined;
      let acts = 0;
      for (const [index, operation] of operations.entries()) {
        const about = subjectsAt(operation, { transaction: entry.transactionHash, operation: index, crypto: context.crypto });
        if (await isAct(operation, about)) acts += timesOf(operation);
      }
      return acts === 0 ? undefined : { ...entryView(context, block, position, entry), acts };
    },
  };
}

/** Whose key an author's is: the member's own, or that of an account which the member has registered. */
function membersBehindKeys(context: Context): (thumbprint: string) => Promise<string | undefined> {
  const known = new Map<string, string | undefined>();
  return async (thumbprint) => {
    if (known.has(thumbprint)) return known.get(thumbprint);
    const owner = (await readRow(context, stateKeys.key(thumbprint)))?.owner;
    const member = owner?.kind === "account" ? (await readRow(context, stateKeys.account(owner.id)))?.member : owner?.id;
    known.set(thumbprint, member);
    return member;
  };
}

/** A certificate says its type by its identifier (GB/T 36904). */
function isOfType({ kind, id }: Subject, type: TypeRow): boolean {
  if (kind === "type") return id === type.id;
  const identifier = kind === "certificate" ? parseIdentifier(id) : undefined;
  return identifier !== undefined && !("refused" in identifier) && identifier.type === type.code;
}

async function hasReader(context: Context, about: readonly Subject[], reader: string): Promise<boolean> {
  for (const { kind, id } of about)
    if (kind === "request" && (await readRow(context, stateKeys.request(id)))?.reader === reader) return true;
  return false;
}
