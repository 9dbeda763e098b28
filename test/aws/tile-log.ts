import { sign as signWith } from "node:crypto";
import {
  appendToTiles,
  checkpointText,
  formatNote,
  fromBase64url,
  leafHash,
  logKeyType,
  logSignatureMessage,
  parseBundle,
  parseCheckpoint,
  parseNote,
  rootFromTiles,
  tileKey,
  tilePath,
  tilesTouchedBy,
  tileWidth,
  utf8,
  verifierKey,
  verifyLogSignature,
} from "@vermilion/ledger";
import type { TileSource } from "@vermilion/node/chain/log-tiles";
import { nativeCrypto as crypto } from "@vermilion/node/host/native-crypto";
import { expect } from "vitest";
import { makeKey } from "../support/entries.ts";

const logKey = makeKey("Ed25519");
const origin = "test.example/0123456789abcdef";
const key = verifierKey(origin, logKeyType, fromBase64url(logKey.jwk.x)!, crypto);

/** A tree that grows by command, with the tiles that a ledger would keep of it, and a note that states its head. */
export class TileLog {
  readonly records: Uint8Array[] = [];
  readonly held = new Map<string, Uint8Array>();
  final = 0;

  readonly ledger: TileSource = {
    finalSize: async () => this.final,
    tiles: async (wanted) => wanted.map((tile) => this.held.get(tileKey(tile))),
    leafRecords: async (first, count) => this.records.slice(first, first + count),
  };

  /** All of it is final, unless `final` says less. */
  grow(count: number, final?: number): void {
    const size = this.records.length;
    const added = Array.from({ length: count }, (_, place) => utf8(`record ${size + place}`));
    const touched = new Map(tilesTouchedBy(size, count).map((tile) => [tileKey(tile), this.held.get(tileKey(tile))!]));
    const hashes = added.map((record) => leafHash(record, crypto));
    for (const tile of appendToTiles(size, hashes, touched, crypto)) this.held.set(tileKey(tile), tile.bytes);
    this.records.push(...added);
    this.final = final ?? this.records.length;
  }

  readonly note = async (size: number): Promise<string> => {
    const text = checkpointText({ origin, size, root: rootFromTiles(size, this.held, crypto) });
    const signature = signWith(null, logSignatureMessage(text), logKey.privateKey);
    return formatNote(text, [{ name: key.name, keyId: key.keyId, signature }]);
  };
}

type Get = (path: string) => Promise<Uint8Array | undefined>;

/**
 * A reader who has nothing but what lies on the shelf: the checkpoint is signed, the tiles give its root, and each bundle holds the very
 * records that the tiles hash. Answers the size, 0 where there is no checkpoint yet.
 */
export async function verifyShelf(get: Get): Promise<number> {
  const note = await get("checkpoint");
  if (note === undefined) return 0;
  const parsed = parseNote(note);
  if ("refused" in parsed) throw new Error(parsed.detail);
  const { size, root } = parseCheckpoint(parsed.text)!;
  expect(verifyLogSignature(parsed.text, parsed.signatures[0]!, key, crypto)).toBe(true);
  await verifyTree(get, size, root);
  return size;
}

/** Bundles and tiles against a root that is trusted already: the whole tree is built anew from the records. */
export async function verifyTree(get: Get, size: number, root: Uint8Array): Promise<void> {
  const load = async (path: string): Promise<Uint8Array> => {
    const bytes = await get(path);
    if (bytes === undefined) throw new Error(`${path} is not there`);
    return bytes;
  };
  const hashes: Uint8Array[] = [];
  for (let index = 0; index * tileWidth < size; index++) {
    const width = Math.min(tileWidth, size - index * tileWidth);
    const records = parseBundle(await load(tilePath("entries", index, width)))!;
    expect(records.length).toBe(width);
    hashes.push(...records.map((record) => leafHash(record, crypto)));
  }
  const tiles = appendToTiles(0, hashes, new Map(), crypto);
  const built = new Map(tiles.map((tile) => [tileKey(tile), tile.bytes]));
  expect(Buffer.from(rootFromTiles(size, built, crypto)).equals(root)).toBe(true);
  for (const { level, index, width, bytes } of tiles)
    expect(Buffer.from(bytes).equals(await load(tilePath(level, index, width))), tilePath(level, index, width)).toBe(true);
}
