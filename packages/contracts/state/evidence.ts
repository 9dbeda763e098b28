import type { StateKey } from "@vermilion/ledger";
import type { By } from "./party.ts";

/** Digests whose originals stay with their owner, proven by one root (mission E2, C6). */
export type EvidenceRow = {
  readonly evidence: string;
  /** RFC 6962 root over the digests as leaves. */
  readonly root: string;
  readonly count: number;
  /** SHA-256 of the attachment with the digests, 32 bytes each. */
  readonly digests: string;
  readonly owner: string;
  readonly by: By;
  readonly transaction: string;
  readonly height: number;
  readonly at: number;
};

export const evidenceKeys = {
  evidence: (evidence: string): StateKey<EvidenceRow> => `evidence/${evidence}`,
} as const;

/** Name of a deposit: the entry that made it and the index of the operation in it. */
export function evidenceId(transaction: string, operation: number): string {
  return `${transaction}-${operation}`;
}
