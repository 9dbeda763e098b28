import { deflateRawSync, inflateRawSync } from "node:zlib";
import { damaged, frame, unframe } from "@vermilion/node/ports/framing";
import { digits, getAll, jsonOf, pack } from "./items.ts";
import type { Item, Key, Table } from "./table.ts";

/** Room for the keys and for what describes the rest, within the 400 KB of an item. */
const chunkBytesMax = 350 * 1024;

/** The fastest: 4 MB in some 80 ms, and within a few per cent of the best. */
const deflateLevel = 1;

interface Rest {
  /** Names the items that hold the rest. */
  readonly name: string;
  readonly chunks: number;
}

export interface Blob {
  /** Says how much follows and holds the beginning, mostly all of it. Written last: with it the whole is there. */
  readonly head: Item;
  /** `<sort>/<name>/<n>`, n from 0. */
  readonly rest: readonly Item[];
}

/**
 * Content of any size under one key, deflated: entries are base64, and what is written is paid by the kilobyte. `name` tells apart the rests of different contents that are written under the same key at once: that
 * of the head that came first must not be written over.
 */
export function blobOf({ partition, sort }: Key, name: string, plain: Uint8Array): Blob {
  const content = deflateRawSync(plain, { level: deflateLevel });
  const rest: Item[] = [];
  for (let start = chunkBytesMax; start < content.length; start += chunkBytesMax) {
    rest.push({ partition, sort: restSort(sort, name, rest.length), bytes: content.subarray(start, start + chunkBytesMax) });
  }
  const about: Rest = { name, chunks: rest.length };
  return { head: { partition, sort, bytes: frame([pack(about), content.subarray(0, chunkBytesMax)]) }, rest };
}

/** The content; undefined where a part of the rest is gone, which happens to what may be removed. */
export async function contentOf(table: Table, head: Item): Promise<Uint8Array | undefined> {
  const { about, first, place } = parsed(head);
  if (about.chunks === 0) return inflated(first, place);
  const rest = await getAll(table, restKeys(head, about));
  const parts = [first];
  for (const item of rest) {
    if (item === undefined) return undefined;
    parts.push(item.bytes);
  }
  const content = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    if (part.length > chunkBytesMax) damaged(place, "a part is too long");
    content.set(part, offset);
    offset += part.length;
  }
  return inflated(content, place);
}

/** A copy, so that the parts of the content may be handed out. */
function inflated(content: Uint8Array, place: string): Uint8Array {
  try {
    return Uint8Array.from(inflateRawSync(content));
  } catch (error) {
    return damaged(place, "it cannot be inflated", error);
  }
}

function parsed(head: Item) {
  const place = `${head.partition} ${head.sort}`;
  const [json, first, more] = unframe(head.bytes, place);
  if (json === undefined || first === undefined || more !== undefined) damaged(place, "not two parts");
  return { about: jsonOf<Rest>(json, place), first, place };
}

function restKeys({ partition, sort }: Key, { name, chunks }: Rest): Key[] {
  return Array.from({ length: chunks }, (_, n) => ({ partition, sort: restSort(sort, name, n) }));
}

function restSort(sort: string, name: string, n: number): string {
  return `${sort}/${name}/${digits(n)}`;
}
