import {
  appendToTiles,
  bundlePath,
  consistencyProof,
  encodeBundle,
  extendsTile,
  filledTiles,
  inclusionProof,
  leafHash,
  parseBundle,
  parseTilePath,
  partialTiles,
  rootFromTiles,
  type TileCoordinate,
  tileKey,
  tilePath,
  tilesForConsistency,
  tilesForInclusion,
  tilesForRoot,
  tilesTouchedBy,
  utf8,
  verifyConsistency,
  verifyInclusion,
} from "@vermilion/ledger";
import { nativeCrypto as crypto } from "@vermilion/node/host/native-crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { naiveRoot } from "./fixtures.ts";

const leafCount = 66_000;
const leaves = Array.from({ length: leafCount }, (_, i) => leafHash(utf8(`leaf ${i}`), crypto));

/** A store as a member has it: tiles by coordinate, partial ones replaced by wider ones; it gives out only what is asked for. */
class Store {
  readonly tiles = new Map<string, Uint8Array>();
  size = 0;

  append(count: number): void {
    const loaded = this.load(tilesTouchedBy(this.size, count));
    for (const tile of appendToTiles(this.size, leaves.slice(this.size, this.size + count), loaded, crypto)) {
      expect(tile.bytes).toHaveLength(tile.width * 32);
      const old = this.tiles.get(tileKey(tile));
      if (old !== undefined) expect(extendsTile(old, tile.bytes)).toBe(true);
      this.tiles.set(tileKey(tile), tile.bytes);
    }
    this.size += count;
  }

  load(coordinates: readonly TileCoordinate[]): Map<string, Uint8Array> {
    return new Map(
      coordinates.map((coordinate) => {
        const bytes = this.tiles.get(tileKey(coordinate));
        if (bytes === undefined || bytes.length < coordinate.width * 32) throw new Error(`no tile ${JSON.stringify(coordinate)}`);
        return [tileKey(coordinate), bytes.slice(0, coordinate.width * 32)];
      }),
    );
  }
}

const whole = new Store();
whole.append(leafCount);

