import { type HeaderPayload, type Outcome, type ParsedEntry, toHex } from "@vermilion/ledger";
import { treeAfter } from "../chain/block.ts";
import { type Executing, executeEntries } from "../chain/execution.ts";
import type { Standing, StateRow, StateWrite } from "../ports/index.ts";
import type { StateReads } from "../state/loaded-state.ts";

/** What executing a stored block again gives, and where it differs from what its header says. */
export interface Replayed {
  readonly outcomes: readonly Outcome[];
  readonly writes: readonly StateWrite[];
  readonly differences: readonly string[];
}

/** Executes the entries of a stored block on the published standing `before` and compares state and root with its header. */
export async function replayBlock(
  context: Executing,
  before: Standing,
  header: HeaderPayload,
  entries: readonly ParsedEntry[],
): Promise<Replayed> {
  const block = { chain: header.chain, height: header.height, time: header.time, proposer: header.height === 0 ? "" : header.proposer };
  const executed = await executeEntries(context, { published: before, above: [] }, block, entries);
  const outcomes = executed.results.map(({ outcome }) => outcome);
  const tree = treeAfter(before, entries, outcomes, context.crypto);
  const differences: string[] = [];
  const state = tree.stateAfter(before.state, executed.writes);
  if (state !== header.state) differences.push(`state: replay gives ${state}, the header says ${header.state}`);
  const root = toHex(tree.root);
  if (root !== header.root) differences.push(`root: replay gives ${root}, the header says ${header.root}`);
  return { outcomes, writes: executed.writes, differences };
}

/** The state in memory while a ledger is read back from its bytes. */
export class ReplayState {
  readonly rows = new Map<string, StateRow>();

  readonly reads: StateReads = {
    stateRows: async (keys) => keys.flatMap((key) => this.rows.get(key) ?? []),
    stateRange: async (prefix, after, limit) =>
      [...this.rows.values()]
        .filter(({ key }) => key.startsWith(prefix) && (after === undefined || key > after))
        .sort((one, other) => (one.key < other.key ? -1 : 1))
        .slice(0, limit),
  };

  apply(writes: readonly StateWrite[], height: number): void {
    for (const { key, value } of writes) this.rows.set(key, { key, value, height });
  }
}
