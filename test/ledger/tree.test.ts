import {
  appendLeaf,
  emptyFrontier,
  emptyRoot,
  type Frontier,
  frontierRoot,
  leafHash,
  nodeHash,
  parseFrontier,
  toHex,
  utf8,
  verifyConsistency,
  verifyInclusion,
} from "@vermilion/ledger";
import { nativeCrypto as crypto } from "@vermilion/node/host/native-crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { naiveRoot } from "./fixtures.ts";

const leaves = Array.from({ length: 70 }, (_, i) => leafHash(utf8(`leaf ${i}`), crypto));

/** PATH and SUBPROOF of RFC 9162 sections 2.1.3.1 and 2.1.4.1, word by word. */
function naivePath(m: number, d: readonly Uint8Array[]): Uint8Array[] {
  if (d.length === 1) return [];
  const k = 2 ** Math.ceil(Math.log2(d.length) - 1);
  const [left, right] = [d.slice(0, k), d.slice(k)];
  return m < k ? [...naivePath(m, left), naiveRoot(right)] : [...naivePath(m - k, right), naiveRoot(left)];
}

function naiveSubproof(m: number, d: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  if (m === d.length) return whole ? [] : [naiveRoot(d)];
  const k = 2 ** Math.ceil(Math.log2(d.length) - 1);
  const [left, right] = [d.slice(0, k), d.slice(k)];
  return m <= k ? [...naiveSubproof(m, left, whole), naiveRoot(right)] : [...naiveSubproof(m - k, right, false), naiveRoot(left)];
}

function frontierOf(hashes: readonly Uint8Array[]): Frontier {
  return hashes.reduce((frontier, leaf) => appendLeaf(frontier, leaf, crypto), emptyFrontier);
}

describe("hashes of RFC 6962", () => {
  // The test vectors of certificate-transparency (merkletree/merkle_tree_test.cc), which most implementations carry.
  const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
  const roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ];

  test("the empty tree", () => {
    expect(toHex(emptyRoot(crypto))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(frontierRoot(emptyFrontier, crypto)).toEqual(emptyRoot(crypto));
  });

  test("the trees of one to eight leaves", () => {
    const hashes = inputs.map((hex) => leafHash(new Uint8Array(Buffer.from(hex, "hex")), crypto));
    expect(hashes.map((_, i) => toHex(frontierRoot(frontierOf(hashes.slice(0, i + 1)), crypto)))).toEqual(roots);
  });

  test("a leaf can never be taken for a node", () => {
    const [a, b] = [leaves[0]!, leaves[1]!];
    expect(leafHash(Buffer.concat([a, b]), crypto)).not.toEqual(nodeHash(a, b, crypto));
  });
});

describe("frontier", () => {
  test("has the root of the naive tree at every size, also after a trip through JSON", () => {
    let frontier = emptyFrontier;
    for (const [i, leaf] of leaves.entries()) {
      frontier = parseFrontier(JSON.parse(JSON.stringify(appendLeaf(frontier, leaf, crypto))))!;
      expect(frontierRoot(frontier, crypto)).toEqual(naiveRoot(leaves.slice(0, i + 1)));
    }
  });

  test.each([
    null,
    {},
    { size: 1, hashes: [] },
    { size: 2, hashes: ["aa"] },
    { size: -1, hashes: [] },
    { size: 3, hashes: ["ab".repeat(32)] },
    { size: 1.5, hashes: ["ab".repeat(32)] },
  ])("is not read from %j", (value) => {
    expect(parseFrontier(value)).toBeUndefined();
  });
});