describe("tiles", () => {
  test("give the root of the naive tree at interesting sizes", () => {
    for (const size of [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 5_000, 65_537]) {
      expect(rootFromTiles(size, whole.load(tilesForRoot(size)), crypto)).toEqual(naiveRoot(leaves.slice(0, size)));
    }
  });

  test("do not depend on how the leaves were batched", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }), (batches) => {
        const store = new Store();
        for (const count of batches) store.append(count);
        const once = new Store();
        once.append(store.size);
        expect(store.tiles).toEqual(once.tiles);
      }),
      { numRuns: 15 },
    );
  });

  test("prove inclusion of any leaf in any size from the tiles that were asked for, and only these", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: leafCount }), fc.nat(), (size, pick) => {
        const index = pick % size;
        const tiles = whole.load(tilesForInclusion(index, size));
        const proof = inclusionProof(index, size, tiles, crypto);
        const root = rootFromTiles(size, whole.load(tilesForRoot(size)), crypto);
        expect(verifyInclusion(leaves[index]!, index, size, proof, root, crypto)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("prove consistency between any two sizes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: leafCount }), fc.integer({ min: 0, max: leafCount }), (a, b) => {
        const [old, size] = a < b ? [a, b] : [b, a];
        const proof = consistencyProof(old, size, whole.load(tilesForConsistency(old, size)), crypto);
        const rootOf = (leafTotal: number) => rootFromTiles(leafTotal, whole.load(tilesForRoot(leafTotal)), crypto);
        expect(verifyConsistency(old, size, rootOf(old), rootOf(size), proof, crypto)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("the tiles of 70,000 leaves are those of the example in tlog-tiles", () => {
    const many = Array.from({ length: 70_000 }, (_, i) => leaves[i % leafCount]!);
    const made = appendToTiles(0, many, new Map(), crypto);
    const shape = [0, 1, 2].map((level) => made.filter((tile) => tile.level === level).map(({ width }) => width));
    expect(shape.map((widths) => widths.filter((width) => width === 256).length)).toEqual([273, 1, 0]);
    expect(shape.map((widths) => widths.filter((width) => width < 256))).toEqual([[112], [17], [1]]);
    expect(made.filter(({ level }) => level > 2)).toEqual([]);
  });

  test("256 leaves are a full tile and one hash above", () => {
    const made = appendToTiles(0, leaves.slice(0, 256), new Map(), crypto);
    expect(made.map(({ level, index, width }) => ({ level, index, width }))).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
  });

  test("those that growing has filled, and the right edge, are all that another copy lacks", () => {
    const named = (tiles: readonly TileCoordinate[]) => tiles.map(({ level, index, width }) => tilePath(level, index, width));
    expect(named(filledTiles(0, 255))).toEqual([]);
    expect(named(filledTiles(255, 513))).toEqual(["tile/0/000", "tile/0/001"]);
    expect(named(filledTiles(65_535, 65_537))).toEqual(["tile/0/255", "tile/1/000"]);
    expect(named(partialTiles(0))).toEqual([]);
    expect(named(partialTiles(65_536))).toEqual(["tile/2/000.p/1"]);
    for (const size of [1, 256, 300, 513, 65_793]) {
      const all = named(appendToTiles(0, leaves.slice(0, size), new Map(), crypto));
      for (const from of [0, 1, 255, 256, 512].filter((from) => from <= size))
        expect([...named(filledTiles(0, from)), ...named(filledTiles(from, size)), ...named(partialTiles(size))].toSorted()).toEqual(
          all.toSorted(),
        );
    }
  });

  test("a tile that was not loaded is a bug, not a wrong proof", () => {
    expect(() => inclusionProof(3, 300, new Map(), crypto)).toThrow(/^bug: tile/);
    expect(() => inclusionProof(300, 300, new Map(), crypto)).toThrow(/^bug: /);
    expect(() => appendToTiles(3, leaves.slice(0, 1), new Map(), crypto)).toThrow(/^bug: tile/);
  });
});

describe("paths", () => {
  test("are those of tlog-tiles", () => {
    expect(tilePath(0, 1_234_067)).toBe("tile/0/x001/x234/067");
    expect(tilePath(1, 0, 5)).toBe("tile/1/000.p/5");
    expect(bundlePath(999)).toBe("tile/entries/999");
    expect(bundlePath(1_000, 255)).toBe("tile/entries/x001/000.p/255");
  });

  test("come back", () => {
    const level = fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant("entries" as const));
    fc.assert(
      fc.property(level, fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (at, index, width) => {
        expect(parseTilePath(tilePath(at, index, width))).toEqual({ level: at, index, width });
      }),
    );
  });

  test.each([
    "tile/0/1",
    "tile/00/001",
    "tile/64/001",
    "tile/-1/001",
    "tile/0/x000/001",
    "tile/0/001/002",
    "tile/0/x001",
    "tile/0/001.p/0",
    "tile/0/001.p/256",
    "tile/0/001.p/05",
    "tile/0/001.p/",
    "/tile/0/001",
    "tile/0/001\n",
    "tile/entries/../001",
    "tile/0/x999/x999/x999/x999/x999/999",
  ])("%j is none", (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

describe("bundles", () => {
  test("come back", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 20 }), (records) => {
        expect(parseBundle(encodeBundle(records))).toEqual(records);
      }),
    );
  });

  test("lengths are big-endian", () => {
    expect(encodeBundle([new Uint8Array(258)]).subarray(0, 2)).toEqual(Uint8Array.of(1, 2));
  });

  test("that end inside a record, or hold more than 256, are refused", () => {
    expect(parseBundle(Uint8Array.of(0))).toBeUndefined();
    expect(parseBundle(Uint8Array.of(0, 2, 1))).toBeUndefined();
    expect(parseBundle(new Uint8Array(2 * 256))).toHaveLength(256);
    expect(parseBundle(new Uint8Array(2 * 257))).toBeUndefined();
  });

  test("a record of 65,536 bytes, or 257 records, are a bug", () => {
    expect(() => encodeBundle([new Uint8Array(65_536)])).toThrow(/^bug: /);
    expect(() => encodeBundle(Array(257).fill(new Uint8Array(1)))).toThrow(/^bug: /);
  });
});
