import type { Json, Outcome } from "@vermilion/ledger";

/** One row of a block's write set: the absolute value after the block, null where the key was deleted. */
export type StateWrite = {
  readonly key: string;
  readonly value: Json | null;
};

/** A state row as stored: `height` names the block that wrote it. A deleted key keeps its row with a null value. */
export type StateRow = StateWrite & { readonly height: number };

/** The tree and the state after a block: what executing the next block starts from. */
export type Standing = {
  readonly height: number;
  /** Header hash, hex. */
  readonly hash: string;
  /** Leaves in the tree, the block's header included. */
  readonly size: number;
  /** Right edge of the tree (`Frontier` of the ledger package), hex, highest subtree first. */
  readonly edge: readonly string[];
  /** Rolling state hash, hex. */
  readonly state: string;
  /** Header time, ms since 1970. */
  readonly time: number;
};

/** Bytes that travel beside an entry to every member of the chain, named by their SHA-256 (hex). */
export interface Attachment {
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/** A block with what its execution gave; stored once under its header hash, committed or not. */
export interface ExecutedBlock {
  readonly term: number;
  readonly previous: string;
  readonly header: Uint8Array;
  readonly entries: readonly Uint8Array[];
  /** One an entry. */
  readonly outcomes: readonly Outcome[];
  /** Attachments without an audience, each once. */
  readonly attachments: readonly Attachment[];
  readonly writes: readonly StateWrite[];
  readonly after: Standing;
}

export interface TileData {
  readonly level: number;
  readonly index: number;
  /** 1–256 hashes of 32 bytes. */
  readonly hashes: Uint8Array;
}

/** Where an entry stands: block height, place in the block, leaf index in the tree. */
export interface EntryPlace {
  readonly transactionHash: string;
  readonly entryHash: string;
  readonly height: number;
  readonly position: number;
  readonly index: number;
  readonly outcome: Outcome;
}

export type BlockPosition = Pick<EntryPlace, "height" | "position">;

/** What the entry at `position` of a block can be found by beside its transaction hash: SHA-256 hashes, 32 bytes each, one after the other. */
export interface EntryNames {
  readonly position: number;
  readonly hashes: Uint8Array;
}

/** Everything that a committed block adds to what is derived from the blocks. */
export interface Publication {
  readonly standing: Standing;
  readonly writes: readonly StateWrite[];
  /** Right-edge tiles that the block's leaves changed or filled. */
  readonly tiles: readonly TileData[];
  /** Leaf records of the block in order, entries then header, from leaf index `first`. */
  readonly first: number;
  readonly leafRecords: readonly Uint8Array[];
  readonly entries: readonly EntryPlace[];
  /** Ascending by position, of entries that have any. */
  readonly names: readonly EntryNames[];
}

/** What may be read of one member's copy of one chain. Reads go on working where the store takes no more writes. */
export interface LedgerReads {
  readBlock(hash: string): Promise<ExecutedBlock | undefined>;
  /** The last committed block, undefined before genesis. */
  head(): Promise<{ readonly height: number; readonly hash: string } | undefined>;
  /** Undefined for a height that was committed by the certificate of a later block. */
  certificate(height: number): Promise<Uint8Array | undefined>;
  /** Header hashes of committed blocks `from`, `from+1` … (at most `limit`, at most 1,000). */
  hashesFrom(from: number, limit: number): Promise<readonly string[]>;

