import { concat, equalBytes, fromHex, toHex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

/** RFC 9162 section 2.1.1: SHA-256 with 0x00 before a leaf and 0x01 before two nodes. All hashes here are 32 bytes. */
const leafPrefix = Uint8Array.of(0x00);
const nodePrefix = Uint8Array.of(0x01);

export const treeHashBytes = 32;

export function leafHash(record: Uint8Array, crypto: Crypto): Uint8Array {
  return crypto.sha256(concat(leafPrefix, record));
}

export function nodeHash(left: Uint8Array, right: Uint8Array, crypto: Crypto): Uint8Array {
  return crypto.sha256(concat(nodePrefix, left, right));
}

/** The root of the tree of no leaves: SHA-256 of nothing. */
export function emptyRoot(crypto: Crypto): Uint8Array {
  return crypto.sha256(new Uint8Array(0));
}

/** The largest power of two below `size` (≥ 2): where RFC 9162 section 2.1.1 splits a tree. */
export function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/**
 * All that appending needs of a tree (a compact range): its size and the hashes of the complete subtrees along its right edge, the largest
 * first, lower-case hex. A plain JSON value.
 */
export type Frontier = { readonly size: number; readonly hashes: readonly string[] };

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** The frontier after one more leaf; `leaf` is its leaf hash. */
export function appendLeaf(frontier: Frontier, leaf: Uint8Array, crypto: Crypto): Frontier {
  return appendLeaves(frontier, [leaf], crypto);
}

/** The frontier after more leaves, given by their leaf hashes in order. */
export function appendLeaves(frontier: Frontier, leaves: readonly Uint8Array[], crypto: Crypto): Frontier {
  const hashes = frontier.hashes.map(bytesOf);
  for (const [place, leaf] of leaves.entries()) {
    let carried = leaf;
    // Each low one-bit of the old size is a complete subtree that the new leaf completes to one twice its size.
    for (let size = frontier.size + place; size % 2 === 1; size = Math.floor(size / 2)) {
      const left = hashes.pop();
      if (left === undefined) throw new Error("bug: a frontier holds one hash for each one-bit of its size");
      carried = nodeHash(left, carried, crypto);
    }
    hashes.push(carried);
  }
  return { size: frontier.size + leaves.length, hashes: hashes.map(toHex) };
}

/** The root over the leaves so far, 32 bytes. */
export function frontierRoot(frontier: Frontier, crypto: Crypto): Uint8Array {
  const last = frontier.hashes.at(-1);
  if (last === undefined) return emptyRoot(crypto);
  let root = bytesOf(last);
  for (let i = frontier.hashes.length - 2; i >= 0; i--) root = nodeHash(bytesOf(frontier.hashes[i]), root, crypto);
  return root;
}

/** A frontier from storage: undefined unless there is one 32-byte hash for each one-bit of the size. */
export function parseFrontier(value: unknown): Frontier | undefined {
  if (typeof value !== "object" || value === null || !("size" in value) || !("hashes" in value)) return undefined;
  const { size, hashes } = value;
  if (!Number.isSafeInteger(size) || (size as number) < 0 || !Array.isArray(hashes)) return undefined;
  const ones = (size as number).toString(2).replaceAll("0", "").length;
  if (hashes.length !== ones || !hashes.every((hash) => typeof hash === "string" && fromHex(hash)?.length === treeHashBytes))
    return undefined;
  return { size: size as number, hashes };
}

function bytesOf(hash: string | undefined): Uint8Array {
  const bytes = hash === undefined ? undefined : fromHex(hash);
  if (bytes?.length !== treeHashBytes) throw new Error("bug: a frontier holds one 32-byte hash for each one-bit of its size");
  return bytes;
}

/** RFC 9162 section 2.1.3.2: whether the leaf stands at `index` in the tree of `size` leaves and root `root`; `proof` from leaf to root. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
  crypto: Crypto,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  if (!proof.every((hash) => hash.length === treeHashBytes)) return false;
  let fn = index;
  let sn = size - 1;
  let r = leaf;
  for (const p of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r, crypto);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      r = nodeHash(r, p, crypto);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(r, root);
}

/**
 * RFC 9162 section 2.1.4.2: whether the tree (size, root) continues the tree (oldSize, oldRoot). Every tree continues the empty one and
 * itself, both with an empty proof.
 */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Uint8Array,
  root: Uint8Array,
  proof: readonly Uint8Array[],
  crypto: Crypto,
): boolean {
  if (!Number.isSafeInteger(oldSize) || !Number.isSafeInteger(size) || oldSize < 0 || oldSize > size) return false;
  if (!proof.every((hash) => hash.length === treeHashBytes)) return false;
  if (oldSize === 0) return proof.length === 0 && equalBytes(oldRoot, emptyRoot(crypto));
  if (oldSize === size) return proof.length === 0 && equalBytes(oldRoot, root);
  // Step 1: a complete old tree is itself the first node of the path.
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined || proof.length === 0) return false;
  let fn = oldSize - 1;
  let sn = size - 1;
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let fr = first;
  let sr = first;
  for (const c of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(c, fr, crypto);
      sr = nodeHash(c, sr, crypto);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      sr = nodeHash(sr, c, crypto);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && equalBytes(fr, oldRoot) && equalBytes(sr, root);
}

/** A right shift by one that holds beyond 32 bits. */
function half(value: number): number {
  return Math.floor(value / 2);
}

function isPowerOfTwo(value: number): boolean {
  return splitOf(value * 2) === value;
}
