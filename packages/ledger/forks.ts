import { textOrUndefined, toHex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { canonical, isJsonObject, parseCanonical } from "./json.ts";
import { hasMembers } from "./names.ts";
import { formatPolicy, type Policy, parsePolicy } from "./policy.ts";
import { parseReceipt, receiptBytesMax } from "./receipt.ts";
import { leafHash, nodeHash } from "./tree.ts";
import { type VerifiedCheckpoint, type VerifyCode, verifyCheckpoint, verifyReceipt } from "./verify.ts";

export const conflictEvidenceFormat = "vermilion-conflict/v1";

/** Two final statements of one chain that cannot both be true, and who signed both. A plain JSON value. */
export type ConflictEvidence = {
  readonly format: typeof conflictEvidenceFormat;
  readonly origin: string;
  /** The subtree on which the two disagree: leaves start..end−1. */
  readonly conflict: { readonly start: number; readonly end: number };
  /** Names in the policy of all who cosigned both, sorted; at least 2q − n of n. */
  readonly signers: readonly string[];
  /** The two receipts or checkpoints, verbatim, and the policy file: all that is needed to check the rest. */
  readonly statements: readonly [string, string];
  readonly policy: string;
};

export type ConflictCode = VerifyCode | "different-origins" | "no-conflict" | "malformed-evidence";
export type ConflictRefusal = { readonly refused: ConflictCode; readonly detail: string };

type Subtree = { readonly start: number; readonly end: number; readonly hash: string };
type Statement = { readonly checkpoint: VerifiedCheckpoint; readonly subtrees: readonly Subtree[] };

/**
 * The evidence that `a` and `b` (each the text of a receipt or of a signed checkpoint) contradict each other. Both must verify under the
 * policy. They conflict where they give different hashes to the same leaves: two roots of one size, two records at one index, or two
 * hashes of a subtree that both proofs show. Trees of different sizes whose proofs share no subtree cannot be told apart: `no-conflict`.
 */
export function conflictEvidence(a: string, b: string, policy: Policy, crypto: Crypto): ConflictEvidence | ConflictRefusal {
  const first = readStatement(a, policy, crypto);
  if ("refused" in first) return first;
  const second = readStatement(b, policy, crypto);
  if ("refused" in second) return second;
  const { origin } = first.checkpoint;
  if (origin !== second.checkpoint.origin) return { refused: "different-origins", detail: `${origin} and ${second.checkpoint.origin}` };
  const conflict = firstConflict(first.subtrees, second.subtrees);
  if (conflict === undefined) return { refused: "no-conflict", detail: "the two can both be true" };
  const names = new Set(first.checkpoint.cosigners.map(({ name }) => name));
  const signers = second.checkpoint.cosigners.map(({ name }) => name).filter((name) => names.has(name));
  return { format: conflictEvidenceFormat, origin, conflict, signers: signers.sort(), statements: [a, b], policy: formatPolicy(policy) };
}

/** The portable file. */
export function encodeConflictEvidence(evidence: ConflictEvidence): Uint8Array {
  return canonical(evidence);
}

/**
 * Evidence from a file, checked again from its statements; nothing in it is believed. `policy` is the reader's own copy, if he has one;
 * without it the evidence is judged by the policy it brings, which the reader must then compare with what he knows.
 */
export function parseConflictEvidence(bytes: Uint8Array, policy: Policy | undefined, crypto: Crypto): ConflictEvidence | ConflictRefusal {
  const parsed = textOrUndefined(bytes) === undefined ? undefined : parseCanonical(bytes);
  const value = parsed === undefined || "refused" in parsed ? undefined : parsed.value;
  if (!isJsonObject(value) || !hasMembers(value, ["format", "origin", "conflict", "signers", "statements", "policy"])) {
    return { refused: "malformed-evidence", detail: "not canonical JSON with the members of conflict evidence" };
  }
  const [a, b] = Array.isArray(value.statements) ? value.statements : [];
  if (typeof a !== "string" || typeof b !== "string" || typeof value.policy !== "string") {
    return { refused: "malformed-evidence", detail: "statements and policy are texts" };
  }
  const judgedBy = policy ?? parsePolicy(value.policy, crypto);
  if ("refused" in judgedBy) return judgedBy;
  const evidence = conflictEvidence(a, b, judgedBy, crypto);
  if ("refused" in evidence) return evidence;
  const same = toHex(encodeConflictEvidence(evidence)) === toHex(bytes);
  return same ? evidence : { refused: "malformed-evidence", detail: "the file says something else than its statements" };
}

function readStatement(text: string, policy: Policy, crypto: Crypto): Statement | ConflictRefusal {
  if (text.length > receiptBytesMax) return { refused: "too-large", detail: `at most ${receiptBytesMax} bytes` };
  const receipt = parseReceipt(text);
  const checkpoint = verifyCheckpoint("refused" in receipt ? text : receipt.checkpoint, policy, crypto);
  if ("refused" in checkpoint) return checkpoint;
  const root = { start: 0, end: checkpoint.size, hash: toHex(checkpoint.root) };
  if ("refused" in receipt) return { checkpoint, subtrees: [root] };
  const verified = verifyReceipt(text, policy, crypto);
  if ("refused" in verified) return verified;
  const path = pathSubtrees(leafHash(receipt.record, crypto), receipt.index, checkpoint.size, receipt.proof, crypto);
  return { checkpoint, subtrees: [...path, root] };
}

/** The subtrees that a verified inclusion proof shows: the leaf, and at each step up the sibling and the parent (RFC 9162 2.1.3.2). */
function pathSubtrees(leaf: Uint8Array, index: number, size: number, proof: readonly Uint8Array[], crypto: Crypto): Subtree[] {
  const shown: Subtree[] = [{ start: index, end: index + 1, hash: toHex(leaf) }];
  let [start, end, hash] = [index, index + 1, leaf];
  let width = 1;
  for (const sibling of proof) {
    // A subtree at the right edge without a sibling of its size goes up unchanged until it is a right child.
    while (start % (2 * width) === 0 && start + width >= size) width *= 2;
    if (start % (2 * width) === 0) {
      const siblingEnd = Math.min(start + 2 * width, size);
      shown.push({ start: end, end: siblingEnd, hash: toHex(sibling) });
      [end, hash] = [siblingEnd, nodeHash(hash, sibling, crypto)];
    } else {
      shown.push({ start: start - width, end: start, hash: toHex(sibling) });
      [start, hash] = [start - width, nodeHash(sibling, hash, crypto)];
    }
    width *= 2;
    shown.push({ start, end, hash: toHex(hash) });
  }
  return shown;
}

/** The same leaves under two hashes. Any range of leaves has one shape of tree, so its hash is one whatever the size around it. */
function firstConflict(a: readonly Subtree[], b: readonly Subtree[]): { start: number; end: number } | undefined {
  for (const { start, end, hash } of a) {
    if (b.some((other) => other.start === start && other.end === end && other.hash !== hash)) return { start, end };
  }
  return undefined;
}
