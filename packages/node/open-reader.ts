import { originOf, thumbprint } from "@vermilion/ledger";
import type { ChainFacts, NodeConfig, ReadingContext, ReadingPlatform } from "./context.ts";
import { Notifier } from "./driver/notifier.ts";
import { checkGenesis, type Genesis } from "./founding/genesis.ts";
import { type NodeHealth, nodeHealth } from "./health.ts";
import type { LedgerReads } from "./ports/index.ts";
import { createProofs, type Proofs } from "./proofs.ts";
import { createReads, type Reads } from "./read.ts";
import { Memberships } from "./state/memberships.ts";
import { firstState } from "./turns/raft-memory.ts";

/** What a node knows of its chain and can prove, for a process that takes no turn and stores nothing. */
export interface NodeReader {
  readonly facts: ChainFacts;
  /** Blocks, rows and leaves as they are stored here. */
  readonly ledger: LedgerReads;
  readonly read: Reads;
  readonly proofs: Proofs;
  health(): Promise<NodeHealth>;
}

/** Opens a chain to read. Throws an Error with one sentence where the genesis does not hold. */
export function openReader(platform: ReadingPlatform, config: NodeConfig): NodeReader {
  const genesis = genesisOf(platform, config);
  const facts = factsOf(platform, config, genesis);
  const { ledger, raftStore, rules, clock } = platform;
  const context: ReadingContext = { ...platform, ...facts, memberships: new Memberships(ledger, rules, genesis.membership) };
  return {
    facts,
    ledger,
    read: createReads(context, { clock, moved: new Notifier(), isClosed: false }),
    proofs: createProofs(context),
    health: async () => nodeHealth(context, (await raftStore.load()).state ?? (await firstState(context)), { kind: "ok" }),
  };
}

export function genesisOf({ crypto, rules }: Pick<ReadingPlatform, "crypto" | "rules">, { genesis }: NodeConfig): Genesis {
  const checked = checkGenesis(genesis, crypto, rules);
  if ("refused" in checked) throw new Error(`genesis: ${checked.detail}`);
  return checked;
}

export function factsOf({ crypto, keys }: Pick<ReadingPlatform, "crypto" | "keys">, { member }: NodeConfig, genesis: Genesis): ChainFacts {
  const self = genesis.membership.members.get(member);
  if (self === undefined) throw new Error(`genesis: ${member} is not a member of this consortium`);
  const signThumbprint = thumbprint(keys.public.sign, crypto);
  if (signThumbprint !== thumbprint(self.keys.sign, crypto)) throw new Error(`genesis: the keys here are not those of ${member}`);
  const { founding, chain } = genesis;
  return { member, chain, consortium: founding.name, origin: originOf(founding.name, chain), signThumbprint };
}
