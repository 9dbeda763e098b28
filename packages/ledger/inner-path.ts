import type { Crypto } from "./crypto.ts";
import { emptyRoot, leafHash, nodeHash } from "./tree.ts";

/** A small tree held in memory, as of a batch of digests: RFC 6962 section 2.1. Made once, it answers for every leaf without hashing. */
export interface InnerTree {
  readonly root: Uint8Array;
  /** RFC 6962 section 2.1.1: the hashes that lead from leaf `index` to the root, nearest first; `verifyInclusion` checks them. */
  pathOf(index: number): Uint8Array[];
}

/** Hashes between two pauses of `innerTreeSteps`. */
const hashesPerStep = 512;

/** The tree over `leaves` (the leaf data, not their hashes). */
export function innerTree(leaves: readonly Uint8Array[], crypto: Crypto): InnerTree {
  const steps = innerTreeSteps(leaves, crypto);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps of a few hundred hashes, for whoever must do other things in between. */
export function* innerTreeSteps(leaves: readonly Uint8Array[], crypto: Crypto): Generator<undefined, InnerTree> {
  const levels = [yield* mapped(leaves.length, (at) => leafHash(leaves[at] ?? none(), crypto))];
  for (let below = levels[0] ?? []; below.length > 1; below = levels.at(-1) ?? []) levels.push(yield* levelAbove(below, crypto));
  return {
    root: levels.at(-1)?.[0] ?? emptyRoot(crypto),
    pathOf(index) {
      if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError("no such leaf");
      return levels.flatMap((level, height) => level[Math.floor(index / 2 ** height) ^ 1] ?? []);
    },
  };
}

/** Neighbours from the left become one node; a last one without a neighbour goes up as it is, for RFC 6962 splits at a power of two. */
function levelAbove(below: readonly Uint8Array[], crypto: Crypto): Generator<undefined, Uint8Array[]> {
  return mapped(Math.ceil(below.length / 2), (at) => {
    const [left, right] = [below[2 * at] ?? none(), below[2 * at + 1]];
    return right === undefined ? left : nodeHash(left, right, crypto);
  });
}

function* mapped(count: number, hashAt: (at: number) => Uint8Array): Generator<undefined, Uint8Array[]> {
  const hashes: Uint8Array[] = [];
  while (hashes.length < count) {
    const end = Math.min(count, hashes.length + hashesPerStep);
    while (hashes.length < end) hashes.push(hashAt(hashes.length));
    yield;
  }
  return hashes;
}

function none(): never {
  throw new Error("bug: no such leaf");
}
