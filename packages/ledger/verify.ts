import { type Checkpoint, parseCheckpoint, verifyLogSignature } from "./checkpoint.ts";
import { cosignatureTime, verifyCosignature } from "./cosignature.ts";
import type { Crypto } from "./crypto.ts";
import { type LeafRecord, parseLeafRecord } from "./leaf.ts";
import { type Note, type NoteCode, parseNote } from "./note.ts";
import { type Policy, type PolicyCode, parsePolicy, quorumReached } from "./policy.ts";
import { parseReceipt, type Receipt, type ReceiptCode } from "./receipt.ts";
import { leafHash, verifyInclusion } from "./tree.ts";

export type VerifyCode =
  | NoteCode
  | PolicyCode
  | ReceiptCode
  | "malformed-checkpoint"
  | "unknown-origin"
  | "missing-log-signature"
  | "bad-log-signature"
  | "bad-cosignature"
  | "quorum-not-reached"
  | "malformed-leaf-record"
  | "not-in-tree";

export type VerifyRefusal = { readonly refused: VerifyCode; readonly detail: string };

/** A member that cosigned, by its name in the policy; `time` in ms since 1970 (C2SP states whole seconds). */
export type Cosigner = { readonly name: string; readonly time: number };

export type VerifiedCheckpoint = Checkpoint & { readonly ok: true; readonly text: string; readonly cosigners: readonly Cosigner[] };

/** What a receipt proves: this record stands at `index` of the tree of `size` leaves that a quorum has cosigned. */
export type VerifiedReceipt = {
  readonly ok: true;
  readonly record: LeafRecord;
  readonly index: number;
  readonly size: number;
  readonly origin: string;
  readonly cosigners: readonly Cosigner[];
  /** 32 bytes. */
  readonly root: Uint8Array;
};

/** Verifies a receipt against a policy with nothing else: no network, no clock. C2SP tlog-proof "Verifying a tlog proof". */
export function verifyReceipt(receiptText: string, policyOrText: string | Policy, crypto: Crypto): VerifiedReceipt | VerifyRefusal {
  const policy = typeof policyOrText === "string" ? parsePolicy(policyOrText, crypto) : policyOrText;
  if ("refused" in policy) return policy;
  const receipt = parseReceipt(receiptText);
  if ("refused" in receipt) return receipt;
  const record = parseLeafRecord(receipt.record);
  if (record === undefined) return { refused: "malformed-leaf-record", detail: "extra is not a leaf record" };
  const checkpoint = verifyCheckpoint(receipt.checkpoint, policy, crypto);
  if ("refused" in checkpoint) return checkpoint;
  const refusal = refuseInclusion(receipt, checkpoint, crypto);
  if (refusal !== undefined) return refusal;
  const { origin, size, root, cosigners } = checkpoint;
  return { ok: true, record, index: receipt.index, size, origin, cosigners, root };
}

/** Verifies a final checkpoint: known origin, signed by a log of the policy, cosigned by its quorum. */
export function verifyCheckpoint(checkpointNote: string, policy: Policy, crypto: Crypto): VerifiedCheckpoint | VerifyRefusal {
  const note = parseNote(checkpointNote);
  if ("refused" in note) return note;
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint === undefined) return { refused: "malformed-checkpoint", detail: "the note states no tree head" };
  const logRefusal = refuseLogSignatures(note, checkpoint, policy, crypto);
  if (logRefusal !== undefined) return logRefusal;
  const cosigners = verifiedCosigners(note, policy, crypto);
  if ("refused" in cosigners) return cosigners;
  const names = cosigners.map(({ name }) => name);
  if (!quorumReached(policy, names)) return { refused: "quorum-not-reached", detail: `cosigned by ${names.join(", ") || "nobody"}` };
  return { ok: true, text: note.text, ...checkpoint, cosigners };
}

/** Lines of keys that the policy does not have are ignored; a line of a key that it has must verify (C2SP signed-note "Signatures"). */
function refuseLogSignatures(note: Note, { origin }: Checkpoint, policy: Policy, crypto: Crypto): VerifyRefusal | undefined {
  const logs = policy.logs.filter(({ key }) => key.name === origin);
  if (logs.length === 0) return { refused: "unknown-origin", detail: origin };
  let verified = 0;
  for (const line of note.signatures) {
    const log = logs.find(({ key }) => key.name === line.name && key.keyId === line.keyId);
    if (log === undefined) continue;
    if (!verifyLogSignature(note.text, line, log.key, crypto)) return { refused: "bad-log-signature", detail: log.key.vkey };
    verified++;
  }
  return verified > 0 ? undefined : { refused: "missing-log-signature", detail: `no signature by a log of ${origin}` };
}

/** The witnesses that cosigned, each once, with the latest time that each states. */
function verifiedCosigners(note: Note, policy: Policy, crypto: Crypto): readonly Cosigner[] | VerifyRefusal {
  const times = new Map<string, number>();
  for (const line of note.signatures) {
    const witness = policy.witnesses.find(({ key }) => key.name === line.name && key.keyId === line.keyId);
    if (witness === undefined) continue;
    const seconds = cosignatureTime(line);
    if (seconds === undefined || !verifyCosignature(note.text, line, witness.key, crypto)) {
      return { refused: "bad-cosignature", detail: witness.name };
    }
    times.set(witness.name, Math.max(times.get(witness.name) ?? 0, seconds * 1000));
  }
  return [...times].map(([name, time]) => ({ name, time }));
}

function refuseInclusion(receipt: Receipt, { size, root }: Checkpoint, crypto: Crypto): VerifyRefusal | undefined {
  const leaf = leafHash(receipt.record, crypto);
  if (verifyInclusion(leaf, receipt.index, size, receipt.proof, root, crypto)) return undefined;
  return { refused: "not-in-tree", detail: `the record is not at ${receipt.index} of ${size}` };
}
