import {
  appendLeaf,
  appendLeaves,
  type Crypto,
  emptyFrontier,
  type Frontier,
  frontierRoot,
  type HeaderPayload,
  headerHash,
  leafHash,
  leafRecord,
  type Outcome,
  type ParsedEntry,
  rollState,
  sizeAfter,
} from "@vermilion/ledger";
import type { KnownEntries } from "../entries/known-entries.ts";
import type { ExecutedBlock, Ledger, Standing, StateWrite } from "../ports/index.ts";
import { storageLimits, valueText } from "../ports/limits.ts";
import type { Base } from "../state/loaded-state.ts";

/** Entries and attachments of a block together (design, section 6). */
export const blockBytesMax = 4_000_000;

export const emptyStanding = (state: string): Standing => ({ height: -1, hash: "", size: 0, edge: [], state, time: 0 });

/** The tree and the standing after entries with these outcomes; what a proposer writes into a header and a follower compares with it. */
export function treeAfter(before: Standing, entries: readonly ParsedEntry[], outcomes: readonly Outcome[], crypto: Crypto) {
  const leaves = entries.map((entry, place) => leafHash(entryRecord(entry.entryHash, outcomeAt(outcomes, place)), crypto));
  const frontier = appendLeaves(frontierOf(before), leaves, crypto);
  const root = frontierRoot(frontier, crypto);
  return {
    root,
    stateAfter: (state: string, writes: readonly StateWrite[]): string =>
      rollState(
        state,
        writes.map(({ key, value }) => [key, value] as const),
        crypto,
        valueText,
      ),
    standing: (header: Uint8Array, payload: HeaderPayload): Standing => {
      const hash = headerHash(header, crypto);
      const whole = appendLeaf(frontier, leafHash(headerRecord(hash), crypto), crypto);
      return {
        height: payload.height,
        hash,
        size: sizeAfter(payload),
        edge: whole.hashes,
        state: payload.state,
        time: payload.time,
      };
    },
  };
}

export function frontierOf(standing: Standing): Frontier {
  return standing.size === 0 ? emptyFrontier : { size: standing.size, hashes: standing.edge };
}

/** A block has one outcome an entry. */
export function outcomeAt(outcomes: readonly Outcome[], position: number): Outcome {
  const outcome = outcomes[position];
  if (outcome === undefined) throw new Error(`bug: no outcome of entry ${position}`);
  return outcome;
}

export function entryRecord(entryHash: string, outcome: Outcome): Uint8Array {
  return leafRecord({ kind: "entry", outcome, sha256: entryHash });
}

export function headerRecord(hash: string): Uint8Array {
  return leafRecord({ kind: "header", sha256: hash });
}

/** Transaction hashes in the blocks above the published standing. */
export function chainTransactions(base: Base, known: KnownEntries): ReadonlySet<string> {
  return new Set(base.above.flatMap((block) => parsedEntries(block, known)).map((entry) => entry.transactionHash));
}

/** Transaction hashes of those entries that stand on the published chain. */
export async function committedAmong(
  ledger: Pick<Ledger, "entryPlaces">,
  entries: readonly { readonly transactionHash: string }[],
): Promise<ReadonlySet<string>> {
  const committed = new Set<string>();
  for (let start = 0; start < entries.length; start += storageLimits.entryPlacesMax) {
    const some = entries.slice(start, start + storageLimits.entryPlacesMax).map(({ transactionHash }) => transactionHash);
    for (const place of await ledger.entryPlaces(some)) if (place !== undefined) committed.add(place.transactionHash);
  }
  return committed;
}

/** Entries of a saved block; they were parsed before they were saved. */
export function parsedEntries(block: Pick<ExecutedBlock, "entries">, known: KnownEntries): readonly ParsedEntry[] {
  return block.entries.map((bytes) => {
    const entry = known.parse(bytes);
    if ("refused" in entry) throw new Error(`bug: a saved entry is ${entry.refused}`);
    return entry;
  });
}
