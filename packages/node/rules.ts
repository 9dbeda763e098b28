import type { Crypto, Json, Operation, Outcome, ParsedEntry, PublicJwk } from "@vermilion/ledger";
import type { Keys, StateWrite } from "./ports/index.ts";

/**
 * What a chain's replica asks of the rules: which keys speak, what entries do, who the members are. The rules enter as one value, so that a
 * node knows no certificate. All of it is pure and synchronous, over rows of the state that were loaded before: a question either has its
 * answer or names the rows that it lacks, and is put again when they are loaded.
 */
export interface Rules {
  /** How far an entry's time may lie ahead of its block's, ms. */
  readonly entryAheadMsMax: number;

  /** Keys of rows that running the entry will surely read, to be loaded ahead in one batch. A hint, never needed for the right answer. */
  keysOf(entry: ParsedEntry): readonly string[];
  /** Runs entries in order; each applies whole or not at all. Signatures are not checked here, but those of height 0, which brings its own keys. */
  run(state: LoadedRows, block: BlockContext, entries: readonly ParsedEntry[], crypto: Crypto): Answer<Ran | UnknownRules>;
  /**
   * SHA-256 hashes by which strangers may look for an applied entry, beside its transaction hash: 32 bytes each, one after the other.
   * `bodyOf`: the bytes of an attachment for all members.
   */
  namesOf(entry: ParsedEntry, bodyOf: (sha256: string) => Uint8Array | undefined): Uint8Array;
  /** Registered signing keys by thumbprint; a thumbprint that nobody has registered is not among them. */
  signingKeys(state: LoadedRows, thumbprints: readonly string[]): Answer<ReadonlyMap<string, PublicJwk>>;
  /** Transaction that has used the entry id of this author (thumbprint of its key). */
  usedEntryId(state: LoadedRows, author: string, id: string): Answer<string | undefined>;
  /** The members of the chain as of a height. */
  membershipAt(state: LoadedRows, height: number): Answer<Membership>;

  /** The one operation of height 0. */
  found(founding: Founding): Operation;
  /** What an operation of height 0 founds; undefined where it is another one. Only of an operation that has run. */
  foundingOf(operation: Operation): Founding | undefined;
  /** The operation by which a member that has forgotten what it signed begins a new incarnation. */
  rejoin(member: string): Operation;
}

/** What execution knows of the block; nothing else of the world reaches the rules. */
export interface BlockContext {
  /** Chain id, hex. */
  readonly chain: string;
  readonly height: number;
  /** Header time, ms since 1970. */
  readonly time: number;
  /** Member id. */
  readonly proposer: string;
}

/** Rows whose key starts with `prefix` and comes after `after` (byte order, exclusive), at most `limit`. */
export interface RangeRequest {
  readonly prefix: string;
  readonly after?: string;
  readonly limit: number;
}

/** Rows of the state at one height, as far as they were loaded. */
export interface LoadedRows {
  /** By key; undefined: known to be absent. */
  readonly rows: ReadonlyMap<string, Json | undefined>;
  /** Deleted rows (null) may stand among those of a range and count towards its limit. */
  readonly ranges: readonly { readonly request: RangeRequest; readonly rows: readonly StateWrite[] }[];
}

export interface MissingRows {
  readonly keys: ReadonlySet<string>;
  readonly ranges: readonly RangeRequest[];
}

export type Answer<T> = { readonly answer: T } | { readonly missing: MissingRows };

/** What running entries gave: one result an entry, and the absolute values that they wrote, sorted by key. */
export interface Ran {
  readonly results: readonly EntryResult[];
  readonly writes: readonly StateWrite[];
}

export interface EntryResult {
  readonly outcome: Outcome;
  /** Why refused, for a developer; not on the ledger. */
  readonly detail?: string;
  /** Index of the operation that was refused; absent where the entry as a whole was. Not on the ledger. */
  readonly operation?: number;
}

/** The rules in force are newer than this software. */
export interface UnknownRules {
  readonly contract: string;
  readonly version: number;
}

/** A member of a chain, as the others know it. */
export interface ChainMember {
  readonly id: string;
  readonly uscc: string;
  /** Base URL of its API. */
  readonly url: string;
  readonly keys: Keys["public"];
}

/** Who the members of a chain are over a run of heights, and what makes a tree final. */
export interface Membership {
  /** The first height of which this holds. */
  readonly from: number;
  /** The first height of which it holds no more; absent where nothing in the state says so yet. */
  readonly until?: number;
  /** By id, in the order of the genesis. */
  readonly members: ReadonlyMap<string, ChainMember>;
  /** Cosignatures that make a checkpoint final. */
  readonly quorum: number;
  /** C2SP tlog-policy: what a verifier needs besides a receipt. */
  readonly policyText: string;
}

/** What the founders of a chain say in height 0. */
export interface Founding {
  readonly name: string;
  readonly names: { readonly zh: string; readonly en: string };
  readonly members: readonly (ChainMember & { readonly names: { readonly zh: string; readonly en: string } })[];
  readonly quorum: number;
}