describe("inclusion", () => {
  test("every index of every size up to 40 verifies, and at no other index or size", () => {
    for (let size = 1; size <= 40; size++) {
      const tree = leaves.slice(0, size);
      const root = naiveRoot(tree);
      for (let index = 0; index < size; index++) {
        const proof = naivePath(index, tree);
        expect(verifyInclusion(tree[index]!, index, size, proof, root, crypto)).toBe(true);
        expect(verifyInclusion(tree[index]!, index + 1, size, proof, root, crypto)).toBe(false);
        expect(verifyInclusion(tree[index]!, index, size, [...proof, root], root, crypto)).toBe(false);
        if (proof.length > 0) expect(verifyInclusion(tree[index]!, index, size, proof.slice(1), root, crypto)).toBe(false);
      }
    }
  });

  test("a changed hash, a short hash, and impossible numbers are refused", () => {
    const tree = leaves.slice(0, 13);
    const [root, proof] = [naiveRoot(tree), naivePath(5, tree)];
    for (let i = 0; i < proof.length; i++) {
      const changed = proof.with(i, leaves[60]!);
      expect(verifyInclusion(tree[5]!, 5, 13, changed, root, crypto)).toBe(false);
      expect(verifyInclusion(tree[5]!, 5, 13, proof.with(i, proof[i]!.subarray(1)), root, crypto)).toBe(false);
    }
    for (const [index, size] of [
      [-1, 13],
      [13, 13],
      [5, 0],
      [5.5, 13],
      [5, Number.NaN],
      [5, 2 ** 53],
    ] as const) {
      expect(verifyInclusion(tree[5]!, index, size, proof, root, crypto)).toBe(false);
    }
  });

  test("holds in a tree larger than 32 bits", () => {
    // Index 2^40 of 2^40 + 1: the leaf is the right child of the root.
    const left = leaves[3]!;
    const root = nodeHash(left, leaves[4]!, crypto);
    expect(verifyInclusion(leaves[4]!, 2 ** 40, 2 ** 40 + 1, [left], root, crypto)).toBe(true);
    expect(verifyInclusion(leaves[4]!, 2 ** 40 - 1, 2 ** 40 + 1, [left], root, crypto)).toBe(false);
  });
});

describe("consistency", () => {
  test("every pair of sizes up to 33 verifies, and no other old root does", () => {
    for (let size = 1; size <= 33; size++) {
      const root = naiveRoot(leaves.slice(0, size));
      for (let old = 1; old <= size; old++) {
        const oldRoot = naiveRoot(leaves.slice(0, old));
        const proof = naiveSubproof(old, leaves.slice(0, size), true);
        expect(verifyConsistency(old, size, oldRoot, root, proof, crypto)).toBe(true);
        expect(verifyConsistency(old, size, leaves[69]!, root, proof, crypto)).toBe(false);
        expect(verifyConsistency(old, size, oldRoot, leaves[69]!, proof, crypto)).toBe(false);
        expect(verifyConsistency(old, size, oldRoot, root, [...proof, oldRoot], crypto)).toBe(false);
        if (proof.length > 0) expect(verifyConsistency(old, size, oldRoot, root, proof.slice(0, -1), crypto)).toBe(false);
      }
    }
  });

  test("the empty tree is continued by each tree, with no proof", () => {
    const root = naiveRoot(leaves);
    expect(verifyConsistency(0, 70, emptyRoot(crypto), root, [], crypto)).toBe(true);
    expect(verifyConsistency(0, 70, root, root, [], crypto)).toBe(false);
    expect(verifyConsistency(0, 70, emptyRoot(crypto), root, [root], crypto)).toBe(false);
  });

  test("no tree is continued by a smaller one", () => {
    expect(verifyConsistency(3, 2, naiveRoot(leaves.slice(0, 3)), naiveRoot(leaves.slice(0, 2)), [], crypto)).toBe(false);
  });

  test("a tree with another past is refused", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 10 }), fc.nat(1_000), (old, more, pick) => {
        const size = old + more;
        const forged = leaves.slice(0, size).with(pick % old, leaves[69]!);
        const proof = naiveSubproof(old, forged, true);
        expect(verifyConsistency(old, size, naiveRoot(leaves.slice(0, old)), naiveRoot(forged), proof, crypto)).toBe(false);
      }),
    );
  });
});
