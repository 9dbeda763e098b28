import type { BlockPosition, EntryNames, Ledger } from "@vermilion/node/ports/index";
import { checkCount, checkHash, storageLimits } from "@vermilion/node/ports/limits";
import { digits, eachOf, end, putAll, queryAll } from "./items.ts";
import type { Item, Key, Table } from "./table.ts";

const nameBytes = 32;
/** Of a name in a sort key, hex: whoever asks looks whether it is the very one. */
const keyDigits = 16;
const nothing = new Uint8Array(0);

/** One item a name. It says all by its key, so that writing it again is no change and needs no condition. */
export function ledgerNames(table: Table): Pick<Ledger, "named"> {
  return {
    async named(hashes) {
      checkCount("number of names", hashes.length, storageLimits.namesMax);
      for (const hash of hashes) checkHash(hash);
      return eachOf(hashes, async (hash) => {
        const prefix = `${hash.slice(0, keyDigits)}/`;
        const limit = storageLimits.positionsOfNameMax;
        return (await queryAll(table, partitionOf(hash), { from: prefix, to: end(prefix), limit })).map(positionOf);
      });
    },
  };
}

export async function writeNames(table: Table, height: number, names: readonly EntryNames[]): Promise<void> {
  const items = new Map<string, Item>();
  for (const { position, hashes } of names)
    for (let start = 0; start < hashes.length; start += nameBytes) {
      const hash = Buffer.from(hashes.buffer, hashes.byteOffset + start, nameBytes).toString("hex");
      const sort = `${hash.slice(0, keyDigits)}/${digits(height)}/${digits(position)}`;
      items.set(sort, { partition: partitionOf(hash), sort, bytes: nothing });
    }
  await putAll(table, [...items.values()]);
}

export function namePartitions(): readonly string[] {
  return Array.from({ length: 256 }, (_, number) => partitionOf(number.toString(16).padStart(2, "0")));
}

function partitionOf(hash: string): string {
  return `name/${hash.slice(0, 2)}`;
}

function positionOf({ sort }: Key): BlockPosition {
  const [, height, position] = sort.split("/").map(Number);
  return { height: height ?? 0, position: position ?? 0 };
}
