import type { KnownEntries } from "./entries/known-entries.ts";
import type { Clock, HostCrypto, Keys, Ledger, Log, Pace, Peers, RaftStore, Random } from "./ports/index.ts";
import type { ChainMember, Rules } from "./rules.ts";

/** Everything a node needs of its platform, built in one short place per platform. */
export interface NodePlatform {
  readonly crypto: HostCrypto;
  readonly ledger: Ledger;
  readonly raftStore: RaftStore;
  readonly keys: Keys;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly pace: Pace;
  readonly rules: Rules;
}

/** Height 0 as the founders signed it: the same bytes on every member. */
export interface GenesisFile {
  readonly version: 1;
  /** Stored bytes of the genesis entry, a JSON text. */
  readonly entry: string;
  /** Stored bytes of the header of height 0, a JSON text. */
  readonly header: string;
}

export interface NodeConfig {
  readonly member: string;
  readonly genesis: GenesisFile;
}

/** The platform plus the facts of the chain that never change; the first argument of what a node does. */
export interface NodeContext extends NodePlatform {
  readonly member: string;
  /** Chain id, hex. */
  readonly chain: string;
  /** Consortium name: first half of the origin and of issuer names. */
  readonly consortium: string;
  /** Checkpoint origin. */
  readonly origin: string;
  readonly quorum: number;
  readonly policyText: string;
  /** In the order of the genesis. */
  readonly founders: ReadonlyMap<string, ChainMember>;
  readonly signThumbprint: string;
  /** The entries that this process has in its hands. */
  readonly entries: KnownEntries;
}
