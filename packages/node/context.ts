import type { KnownEntries } from "./entries/known-entries.ts";
import type { Clock, HostCrypto, Keys, Ledger, LedgerReads, Log, Pace, Peers, RaftReads, RaftStore, Random } from "./ports/index.ts";
import type { Rules } from "./rules.ts";
import type { Memberships } from "./state/memberships.ts";

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

/** What a process needs that may read a chain and sign checkpoints, and do nothing else. */
export interface ReadingPlatform {
  readonly crypto: HostCrypto;
  readonly ledger: LedgerReads;
  readonly raftStore: RaftReads;
  readonly keys: Pick<Keys, "public" | "signLog">;
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: Rules;
}

/** The same of a node that reads; every node is one. */
export interface ReadingContext extends ReadingPlatform, ChainFacts {
  readonly memberships: Memberships;
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

/** Who this node is, and of which chain; it never changes. */
export interface ChainFacts {
  readonly member: string;
  /** Chain id, hex. */
  readonly chain: string;
  /** Consortium name: first half of the origin and of issuer names. */
  readonly consortium: string;
  /** Checkpoint origin. */
  readonly origin: string;
  /** Of this member's signing key. */
  readonly signThumbprint: string;
}

/** What the parts of a node share: the platform, the facts, and what this process knows. The first argument of what a node does. */
export interface NodeContext extends NodePlatform, ChainFacts {
  /** Who the members are, as of which height. */
  readonly memberships: Memberships;
  /** The entries that this process has in its hands. */
  readonly entries: KnownEntries;
}
