import { createHash } from "node:crypto";
import {
  appendLeaves,
  type Crypto,
  emptyFrontier,
  frontierRoot,
  innerTree,
  innerTreeSteps,
  leafHash,
  toHex,
  verifyInclusion,
} from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node";
import { expect, test } from "vitest";

const leavesOf = (count: number) => Array.from({ length: count }, (_, n) => new Uint8Array(createHash("sha256").update(`${n}`).digest()));

test("the tree of a batch is that of RFC 6962, with a path for each leaf", () => {
  for (const count of [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 64, 100]) {
    const leaves = leavesOf(count);
    const tree = innerTree(leaves, nativeCrypto);
    const hashes = leaves.map((leaf) => leafHash(leaf, nativeCrypto));
    expect(toHex(tree.root)).toBe(toHex(frontierRoot(appendLeaves(emptyFrontier, hashes, nativeCrypto), nativeCrypto)));
    for (const [index, hash] of hashes.entries())
      expect(verifyInclusion(hash, index, count, tree.pathOf(index), tree.root, nativeCrypto), `${index} of ${count}`).toBe(true);
    for (const index of [-1, count, 0.5]) expect(() => tree.pathOf(index)).toThrow(RangeError);
  }
});

test("it is made in steps of a few hundred hashes, and answers without hashing", () => {
  let hashes = 0;
  const counting: Crypto = {
    ...nativeCrypto,
    sha256: (data) => {
      hashes += 1;
      return nativeCrypto.sha256(data);
    },
  };
  const steps = innerTreeSteps(leavesOf(8_192), counting);
  let step = steps.next();
  for (let before = 0; step.done !== true; step = steps.next()) {
    expect(hashes - before).toBeLessThanOrEqual(512);
    before = hashes;
  }
  expect(hashes).toBe(16_383);
  expect(step.value.pathOf(4_711)).toHaveLength(13);
  expect(hashes).toBe(16_383);
});
