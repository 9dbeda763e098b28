import { damaged, frame, unframe } from "@vermilion/member/ports/framing";
import { digits, getAll, jsonOf, pack } from "./items.ts";
import type { Item, Key, Table } from "./table.ts";

/** Room for the keys and for what describes the rest, within the 400 KB of an item. */
const chunkBytesMax = 350 * 1024;

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
 * Content of any size under one key. `name` tells apart the rests of different contents that are written under the same key at once: that
 * of the head that came first must not be written over.
 */
export function blobOf(key: Key, name: string, content: Uint8Array): Blob {
  const { partition, sort } = key;
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
  if (about.chunks === 0) return Uint8Array.from(first);
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
  return content;
}

/** Keys of all items of a blob, the head first. */
export function keysOf(head: Item): Key[] {
  return [head, ...restKeys(head, parsed(head).about)].map(({ partition, sort }) => ({ partition, sort }));
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
