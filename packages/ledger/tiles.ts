import { concat, equalBytes } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { emptyRoot, nodeHash, splitOf, treeHashBytes } from "./tree.ts";

/** Hashes in a full tile, C2SP tlog-tiles; a tile spans eight levels of the tree. */
export const tileWidth = 256;

/** The tile of `width` hashes (1..256) at `index` of tile level `level`. */
export type TileCoordinate = { readonly level: number; readonly index: number; readonly width: number };
/** `bytes` is `width` × 32 bytes. */
export type Tile = TileCoordinate & { readonly bytes: Uint8Array };
/** Loaded tiles by `tileKey`. A tile may be wider than asked for: it only grows at its end. */
export type Tiles = ReadonlyMap<string, Uint8Array>;

/** The key of a tile in `Tiles`, without its width. */
export function tileKey(tile: { readonly level: number; readonly index: number }): string {
  return `${tile.level}/${tile.index}`;
}

/** "Load all, decide": each function that reads tiles has a function that names the tiles to load. */
export function tilesForRoot(size: number): TileCoordinate[] {
  return tilesOf([{ start: 0, end: size }], size);
}

/** The root of the tree of `size` leaves, 32 bytes. */
export function rootFromTiles(size: number, tiles: Tiles, crypto: Crypto): Uint8Array {
  return size === 0 ? emptyRoot(crypto) : rangeHash({ start: 0, end: size }, tiles, crypto);
}

export function tilesForInclusion(index: number, size: number): TileCoordinate[] {
  return tilesOf(inclusionRanges(index, { start: 0, end: size }), size);
}

/** RFC 9162 section 2.1.3.1, from leaf to root; verified by `verifyInclusion`. */
export function inclusionProof(index: number, size: number, tiles: Tiles, crypto: Crypto): Uint8Array[] {
  return inclusionRanges(index, { start: 0, end: size }).map((range) => rangeHash(range, tiles, crypto));
}

export function tilesForConsistency(oldSize: number, size: number): TileCoordinate[] {
  return tilesOf(consistencyRanges(oldSize, size), size);
}

/** RFC 9162 section 2.1.4.1; empty where the old tree is empty or the same. */
export function consistencyProof(oldSize: number, size: number, tiles: Tiles, crypto: Crypto): Uint8Array[] {
  return consistencyRanges(oldSize, size).map((range) => rangeHash(range, tiles, crypto));
}

/** The partial tiles at the right edge that `appendToTiles(size, <count hashes>, …)` continues and so must be given. */
export function tilesTouchedBy(size: number, count: number): TileCoordinate[] {
  const touched: TileCoordinate[] = [];
  for (let level = 0; hashesAt(level, size + count) > hashesAt(level, size); level++) {
    const width = hashesAt(level, size) % tileWidth;
    if (width > 0) touched.push({ level, index: Math.floor(hashesAt(level, size) / tileWidth), width });
  }
  return touched;
}

/** The full tiles that a tree of `size` leaves has and one of `oldSize` leaves has not, lowest level first. */
export function filledTiles(oldSize: number, size: number): TileCoordinate[] {
  const filled: TileCoordinate[] = [];
  for (let level = 0; hashesAt(level + 1, size) > 0; level++) {
    for (let index = hashesAt(level + 1, oldSize); index < hashesAt(level + 1, size); index++)
      filled.push({ level, index, width: tileWidth });
  }
  return filled;
}

/** The partial tiles of a tree of `size` leaves: one a level at most, its right edge. */
export function partialTiles(size: number): TileCoordinate[] {
  return tilesForRoot(size).filter(({ width }) => width < tileWidth);
}

/**
 * The tiles that change when `newLeafHashes` come after `size` leaves, lowest level first, in their widths for the new size. A full tile is
 * hashed into the level above; a partial one never is. Widths in between are not made: only committed sizes are signed.
 */
export function appendToTiles(size: number, newLeafHashes: readonly Uint8Array[], tiles: Tiles, crypto: Crypto): Tile[] {
  const changed: Tile[] = [];
  let added = newLeafHashes;
  for (let level = 0; added.length > 0; level++) {
    const made = extendLevel(level, hashesAt(level, size), added, tiles);
    changed.push(...made);
    added = made.filter(({ width }) => width === tileWidth).map(({ bytes }) => foldHashes(bytes, 0, tileWidth, crypto));
  }
  return changed;
}

function extendLevel(level: number, before: number, added: readonly Uint8Array[], tiles: Tiles): Tile[] {
  const made: Tile[] = [];
  let taken = 0;
  while (taken < added.length) {
    const index = Math.floor((before + taken) / tileWidth);
    const held = (before + taken) % tileWidth;
    const more = added.slice(taken, taken + tileWidth - held);
    const old = held === 0 ? new Uint8Array(0) : hashesOf(tiles, level, index, 0, held);
    made.push({ level, index, width: held + more.length, bytes: concat(old, ...more) });
    taken += more.length;
  }
  return made;
}

