import type { BlockPosition, EntryNames, Ledger } from "@vermilion/node/ports/index";
import { checkCount, checkHash, storageLimits } from "@vermilion/node/ports/limits";
import type { ChainDatabase } from "./database.ts";
import { bytesOf, numberOf } from "./rows.ts";

/**
 * The index of names. Names are hashes, which fall anywhere: one row a name would write a page of 4 KB for each. So the names of a block
 * become a segment of their own, cut into buckets by their first bits, and sixteen segments of like size become one; a name is rewritten
 * four times at most, in long runs, and a question reads one bucket a segment (a log-structured merge tree, O'Neil et al. 1996).
 */

/** A name in a bucket: its first 8 bytes, then height (5) and position (3), big endian. */
const nameBytes = 32;
const rowBytes = 16;
const keyBytes = 8;
const heightBytes = 5;
const positionBytes = 3;

/** Segments of one class that become one of the next. */
const mergedAtOnce = 16;
/** A segment of class c has 16^c names or more, and fewer than 16^(c+1). From this class on it stays as it is: a merge must not hold the member up. */
const classMax = 4;
const bucketNames = 256;
const bucketBitsMax = 12;
const bucketsMax = 2 ** bucketBitsMax;
const ofSegment = `name_buckets.id >= name_segments.id * ${bucketsMax} AND name_buckets.id < (name_segments.id + 1) * ${bucketsMax}`;

export interface NameIndex {
  /** Within the transaction that publishes the block. */
  add(height: number, names: readonly EntryNames[]): void;
  readonly named: Ledger["named"];
}

export function nameIndex(database: ChainDatabase): NameIndex {
  const insertSegment = database.prepare("INSERT INTO name_segments (class, bits) VALUES (?, ?)");
  const insertBucket = database.prepare("INSERT INTO name_buckets (id, names) VALUES (?, ?)");
  const countOfClass = database.prepare("SELECT count(*) AS count FROM name_segments WHERE class = ?");
  const bucketsOfClass = database.prepare(
    `SELECT names FROM name_segments CROSS JOIN name_buckets ON ${ofSegment} WHERE class = ? ORDER BY name_segments.id`,
  );
  const dropBuckets = database.prepare(
    `DELETE FROM name_buckets WHERE id IN (SELECT name_buckets.id FROM name_segments CROSS JOIN name_buckets ON ${ofSegment} WHERE class = ?)`,
  );
  const dropSegments = database.prepare("DELETE FROM name_segments WHERE class = ?");
  const selectBuckets = database.prepare(
    `SELECT names FROM name_segments CROSS JOIN name_buckets
     ON name_buckets.id = name_segments.id * ${bucketsMax} + (?1 >> (${bucketBitsMax} - bits))`,
  );

  /** Answers the class of the new segment. */
  function write(rows: Uint8Array): number {
    const count = rows.length / rowBytes;
    const sizeClass = Math.min(classMax, Math.floor(Math.log2(count) / Math.log2(mergedAtOnce)));
    const bits = Math.min(bucketBitsMax, Math.max(0, Math.ceil(Math.log2(count / bucketNames))));
    const segment = Number(insertSegment.run(sizeClass, bits).lastInsertRowid);
    for (const [bucket, names] of bucketsOf(rows, bits)) insertBucket.run(segment * bucketsMax + bucket, names);
    return sizeClass;
  }

  function mergeIfMany(sizeClass: number): void {
    const row = countOfClass.get(sizeClass);
    if (sizeClass >= classMax || row === undefined || numberOf(row, "count") < mergedAtOnce) return;
    const rows = Buffer.concat(bucketsOfClass.all(sizeClass).map((bucket) => bytesOf(bucket, "names")));
    dropBuckets.run(sizeClass);
    dropSegments.run(sizeClass);
    mergeIfMany(write(rows));
  }

  function find(hash: Buffer): readonly BlockPosition[] {
    const found = selectBuckets
      .all(hash.readUInt16BE(0) >> (16 - bucketBitsMax))
      .flatMap((row) => positionsIn(Buffer.from(bytesOf(row, "names")), hash));
    // Segments do not stand in the order of the chain.
    const ordered = found.sort((one, other) => one.height - other.height || one.position - other.position);
    const different = ordered.filter(({ height, position }, at) => {
      const before = ordered[at - 1];
      return before?.height !== height || before.position !== position;
    });
    return different.slice(0, storageLimits.positionsOfNameMax);
  }

  return {
    add(height, names) {
      const rows = rowsOf(height, names);
      if (rows.length > 0) mergeIfMany(write(rows));
    },

    async named(hashes) {
      checkCount("number of names", hashes.length, storageLimits.namesMax);
      for (const hash of hashes) checkHash(hash);
      return database.read(() => hashes.map((hash) => find(Buffer.from(hash, "hex"))));
    },
  };
}

function rowsOf(height: number, names: readonly EntryNames[]): Uint8Array {
  const rows = Buffer.alloc((names.reduce((sum, { hashes }) => sum + hashes.length, 0) / nameBytes) * rowBytes);
  let at = 0;
  for (const { position, hashes } of names)
    for (let start = 0; start < hashes.length; start += nameBytes, at += rowBytes) {
      rows.set(hashes.subarray(start, start + keyBytes), at);
      rows.writeUIntBE(height, at + keyBytes, heightBytes);
      rows.writeUIntBE(position, at + keyBytes + heightBytes, positionBytes);
    }
  return rows;
}

/** The rows by the first `bits` of their names; buckets without any are left out. */
function bucketsOf(rows: Uint8Array, bits: number): ReadonlyMap<number, Uint8Array> {
  if (bits === 0) return new Map([[0, rows]]);
  const bucketOf = (at: number) => (((rows[at] ?? 0) << 8) | (rows[at + 1] ?? 0)) >> (16 - bits);
  const ends = new Uint32Array(2 ** bits);
  for (let at = 0; at < rows.length; at += rowBytes) ends[bucketOf(at)] = (ends[bucketOf(at)] ?? 0) + rowBytes;
  for (let bucket = 1; bucket < ends.length; bucket++) ends[bucket] = (ends[bucket] ?? 0) + (ends[bucket - 1] ?? 0);
  const sorted = new Uint8Array(rows.length);
  const next = Uint32Array.from(ends, (_end, bucket) => ends[bucket - 1] ?? 0);
  for (let at = 0; at < rows.length; at += rowBytes) {
    const bucket = bucketOf(at);
    const to = next[bucket] ?? 0;
    sorted.set(rows.subarray(at, at + rowBytes), to);
    next[bucket] = to + rowBytes;
  }
  const buckets = [...ends].map((end, bucket) => [bucket, sorted.subarray(ends[bucket - 1] ?? 0, end)] as const);
  return new Map(buckets.filter(([, names]) => names.length > 0));
}

function positionsIn(names: Buffer, hash: Buffer): BlockPosition[] {
  const [high, low] = [hash.readUInt32BE(0), hash.readUInt32BE(4)];
  const found: BlockPosition[] = [];
  for (let at = 0; at + rowBytes <= names.length; at += rowBytes) {
    if (names.readUInt32BE(at) !== high || names.readUInt32BE(at + 4) !== low) continue;
    const height = names.readUIntBE(at + keyBytes, heightBytes);
    found.push({ height, position: names.readUIntBE(at + keyBytes + heightBytes, positionBytes) });
  }
  return found;
}
