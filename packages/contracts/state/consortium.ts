import type { Epoch, MemberKeys, PublicJwk, StateKey, StatePrefix } from "@vermilion/ledger";
import type { Party } from "./party.ts";

export type Names = { readonly zh: string; readonly en: string };

export type Suites = { readonly tree: "sha256"; readonly signing: "ES256"; readonly fields: "A256GCM-HKDF-SHA256" };

/** What is said of a consortium once and for all; its members, quorum and policy are those of an epoch. */
export type ConsortiumRow = {
  readonly name: string;
  readonly names: Names;
  readonly chain: string;
  readonly suites: Suites;
};

/** All epochs of the chain, ascending (`membershipAt`). */
export type EpochsRow = readonly Epoch[];

export type MemberRow = {
  readonly id: string;
  readonly names: Names;
  readonly uscc: string;
  readonly url: string;
  readonly keys: MemberKeys;
  readonly status: "active" | "inactive";
  /** How often it has rejoined after it had forgotten what it signed. */
  readonly incarnation: number;
};

/** A signing key by its thumbprint: who speaks with it. */
export type KeyRow = { readonly jwk: PublicJwk; readonly owner: Party; readonly status: "active" | "revoked" };

/** Version `version` of a contract is in force from block `height` on; ascending in both. */
export type RulesRow = readonly { readonly version: number; readonly height: number }[];

export const consortiumKeys = {
  consortium: (): StateKey<ConsortiumRow> => "consortium",
  epochs: (): StateKey<EpochsRow> => "epochs",
  member: (id: string): StateKey<MemberRow> => `member/${id}`,
  key: (thumbprint: string): StateKey<KeyRow> => `key/${thumbprint}`,
  rules: (contract: string): StateKey<RulesRow> => `rules/${contract}`,
} as const;

export const consortiumPrefixes = {
  members: "member/" as StatePrefix<MemberRow>,
} as const;