/** How many complete subtrees of 256^level leaves a tree of `size` leaves has: all hashes of that tile level. */
function hashesAt(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level);
}

/** Leaves start..end−1. */
type Range = { readonly start: number; readonly end: number };

/** RFC 9162 section 2.1.3.1: the sibling of each node on the way from the leaf up. */
function inclusionRanges(index: number, range: Range): Range[] {
  if (!(index >= range.start && index < range.end)) throw new Error("bug: an inclusion proof is for an index below the size");
  if (range.end - range.start === 1) return [];
  const middle = range.start + splitOf(range.end - range.start);
  const [left, right] = [
    { start: range.start, end: middle },
    { start: middle, end: range.end },
  ];
  return index < middle ? [...inclusionRanges(index, left), right] : [...inclusionRanges(index, right), left];
}

/** RFC 9162 section 2.1.4.1, SUBPROOF. */
function consistencyRanges(oldSize: number, size: number): Range[] {
  if (!(oldSize >= 0 && oldSize <= size)) throw new Error("bug: a consistency proof is from a size to a later one");
  return oldSize === 0 ? [] : subproof(oldSize, { start: 0, end: size }, true);
}

/** `whole`: the old tree is this very range, so the verifier has its hash already. */
function subproof(oldEnd: number, range: Range, whole: boolean): Range[] {
  if (oldEnd === range.end) return whole ? [] : [range];
  const middle = range.start + splitOf(range.end - range.start);
  const [left, right] = [
    { start: range.start, end: middle },
    { start: middle, end: range.end },
  ];
  return oldEnd <= middle ? [...subproof(oldEnd, left, whole), right] : [...subproof(oldEnd, right, false), left];
}

/** A run of hashes of one tile that together are one complete subtree. */
type Run = { readonly level: number; readonly index: number; readonly from: number; readonly to: number };

/** The complete subtree of `leaves` (a power of two) leaves from `start`, as hashes of the highest tile that has it. */
function runOf(start: number, leaves: number): Run {
  let level = 0;
  while (tileWidth ** (level + 1) <= leaves) level++;
  const first = start / tileWidth ** level;
  const from = first % tileWidth;
  return { level, index: Math.floor(first / tileWidth), from, to: from + leaves / tileWidth ** level };
}

/** The complete subtrees of a range, left to right. A range starts at a multiple of the largest power of two that fits into it. */
function completeSubtrees({ start, end }: Range): Run[] {
  const runs: Run[] = [];
  for (let at = start; at < end; ) {
    const leaves = splitOf(end - at + 1);
    runs.push(runOf(at, leaves));
    at += leaves;
  }
  return runs;
}

function rangeHash(range: Range, tiles: Tiles, crypto: Crypto): Uint8Array {
  const hashes = completeSubtrees(range).map(({ level, index, from, to }) => {
    const bytes = hashesOf(tiles, level, index, from, to);
    return foldHashes(bytes, 0, to - from, crypto);
  });
  return hashes.reduceRight((right, left) => nodeHash(left, right, crypto));
}

/** The root of hashes from..to−1 (a power of two of them) of consecutive 32-byte hashes. */
function foldHashes(bytes: Uint8Array, from: number, to: number, crypto: Crypto): Uint8Array {
  if (to - from === 1) return bytes.slice(from * treeHashBytes, to * treeHashBytes);
  const middle = (from + to) / 2;
  return nodeHash(foldHashes(bytes, from, middle, crypto), foldHashes(bytes, middle, to, crypto), crypto);
}

function hashesOf(tiles: Tiles, level: number, index: number, from: number, to: number): Uint8Array {
  const bytes = tiles.get(tileKey({ level, index }));
  if (bytes === undefined || bytes.length < to * treeHashBytes) {
    throw new Error(`bug: tile ${tileKey({ level, index })} with ${to} hashes was not loaded`);
  }
  return bytes.subarray(from * treeHashBytes, to * treeHashBytes);
}

/** The distinct tiles behind `ranges`, in the widths they have in a tree of `size` leaves. */
function tilesOf(ranges: readonly Range[], size: number): TileCoordinate[] {
  const coordinates = new Map<string, TileCoordinate>();
  for (const { level, index } of ranges.flatMap(completeSubtrees)) {
    const width = Math.min(tileWidth, hashesAt(level, size) - index * tileWidth);
    coordinates.set(tileKey({ level, index }), { level, index, width });
  }
  return [...coordinates.values()];
}

/** Whether `wider` continues `tile`: what a store checks before it replaces a partial tile. */
export function extendsTile(tile: Uint8Array, wider: Uint8Array): boolean {
  return equalBytes(tile, wider.subarray(0, tile.length));
}
