import { readdirSync, readFileSync } from "node:fs";
import { nameOf, operations } from "@vermilion/contracts";
import { emptyState, formatOutcome, type ParsedEntry, parseEntry, parseHeader, utf8 } from "@vermilion/ledger";
import { chainRules } from "@vermilion/member/rules";
import { ReplayState, replayBlock } from "@vermilion/node/audit/replay";
import { emptyStanding, treeAfter } from "@vermilion/node/chain/block";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { expect, test } from "vitest";

const folder = new URL("../vectors/recorded/", import.meta.url);

interface Recorded {
  readonly blocks: readonly { readonly header: string; readonly entries: readonly string[]; readonly outcomes: readonly string[] }[];
  readonly after: { readonly state: string };
}

function parsed(entry: string): ParsedEntry {
  const result = parseEntry(utf8(entry), nativeCrypto);
  if ("refused" in result) throw new Error(result.refused);
  return result;
}

/** Every operation of the rules version, applied and refused: what was once decided is decided so for ever. */
test.each(readdirSync(folder).filter((name) => name.endsWith(".json")))(
  "recorded ledger %s replays to the same state hash",
  async (name) => {
    const recorded: Recorded = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
    const state = new ReplayState();
    const applied = new Set<string>();
    let standing = emptyStanding(emptyState(nativeCrypto));
    for (const block of recorded.blocks) {
      const header = parseHeader(utf8(block.header), nativeCrypto);
      if ("refused" in header) throw new Error(header.refused);
      const entries = block.entries.map(parsed);
      const replayed = await replayBlock(
        { ledger: state.reads, crypto: nativeCrypto, rules: chainRules },
        standing,
        header.payload,
        entries,
      );
      expect(replayed.differences).toEqual([]);
      expect(replayed.outcomes.map(formatOutcome)).toEqual(block.outcomes);
      for (const [at, { payload }] of entries.entries())
        if (block.outcomes[at] === "applied") for (const call of payload.operations) applied.add(nameOf(call));
      state.apply(replayed.writes, header.payload.height);
      standing = treeAfter(standing, entries, replayed.outcomes, nativeCrypto).standing(header.bytes, header.payload);
    }
    expect(standing).toEqual(recorded.after);
    // Rows of later versions are recorded with them.
    expect([...applied].sort()).toEqual([...new Set(operations.map(nameOf))].sort());
  },
);
