import { type ParsedEntry, toHex } from "@vermilion/ledger";
import type { EntryNames, ExecutedBlock, Ledger } from "../ports/index.ts";
import { storageLimits } from "../ports/limits.ts";
import type { Rules } from "../rules.ts";

const nameBytes = 32;

/** What the applied entries of a block can be found by, as the rules say. */
export function namesIn(rules: Pick<Rules, "namesOf">, block: ExecutedBlock, entries: readonly ParsedEntry[]): readonly EntryNames[] {
  const bodies = new Map(block.attachments.map(({ sha256, bytes }) => [sha256, bytes]));
  return entries.flatMap((entry, position) => {
    if (block.outcomes[position]?.kind !== "applied") return [];
    const hashes = rules.namesOf(entry, (sha256) => bodies.get(sha256));
    return hashes.length === 0 ? [] : [{ position, hashes }];
  });
}

/** For `fsck`: whether the index leads from each of these names to its entry. Answers those that it does not know. */
export async function missingNames(
  ledger: Pick<Ledger, "named">,
  height: number,
  names: readonly EntryNames[],
): Promise<readonly { readonly position: number; readonly name: string }[]> {
  const all = names.flatMap(({ position, hashes }) =>
    Array.from({ length: hashes.length / nameBytes }, (_, at) => ({
      position,
      name: toHex(hashes.subarray(at * nameBytes, (at + 1) * nameBytes)),
    })),
  );
  const missing: (typeof all)[number][] = [];
  for (let start = 0; start < all.length; start += storageLimits.namesMax) {
    const some = all.slice(start, start + storageLimits.namesMax);
    const found = await ledger.named(some.map(({ name }) => name));
    missing.push(
      ...some.filter(({ position }, at) => {
        const positions = found[at] ?? [];
        // Of one that stands very often only the first are told.
        const isFull = positions.length === storageLimits.positionsOfNameMax;
        return !isFull && !positions.some((one) => one.height === height && one.position === position);
      }),
    );
  }
  return missing;
}
