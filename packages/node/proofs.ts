import { checkpointNote, loadTiles, receiptAt, rootAt } from "./chain/finality.ts";
import { hashTile, recordBundle } from "./chain/log-tiles.ts";
import type { ReadingContext } from "./context.ts";

/** What a node can prove of its chain; sizes are those of trees that it has published. */
export interface Proofs {
  /** The checkpoint of `size` as a note, with every cosignature held. Undefined where the size is not this member's to sign for. */
  checkpoint(size: number): Promise<string | undefined>;
  /** The tlog-proof of the leaf at `index` in the tree of `size` leaves, with a quorum of cosignatures where it is held. */
  receiptAt(index: number, size: number): Promise<string | undefined>;
  rootAt(size: number): Promise<Uint8Array>;
  /** Tiles by their keys, to prove from. */
  tiles: OmitContext<typeof loadTiles>;
  /** C2SP tlog-tiles, whether final or not. */
  hashTile: OmitContext<typeof hashTile>;
  recordBundle: OmitContext<typeof recordBundle>;
}

type OmitContext<Of> = Of extends (context: never, ...given: infer Given) => infer Answer ? (...given: Given) => Answer : never;

export function createProofs(context: ReadingContext): Proofs {
  return {
    checkpoint: (size) => checkpointNote(context, size),
    receiptAt: (index, size) => receiptAt(context, index, size),
    rootAt: (size) => rootAt(context, size),
    tiles: (wanted) => loadTiles(context, wanted),
    hashTile: (coordinate) => hashTile(context.ledger, coordinate),
    recordBundle: (index, width) => recordBundle(context.ledger, index, width),
  };
}
