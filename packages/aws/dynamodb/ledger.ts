import type { Ledger } from "@vermilion/node/ports/index";
import { chainTable } from "./chain-table.ts";
import { ledgerAttachments, ledgerBlocks } from "./ledger-blocks.ts";
import { ledgerEvidence } from "./ledger-evidence.ts";
import { ledgerNames } from "./ledger-names.ts";
import { ledgerPublished } from "./ledger-published.ts";
import { ledgerState } from "./ledger-state.ts";
import { ledgerTree } from "./ledger-tree.ts";
import type { Table } from "./table.ts";

export interface LedgerTables {
  /** Chain id, hex. */
  readonly chain: string;
  readonly ledger: Table;
  /** What only this member may read; a process that is not given it has no sealed attachments. */
  readonly records?: Table;
}

/**
 * One chain. Its items; each partition key stands behind the id of the chain and a slash (`chain-table.ts`):
 *
 * | partition            | sort key                | content |
 * |----------------------|-------------------------|---------|
 * | `block/<hash>`       | `block`                 | blob: facts, header, entries, deflated; its first 350 KB, mostly all: written last, with it the block is there |
 * |                      | `block/<digest>/<n>`    | what does not fit into the first item, 350 KB each |
 * | `attachment/<hash>`  | `bytes`                 | at most 256 KB, written before the block |
 * | `chain`              | `<height>`              | header hash |
 * | `head`               | `head`                  | height and hash, moved with up to 50 rows of `chain` in one transaction: 51 items |
 * | `certificate`        | `<height>`              | commit certificate |
 * | `published`          | `standing`              | moved last, conditional on its height; `dropping` while `unpublish` runs |
 * | `state/<segment>`    | `<key>`                 | value; number: height of the block that wrote it. Segment: the key before its first slash, empty where it has none |
 * | `segments`           | `<segment>/`            | which segments there are, so that a range over several of them is exact; never removed |
 * | `tile/<level>`       | `<index>`               | hashes; number: height |
 * | `leaves`             | `<first leaf>`          | up to 256 leaf records of one block |
 * | `entry/<2 digits>`   | `<transaction hash>`    | place of the entry, spread over 256 partitions |
 * | `name/<2 digits>`    | `<16 digits>/<height>/<position>` | nothing: a hash by which an entry is found, as the digests of a deposit; 25 a request |
 * | `cosignature/<size>` | `<member>`              | line |
 * | `final`              | `final-size`            | number: final size; the stream to `tiles` is filtered on this sort key, which no other item has |
 * | `sealed/<hash>`      | `bytes`                 | in the table `records`, which no function for the public can read |
 *
 * What caps a chain. DynamoDB takes 1,000 write units (1 KB each) a second under one partition key; a transaction counts twice. It may
 * split a partition whose sort keys spread, so these are floors. A block is B entries, each with R state rows of one segment.
 *
 * | partition       | units                                                        | at B = 1       | at B = 100        |
 * |-----------------|--------------------------------------------------------------|----------------|-------------------|
 * | `head`, `chain` | 2 a block each (transaction)                                 | 500 blocks/s   | 50,000 entries/s  |
 * | `published`     | 1 a block                                                    | 1,000 blocks/s | 100,000 entries/s |
 * | `certificate`   | 2 a block (of four members: about 1.5 KB)                    | 500 blocks/s   | 50,000 entries/s  |
 * | `tile/0`        | 1 to 9 a block: the tile at the right edge, 32 bytes a leaf  | 110 blocks/s   | 11,000 entries/s  |
 * | `leaves`        | 1 KB for 9 records                                           | 1,000 blocks/s | 9,000 entries/s   |
 * | `name/<2 digits>` | 1 a digest, spread over 256 partitions                     | 256,000 digests/s | 256,000 digests/s |
 * | `state/<one>`   | R an entry, where a row has up to 1 KB                       | 1,000/R        | 1,000/R entries/s |
 *
 * So the busiest kind of state row is the cap: 1,000 entries/s where an entry writes one row of each kind. Raft and signing, one block
 * after the other, are slower by far.
 */
export function dynamoLedger(tables: LedgerTables): Ledger {
  const ledger = chainTable(tables.ledger, tables.chain);
  const records = tables.records === undefined ? undefined : chainTable(tables.records, tables.chain);
  return {
    ...ledgerBlocks(ledger),
    ...ledgerAttachments(ledger, records),
    ...ledgerPublished(ledger),
    ...ledgerState(ledger),
    ...ledgerTree(ledger),
    ...ledgerNames(ledger),
    ...ledgerEvidence(ledger),
  };
}
