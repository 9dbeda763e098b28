import type { Crypto } from "./crypto.ts";
import { emptyRoot, leafHash, nodeHash, splitOf } from "./tree.ts";

/** A small tree held in memory, as of a batch of digests: RFC 6962 section 2.1. */

/** Root over `leaves` (the leaf data, not their hashes). */
export function rootOfLeaves(leaves: readonly Uint8Array[], crypto: Crypto): Uint8Array {
  return leaves.length === 0
    ? emptyRoot(crypto)
    : rootOf(
        leaves.map((leaf) => leafHash(leaf, crypto)),
        crypto,
      );
}

/** RFC 6962 section 2.1.1: the hashes that lead from leaf `index` to the root, nearest first; `verifyInclusion` checks them. */
export function pathOfLeaf(index: number, leaves: readonly Uint8Array[], crypto: Crypto): Uint8Array[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError("no such leaf");
  return pathOf(
    index,
    leaves.map((leaf) => leafHash(leaf, crypto)),
    crypto,
  );
}

function rootOf(hashes: readonly Uint8Array[], crypto: Crypto): Uint8Array {
  const [only] = hashes;
  if (only !== undefined && hashes.length === 1) return only;
  const split = splitOf(hashes.length);
  return nodeHash(rootOf(hashes.slice(0, split), crypto), rootOf(hashes.slice(split), crypto), crypto);
}

function pathOf(index: number, hashes: readonly Uint8Array[], crypto: Crypto): Uint8Array[] {
  if (hashes.length === 1) return [];
  const split = splitOf(hashes.length);
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  return index < split
    ? [...pathOf(index, left, crypto), rootOf(right, crypto)]
    : [...pathOf(index - split, right, crypto), rootOf(left, crypto)];
}
