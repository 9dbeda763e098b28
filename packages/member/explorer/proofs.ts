import {
  leafHash,
  parseTilePath,
  consistencyProof as proveConsistency,
  inclusionProof as proveInclusion,
  tilesForConsistency,
  tilesForInclusion,
  tileWidth,
  toHex,
} from "@vermilion/ledger";
import type { ReadingContext } from "../context.ts";
import type { Answer, ReceiptView, Refused } from "../services.ts";

const notYet: Refused = { refused: "no-checkpoint", detail: "no checkpoint has its quorum of cosignatures yet" };

/** The newest final checkpoint with every cosignature held. */
export async function checkpoint(context: ReadingContext): Promise<string | Refused> {
  const size = await context.ledger.finalSize();
  return size === 0 ? notYet : ((await context.node.proofs.checkpoint(size)) ?? notYet);
}

export async function cosignatures(context: ReadingContext): Promise<Answer<"cosignatures">> {
  const size = await context.ledger.finalSize();
  if (size === 0) return notYet;
  return { size, lines: Object.fromEntries(await context.ledger.cosignatures(size)) };
}

/** C2SP tlog-tiles: a hash tile or a bundle of leaf records, by its path. Only what a final checkpoint covers is public. */
export async function tile(context: ReadingContext, path: string): Promise<Uint8Array | Refused> {
  const parsed = parseTilePath(`tile/${path}`);
  if (parsed === undefined) return { refused: "unknown-tile", detail: "not the path of a tile" };
  const { level, index, width } = parsed;
  return level === "entries" ? bundle(context, index, width) : hashes(context, level, index, width);
}

/** `width` hashes of a tile, the first ones where it is partial. */
async function hashes(context: ReadingContext, level: number, index: number, width: number): Promise<Uint8Array | Refused> {
  const unknown = { refused: "unknown-tile", detail: `no tile ${level}/${index} of width ${width}` };
  const covered = Math.floor((await context.ledger.finalSize()) / tileWidth ** level);
  if (index * tileWidth + width > covered) return unknown;
  return (await context.node.proofs.hashTile({ level, index, width })) ?? unknown;
}

/** Leaf records of a bundle: kinds, outcomes and hashes, never bodies. */
async function bundle(context: ReadingContext, index: number, width: number): Promise<Uint8Array | Refused> {
  const unknown = { refused: "unknown-tile", detail: `no bundle ${index} of width ${width}` };
  if (index * tileWidth + width > (await context.ledger.finalSize())) return unknown;
  return (await context.node.proofs.recordBundle(index, width)) ?? unknown;
}

export async function inclusionProof(context: ReadingContext, index: number, size: number): Promise<Answer<"inclusionProof">> {
  const final = await context.ledger.finalSize();
  if (index < 0 || index >= size || size > final) return sizeOutOfRange(final);
  const [record] = await context.ledger.leafRecords(index, 1);
  if (record === undefined) return sizeOutOfRange(final);
  const proof = proveInclusion(index, size, await context.node.proofs.tiles(tilesForInclusion(index, size)), context.crypto);
  return {
    leafHash: toHex(leafHash(record, context.crypto)),
    proof: proof.map(toHex),
    root: toHex(await context.node.proofs.rootAt(size)),
  };
}

export async function consistencyProof(context: ReadingContext, oldSize: number, size: number): Promise<Answer<"consistencyProof">> {
  const final = await context.ledger.finalSize();
  if (oldSize < 0 || oldSize > size || size > final) return sizeOutOfRange(final);
  const proof = proveConsistency(oldSize, size, await context.node.proofs.tiles(tilesForConsistency(oldSize, size)), context.crypto);
  return { proof: proof.map(toHex) };
}

function sizeOutOfRange(final: number): Refused {
  return { refused: "size-out-of-range", detail: `the final size is ${final}` };
}

/** A receipt is final when a checkpoint with the quorum's cosignatures covers it; until then the newest checkpoint held is given, and says so. */
export async function receipt(
  context: ReadingContext,
  transactionHash: string,
  options: { readonly waitMs: number },
): Promise<ReceiptView | Refused> {
  const deadline = context.clock.now() + options.waitMs;
  const place = await context.node.read.until(options.waitMs, () => context.ledger.entryPlace(transactionHash));
  if (place === undefined) return { refused: "unknown-transaction", detail: transactionHash };
  const left = Math.max(0, deadline - context.clock.now());
  const final = await context.node.read.until(left, async () => {
    const size = await context.ledger.finalSize();
    return size > place.index ? size : undefined;
  });
  const size = final ?? (await context.ledger.published())?.size;
  const text = size === undefined ? undefined : await context.node.proofs.receiptAt(place.index, size);
  if (size === undefined || text === undefined) return notYet;
  return { transactionHash, final: final !== undefined, leafIndex: place.index, size, receipt: text };
}
