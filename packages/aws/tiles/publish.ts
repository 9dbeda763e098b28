import {
  bundlePath,
  filledTiles,
  parseCheckpoint,
  parseNote,
  partialTiles,
  type TileCoordinate,
  tilePath,
  tileWidth,
} from "@vermilion/ledger";
import { hashTile, recordBundle, type TileSource } from "@vermilion/node/chain/log-tiles";
import { Fault } from "@vermilion/node/fault";
import { ensure } from "@vermilion/node/ports/limits";

/**
 * Where anybody may read from, by path. Contract: what a call has answered is durable and the next `read` sees it; a call that throws
 * (`Fault` `storage-failed`) may have happened; every call can be repeated.
 */
export interface Shelf {
  /** `version` changes with every `replace`. */
  read(path: string): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined>;
  /** Puts what never changes; what is there already stays. */
  keep(path: string, bytes: Uint8Array): Promise<void>;
  /** Puts what changes, over the `version` read; undefined: nothing may be there. `stale`: something else is there, nothing was changed. */
  replace(path: string, bytes: Uint8Array, version: string | undefined): Promise<"replaced" | "stale">;
}

export interface PublishTiles {
  readonly ledger: TileSource;
  /** The final checkpoint of a size as a note (`checkpointNote`); undefined where this member will not sign it. */
  readonly note: (size: number) => Promise<string | undefined>;
  readonly shelf: Shelf;
}

/** C2SP tlog-tiles "Checkpoints". */
const checkpointPath = "checkpoint";
/**
 * Up to which size all full tiles and bundles are on the shelf, so that a long way is not begun anew by each process that is cut off. It
 * and the checkpoint may be deleted at any time: then all is looked through once more.
 */
const progressPath = "progress.json";
/** Leaves between two marks of progress: 64 tiles and as many bundles. */
const strideLeaves = 64 * tileWidth;
const attemptsMax = 20;
const atOnce = 8;

/**
 * Brings the shelf up to the final size of the ledger: hash tiles and bundles of leaf records under the paths that the API serves them by
 * (C2SP tlog-tiles), and last the checkpoint, so that whatever a checkpoint on the shelf covers is there. No bodies. May be cut at any
 * await and run again, also by two at once: a checkpoint is never replaced by one of a smaller size. Answers the size on the shelf.
 */
export async function publishTiles({ ledger, note, shelf }: PublishTiles): Promise<number> {
  const size = await ledger.finalSize();
  const shown = await readCheckpoint(shelf);
  if (shown.size >= size) return shown.size;
  await shelveFullTiles(ledger, shelf, size);
  await shelvePartialTiles(ledger, shelf, size);
  const text = await note(size);
  return text === undefined ? shown.size : showCheckpoint(shelf, size, text);
}

async function shelveFullTiles(ledger: TileSource, shelf: Shelf, size: number): Promise<void> {
  const fullTo = size - (size % tileWidth);
  for (let from = (await readProgress(shelf)).size; from < fullTo; ) {
    const to = Math.min(fullTo, from - (from % strideLeaves) + strideLeaves);
    await inTurns(filledTiles(from, to), (tile) => shelveTile(ledger, shelf, tile));
    await markProgress(shelf, to);
    from = to;
  }
}

/** Where another has marked its own progress meanwhile, that stays: a mark that is too low only costs work. */
async function markProgress(shelf: Shelf, size: number): Promise<void> {
  const marked = await readProgress(shelf);
  if (marked.size < size) await shelf.replace(progressPath, new TextEncoder().encode(`{"size":${size}}\n`), marked.version);
}

async function shelvePartialTiles(ledger: TileSource, shelf: Shelf, size: number): Promise<void> {
  await inTurns(partialTiles(size), (tile) => shelveTile(ledger, shelf, tile));
}

/** A tile of the lowest level goes together with the bundle of the records that it hashes. */
async function shelveTile(ledger: TileSource, shelf: Shelf, tile: TileCoordinate): Promise<void> {
  const { level, index, width } = tile;
  const hashes = await hashTile(ledger, tile);
  ensure(hashes !== undefined, `the ledger lacks tile ${tilePath(level, index, width)} below its final size`);
  await shelf.keep(tilePath(level, index, width), hashes);
  if (level > 0) return;
  const records = await recordBundle(ledger, index, width);
  ensure(records !== undefined, `the ledger lacks records of bundle ${index} below its final size`);
  await shelf.keep(bundlePath(index, width), records);
}

async function showCheckpoint(shelf: Shelf, size: number, text: string): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const shown = await readCheckpoint(shelf);
    if (shown.size >= size) return shown.size;
    if ((await shelf.replace(checkpointPath, new TextEncoder().encode(text), shown.version)) === "replaced") return size;
  }
  throw new Fault("storage-failed", `the public checkpoint was replaced by others ${attemptsMax} times`);
}

interface Shown {
  readonly size: number;
  readonly version: string | undefined;
}

async function readCheckpoint(shelf: Shelf): Promise<Shown> {
  const found = await shelf.read(checkpointPath);
  const note = found === undefined ? undefined : parseNote(found.bytes);
  const checkpoint = note === undefined || "refused" in note ? undefined : parseCheckpoint(note.text);
  return { size: checkpoint?.size ?? 0, version: found?.version };
}

async function readProgress(shelf: Shelf): Promise<Shown> {
  const found = await shelf.read(progressPath);
  const [, size] = /^\{"size":(0|[1-9][0-9]{0,15})\}\n$/.exec(found === undefined ? "" : new TextDecoder().decode(found.bytes)) ?? [];
  return { size: Number(size ?? 0), version: found?.version };
}

async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += atOnce) await Promise.all(items.slice(at, at + atOnce).map(work));
}
