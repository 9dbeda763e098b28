import type { Ledger } from "@vermilion/member/ports/index";
import { ledgerBlocks } from "./ledger-blocks.ts";
import { ledgerEvidence } from "./ledger-evidence.ts";
import { ledgerPublished } from "./ledger-published.ts";
import { type MemoryTable, memoryTable } from "./table.ts";

/**
 * One chain in a table with DynamoDB's limits. The items, which the DynamoDB adapter will have as well:
 *
 * | partition            | sort key                         | content |
 * |----------------------|----------------------------------|---------|
 * | `block/<hash>`       | `header`                         | term, previous, header bytes, standing, number of chunks; written last: with it the block is there |
 * |                      | `entries/<n>`, `outcomes/<n>`, `writes/<n>`, `attachments/<n>` | chunks of 350 KB; attachments by name |
 * | `attachment/<hash>`  | `bytes`                          | at most 256 KB |
 * | `chain`              | `<height>`                       | header hash |
 * | `head`               | `head`                           | height and hash, moved with up to 50 rows of `chain` in one transaction: 51 items |
 * | `certificate`        | `<height>`                       | commit certificate |
 * | `published`          | `standing`                       | moved last, conditional on its height; `dropping` while `unpublish` runs |
 * | `state`              | `<key>`                          | value; number: height of the block that wrote it |
 * | `tile`               | `<level>/<index>`                | hashes; number: height |
 * | `leaves`             | `<first leaf>`                   | up to 256 leaf records of one block |
 * | `entry/<2 digits>`   | `<transaction hash>`             | place of the entry, spread over 256 partitions |
 * | `cosignature/<size>` | `<member>`                       | line |
 * | `final`              | `size`                           | number: final size |
 */
export function memoryLedger(table: MemoryTable = memoryTable()): Ledger {
  return { ...ledgerBlocks(table), ...ledgerPublished(table), ...ledgerEvidence(table) };
}