  /** The standing whose state rows, tiles and indexes are all there; undefined before genesis is published. */
  published(): Promise<Standing | undefined>;
  /** Rows of at most 1,000 keys; absent keys have no row. A row may be newer than the published standing: compare its height. */
  stateRows(keys: readonly string[]): Promise<readonly StateRow[]>;
  /** Rows whose key starts with `prefix` and comes after `after` (byte order, exclusive), deleted ones included, at most `limit` ≤ 1,000. */
  stateRange(prefix: string, after: string | undefined, limit: number): Promise<readonly StateRow[]>;
  /** As `stateRange`, from the end backwards: keys before `before`, descending. */
  stateRangeBackward(prefix: string, before: string | undefined, limit: number): Promise<readonly StateRow[]>;
  /** Tiles by coordinates, in the order asked, each as wide as it is stored; undefined where there is none. */
  tiles(wanted: readonly { readonly level: number; readonly index: number }[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Leaf records from leaf index `first`, at most 256. */
  leafRecords(first: number, count: number): Promise<readonly Uint8Array[]>;
  entryPlace(transactionHash: string): Promise<EntryPlace | undefined>;
  /** The same for at most 1,000 entries, in the order asked. */
  entryPlaces(transactionHashes: readonly string[]): Promise<readonly (EntryPlace | undefined)[]>;

  /**
   * Of at most 1,000 names (hex), in the order asked: where entries stand that have the name, in the order of the chain, the first 16. An
   * adapter may keep the first 8 bytes of a name alone: an answer is where to look, and not yet that it is there.
   */
  named(hashes: readonly string[]): Promise<readonly (readonly BlockPosition[])[]>;

  /** An attachment of a saved block: for all members of the chain. */
  attachment(sha256: string): Promise<Uint8Array | undefined>;
  /** An attachment with an audience. */
  sealed(sha256: string): Promise<Uint8Array | undefined>;

  /** Cosignature lines held for `size`, by member. */
  cosignatures(size: number): Promise<ReadonlyMap<string, string>>;
  /** The largest tree that holds its quorum of cosignatures; 0 before the first. */
  finalSize(): Promise<number>;
}

/**
 * One member's copy of one chain. Contract, the same for every adapter:
 *
 * - What a call has answered is durable. A call that throws may have happened; every call can be repeated with the same arguments.
 * - A power cut may undo the last calls of `publish`, `unpublish`, `saveCosignature` and `raiseFinal`, as if it had come before them: what
 *   they write can be made again. It undoes none that was followed by another answered write, and a killed process undoes nothing.
 * - Blocks are insert-only under their header hash; the head moves by compare-and-set; only then is a block published.
 * - `publish` is idempotent and may be cut anywhere: state rows and tiles are replaced only by those of a higher block, and the
 *   published standing moves last, from the block before to this one.
 * - No adapter call exceeds 100 items or 4 MB in one transaction, nor 400 KB an item, at whatever cost in number of calls.
 * - Throws `Fault` `storage-full`, `storage-read-only` or `storage-failed`; reads go on working after the first two.
 */
export interface Ledger extends LedgerReads {
  /** Stores a block under its header hash (`after.hash`). Storing it again is no change. */
  saveBlock(block: ExecutedBlock): Promise<void>;
  /**
   * Moves the head over `steps` (ascending, contiguous, at most 50), whose first stands on `expected` (null: the ledger is empty).
   * `stale`: the head is not `expected`; nothing was changed.
   */
  moveHead(expected: string | null, steps: readonly { readonly height: number; readonly hash: string }[]): Promise<"moved" | "stale">;
  /** Keeps the commit certificate of the block at `height` (bytes, at most 64 KB). Saving it again is no change. */
  saveCertificate(height: number, certificate: Uint8Array): Promise<void>;

  /** Publishes the block after the published one. A block at or below it is no change; one further above throws a bug. */
  publish(publication: Publication): Promise<void>;
  /** Drops everything derived (state rows, tiles, leaf records, indexes of entries and names, published standing); blocks and head stay. */
  unpublish(): Promise<void>;

  /** Stores an attachment with an audience (this member among it or its author), apart from those for all. Repeating is no change. */
  saveSealed(attachment: Attachment): Promise<void>;

  /** Keeps a cosignature line (note signature line, without newline) of `member` for the committed `size`. Repeating replaces. */
  saveCosignature(size: number, member: string, line: string): Promise<void>;
  /** Raises the final size (quorum of cosignatures held); a lower one is no change. */
  raiseFinal(size: number): Promise<void>;
}
