import type { PublicJwk } from "./crypto.ts";

/** The public keys of a member, by what they do: sign entries and headers, sign checkpoints, cosign checkpoints, receive field keys. */
export type MemberKeys = { readonly sign: PublicJwk; readonly log: PublicJwk; readonly cosign: PublicJwk; readonly agree: PublicJwk };

export type EpochMember = {
  readonly id: string;
  readonly names: { readonly zh: string; readonly en: string };
  /** GB 32100 code of the agency. */
  readonly uscc: string;
  /** Base URL of its API. */
  readonly url: string;
  readonly keys: MemberKeys;
  /** The first height of which these keys hold. */
  readonly keysFrom: number;
};

/** Who the members of a chain are over a run of heights, and what makes a tree final. */
export type Epoch = {
  /** 1 for the first. */
  readonly epoch: number;
  /** The first height of which it holds; until the next epoch begins. */
  readonly from: number;
  /** In the order in which they joined. */
  readonly members: readonly EpochMember[];
  /** Cosignatures that make a checkpoint final. */
  readonly quorum: number;
  /** C2SP tlog-policy: what a verifier needs beside a receipt. */
  readonly policy: string;
};

/** The epoch of a height, of a history in ascending order; undefined before the first. */
export function membershipAt(epochs: readonly Epoch[], height: number): Epoch | undefined {
  return epochs.findLast(({ from }) => from <= height);
}
