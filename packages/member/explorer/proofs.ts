import { stateKeys } from "@vermilion/contracts";
import {
  formatOutcome,
  leafHash,
  parseTilePath,
  consistencyProof as proveConsistency,
  inclusionProof as proveInclusion,
  tilesForConsistency,
  tilesForInclusion,
  tileWidth,
  toHex,
} from "@vermilion/ledger";
import { checkpointNote, loadTiles, receiptAt, rootAt } from "@vermilion/node/chain/finality";
import { hashTile, recordBundle } from "@vermilion/node/chain/log-tiles";
import type { Driver } from "@vermilion/node/driver/driver";
import { waitUntil } from "@vermilion/node/driver/wait";
import { committed } from "@vermilion/node/submit";
import type { Context } from "../context.ts";
import type { Answer, LookupView, ReceiptView, Refused } from "../services.ts";
import { readRow } from "../state/reader.ts";

const notYet: Refused = { refused: "no-checkpoint", detail: "no checkpoint has its quorum of cosignatures yet" };

/** The newest final checkpoint with every cosignature held. */
export async function checkpoint(context: Context): Promise<string | Refused> {
  const size = await context.ledger.finalSize();
  return size === 0 ? notYet : ((await checkpointNote(context, size, context.founders.size)) ?? notYet);
}

export async function cosignatures(context: Context): Promise<Answer<"cosignatures">> {
  const size = await context.ledger.finalSize();
  if (size === 0) return notYet;
  return { size, lines: Object.fromEntries(await context.ledger.cosignatures(size)) };
}

/** C2SP tlog-tiles: a hash tile or a bundle of leaf records, by its path. Only what a final checkpoint covers is public. */
export async function tile(context: Context, path: string): Promise<Uint8Array | Refused> {
  const parsed = parseTilePath(`tile/${path}`);
  if (parsed === undefined) return { refused: "unknown-tile", detail: "not the path of a tile" };
  const { level, index, width } = parsed;
  return level === "entries" ? bundle(context, index, width) : hashes(context, level, index, width);
}

/** `width` hashes of a tile, the first ones where it is partial. */
async function hashes(context: Context, level: number, index: number, width: number): Promise<Uint8Array | Refused> {
  const unknown = { refused: "unknown-tile", detail: `no tile ${level}/${index} of width ${width}` };
  const covered = Math.floor((await context.ledger.finalSize()) / tileWidth ** level);
  if (index * tileWidth + width > covered) return unknown;
  return (await hashTile(context.ledger, { level, index, width })) ?? unknown;
}

/** Leaf records of a bundle: kinds, outcomes and hashes, never bodies. */
async function bundle(context: Context, index: number, width: number): Promise<Uint8Array | Refused> {
  const unknown = { refused: "unknown-tile", detail: `no bundle ${index} of width ${width}` };
  if (index * tileWidth + width > (await context.ledger.finalSize())) return unknown;
  return (await recordBundle(context.ledger, index, width)) ?? unknown;
}

export async function inclusionProof(context: Context, index: number, size: number): Promise<Answer<"inclusionProof">> {
  const final = await context.ledger.finalSize();
  if (index < 0 || index >= size || size > final) return sizeOutOfRange(final);
  const [record] = await context.ledger.leafRecords(index, 1);
  if (record === undefined) return sizeOutOfRange(final);
  const proof = proveInclusion(index, size, await loadTiles(context, tilesForInclusion(index, size)), context.crypto);
  return { leafHash: toHex(leafHash(record, context.crypto)), proof: proof.map(toHex), root: toHex(await rootAt(context, size)) };
}

export async function consistencyProof(context: Context, oldSize: number, size: number): Promise<Answer<"consistencyProof">> {
  const final = await context.ledger.finalSize();
  if (oldSize < 0 || oldSize > size || size > final) return sizeOutOfRange(final);
  const proof = proveConsistency(oldSize, size, await loadTiles(context, tilesForConsistency(oldSize, size)), context.crypto);
  return { proof: proof.map(toHex) };
}

function sizeOutOfRange(final: number): Refused {
  return { refused: "size-out-of-range", detail: `the final size is ${final}` };
}

/** A receipt is final when a checkpoint with the quorum's cosignatures covers it; until then the newest checkpoint held is given, and says so. */
export async function receipt(
  context: Context,
  driver: Driver,
  transactionHash: string,
  options: { readonly waitMs: number },
): Promise<ReceiptView | Refused> {
  const deadline = context.clock.now() + options.waitMs;
  const place = await waitUntil(driver, options.waitMs, () => context.ledger.entryPlace(transactionHash));
  if (place === undefined) return { refused: "unknown-transaction", detail: transactionHash };
  const left = Math.max(0, deadline - context.clock.now());
  const final = await waitUntil(driver, left, async () => {
    const size = await context.ledger.finalSize();
    return size > place.index ? size : undefined;
  });
  const size = final ?? (await context.ledger.published())?.size;
  const text = size === undefined ? undefined : await receiptAt(context, place.index, size);
  if (size === undefined || text === undefined) return notYet;
  return { transactionHash, final: final !== undefined, leafIndex: place.index, size, receipt: text };
}

/** For anybody: by transaction hash, by SHA-256 of the issuer-signed part of a certificate, or by the root of a file. */
export async function lookup(context: Context, hash: string): Promise<LookupView | Refused> {
  const published = await context.ledger.published();
  const document = await readRow(context, stateKeys.digest(hash));
  const file = document === undefined ? await readRow(context, stateKeys.file(hash)) : undefined;
  const transactionHash = document?.transaction ?? file?.transaction ?? hash;
  const place = await context.ledger.entryPlace(transactionHash);
  if (place === undefined)
    return { refused: "unknown-hash", detail: "no transaction, certificate or file with this hash is on this ledger" };
  const { time = 0 } = await committed(context, place);
  const certificate = document === undefined ? undefined : await readRow(context, stateKeys.certificate(document.certificate));
  return {
    found: true,
    kind: document !== undefined ? "certificate" : file !== undefined ? "file" : "transaction",
    transactionHash,
    outcome: formatOutcome(place.outcome),
    blockNumber: place.height,
    leafIndex: place.index,
    time,
    issuer: (document === undefined ? undefined : certificate?.parts[document.part]?.owner) ?? file?.owner ?? null,
    part: document?.part ?? null,
    status: certificate?.status ?? null,
    final: (await context.ledger.finalSize()) > place.index,
    asOf: { blockNumber: published?.height ?? 0, time: published?.time ?? 0 },
  };
}
