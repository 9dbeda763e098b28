import { statusListLength } from "@vermilion/certificates";
import { type StatusSlot, stateKeys } from "@vermilion/contracts";
import type { Context, ReadingContext } from "../context.ts";
import { readRow } from "../state/reader.ts";

const drawsMax = 64;

/**
 * A free slot in this member's newest status list, drawn at random: lists are at most half full, so few draws are needed, and two processes
 * seldom meet; where they do, the contract refuses the second (`status-index-taken`) and it draws again. `besides` are slots that the same
 * call has drawn already, as `list/index`.
 */
export async function drawStatusSlot(context: Context, besides: Set<string> = new Set()): Promise<StatusSlot> {
  const list = (await readRow(context, stateKeys.statusList(context.member)))?.list ?? 0;
  for (let draw = 0; draw < drawsMax; draw++) {
    const [a = 0, b = 0, c = 0] = context.random.bytes(3);
    // 2^20 slots: twenty of twenty-four random bits.
    const index = ((a << 16) | (b << 8) | c) % statusListLength;
    const name = `${list}/${index}`;
    if (besides.has(name) || (await readRow(context, stateKeys.statusIndex(context.member, list, index))) !== undefined) continue;
    besides.add(name);
    return { list, index };
  }
  throw new Error("bug: a status list of this member is full");
}

/** Address of a status list, the same in every certificate that refers to it (Token Status List, section 6.2). */
export async function statusListUri(context: ReadingContext, owner: string, list: number): Promise<string> {
  const url = (await context.node.read.membershipAt()).members.get(owner)?.url;
  if (url === undefined) throw new Error(`bug: ${owner} is no member`);
  return `${url}/v1/status-lists/${owner}/${list}`;
}
