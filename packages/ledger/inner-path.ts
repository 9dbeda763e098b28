import type { Crypto } from "./crypto.ts";
import { emptyRoot, leafHash, nodeHash } from "./tree.ts";

/** A small tree held in memory, as of a batch of digests: RFC 6962 section 2.1. Made once, it answers for every leaf without hashing. */
export interface InnerTree {
  readonly root: Uint8Array;
  /** RFC 6962 section 2.1.1: the hashes that lead from leaf `index` to the root, nearest first; `verifyInclusion` checks them. */
  pathOf(index: number): Uint8Array[];
}

/** The tree over `leaves` (the leaf data, not their hashes). */
export function innerTree(leaves: readonly Uint8Array[], crypto: Crypto): InnerTree {
  const levels = [leaves.map((leaf) => leafHash(leaf, crypto))];
  for (let below = levels[0] ?? []; below.length > 1; below = levels.at(-1) ?? []) levels.push(levelAbove(below, crypto));
  return {
    root: levels.at(-1)?.[0] ?? emptyRoot(crypto),
    pathOf(index) {
      if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError("no such leaf");
      return levels.flatMap((level, height) => level[Math.floor(index / 2 ** height) ^ 1] ?? []);
    },
  };
}

/** Neighbours from the left become one node; a last one without a neighbour goes up as it is, for RFC 6962 splits at a power of two. */
function levelAbove(below: readonly Uint8Array[], crypto: Crypto): Uint8Array[] {
  return Array.from({ length: Math.ceil(below.length / 2) }, (_, at) => {
    const [left, right] = below.slice(2 * at, 2 * at + 2);
    if (left === undefined) throw new Error("bug: a level without nodes");
    return right === undefined ? left : nodeHash(left, right, crypto);
  });
}
