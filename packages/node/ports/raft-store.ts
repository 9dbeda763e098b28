import type { RaftState } from "@vermilion/consensus";
import type { Attachment } from "./ledger.ts";

/** A signed entry that waits for a block, with its attachments for all members. */
export interface Proposal {
  readonly transactionHash: string;
  /** Thumbprint of the author's key and the entry's id: the pair that may be used once. */
  readonly author: string;
  readonly id: string;
  readonly entry: Uint8Array;
  readonly attachments: readonly Attachment[];
  /** ms since 1970; after it the entry cannot be applied and the proposal is dropped. */
  readonly until: number;
}

/** What may be read of a Raft store. */
export interface RaftReads {
  /** `version` 0 and no state before the first save. */
  load(): Promise<{ readonly version: number; readonly state: RaftState | undefined }>;
  /** The stored reservation with the highest place under `prefix` (byte order), for amnesia checks. */
  highestReserved(prefix: string): Promise<{ readonly place: string; readonly what: string } | undefined>;
  proposalCount(): Promise<number>;
  hasProposal(transactionHash: string): Promise<boolean>;
  proposal(transactionHash: string): Promise<Proposal | undefined>;
}

/**
 * What a member must not forget as a Raft node. Every answer is durable; every call may be repeated; a call that throws may have happened.
 * A power cut may undo the last `dropProposals`, as if it had come before it.
 * Throws `Fault` `storage-full`, `storage-read-only` or `storage-failed`.
 */
export interface RaftStore extends RaftReads {
  /** Compare-and-set: `stale` when the stored version is not `expectedVersion`; else stored as `expectedVersion + 1`. */
  save(state: RaftState, expectedVersion: number): Promise<"saved" | "stale">;
  /**
   * Reserves `place` (a header, an acknowledgement, a checkpoint size …) for `what`, once for ever. Answers what the place is reserved
   * for: `what` itself, or what came first. Nobody signs before the answer equals what he wants to sign.
   */
  reserve(place: string, what: string): Promise<string>;
  addProposal(proposal: Proposal): Promise<"added" | "known">;
  /** Oldest first, at most `countMax`, stopping before `bytesMax` of entries and attachments (one is always given). */
  proposals(countMax: number, bytesMax: number): Promise<readonly Proposal[]>;
  /** Transaction hash of the waiting proposal of (author thumbprint, entry id). */
  proposalById(author: string, id: string): Promise<string | undefined>;
  dropProposals(transactionHashes: readonly string[]): Promise<void>;

  /**
   * Whether this is an older copy of what the member once wrote. "maybe": the others are to be asked what it has signed before it signs
   * more. "no" only where it is known to be the very store of the last `noteOpened`, "yes" where it is known to be another one.
   */
  isSetBack(): Promise<"no" | "maybe" | "yes">;
  /** What had to be asked or noticed is done. Where the platform cannot tell a copy from the original, it holds while the store is open. */
  noteOpened(): Promise<void>;
}
