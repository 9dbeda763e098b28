import type { Crypto, ParsedEntry, PublicJwk } from "@vermilion/ledger";
import { Fault } from "../fault.ts";
import type { BlockContext, Ran, Rules } from "../rules.ts";
import type { Base } from "../state/loaded-state.ts";
import { LoadedState, type StateReads } from "../state/loaded-state.ts";

/** What executing needs: the same for a live block, a rebuild and a check of stored bytes. */
export interface Executing {
  readonly ledger: StateReads;
  readonly crypto: Crypto;
  readonly rules: Rules;
}

/** Entries that are run ahead of a block of more. */
const firstsMax = 16;

/**
 * Runs entries in order over `base`. Throws `Fault` `stale-turn` when the stored state has moved on, `upgrade-needed` when the rules in
 * force are not known here.
 */
export async function executeEntries(context: Executing, base: Base, block: BlockContext, entries: readonly ParsedEntry[]): Promise<Ran> {
  const state = LoadedState.on(context.ledger, base);
  await state.loadKeys(entries.flatMap((entry) => context.rules.keysOf(entry)));
  // What the entries miss is mostly the same for all that do the same in one name, so the first of each find it out for the others.
  if (entries.length > firstsMax) await run(context, state, block, firstOfEach(entries).slice(0, firstsMax));
  const ran = await run(context, state, block, entries);
  if ("results" in ran) return ran;
  throw new Fault("upgrade-needed", `rules of contract ${ran.contract} in version ${ran.version} are not known to this software`);
}

function run({ rules, crypto }: Executing, state: LoadedState, block: BlockContext, entries: readonly ParsedEntry[]) {
  return state.ask((rows) => rules.run(rows, block, entries, crypto));
}

/** The first entry of each author and kind of operation. */
function firstOfEach(entries: readonly ParsedEntry[]): readonly ParsedEntry[] {
  const firsts = new Map<string, ParsedEntry>();
  for (const entry of entries) {
    const { operations, signers } = entry.payload;
    const name = `${signers[0]} ${operations.map(({ contract, operation }) => `${contract}.${operation}`).join(" ")}`;
    if (!firsts.has(name)) firsts.set(name, entry);
  }
  return [...firsts.values()];
}

/** Keys registered in the state of `base`, by thumbprint: what signatures of the next block are checked against. */
export async function registeredKeys(
  { ledger, rules }: Executing,
  base: Base,
  thumbprints: Iterable<string>,
): Promise<ReadonlyMap<string, PublicJwk>> {
  const wanted = [...new Set(thumbprints)];
  return LoadedState.on(ledger, base).ask((rows) => rules.signingKeys(rows, wanted));
}
