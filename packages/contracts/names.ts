import { concat, fromHex, type ParsedEntry } from "@vermilion/ledger";
import { type EvidenceRow, evidenceId } from "./state/evidence.ts";

/** A deposit that an applied entry makes. */
export interface Deposit extends Pick<EvidenceRow, "root" | "count" | "digests"> {
  readonly evidence: string;
}

/** Of an entry that was applied: its arguments have been checked. */
export function depositsOf({ transactionHash, payload }: ParsedEntry): readonly Deposit[] {
  return payload.operations.flatMap(({ contract, operation, arguments: given }, at) => {
    if (contract !== "evidence" || operation !== "deposit") return [];
    const { root, count, digests } = given as Omit<Deposit, "evidence">;
    return [{ evidence: evidenceId(transactionHash, at), root, count, digests }];
  });
}

/**
 * SHA-256 hashes by which an applied entry is found beside its transaction hash, 32 bytes each, one after the other: of each deposit its root,
 * its list and every digest in it. They are thousands an entry and change nothing that a contract reads, hence no rows of the state.
 */
export function namesOf(entry: ParsedEntry, bodyOf: (sha256: string) => Uint8Array | undefined): Uint8Array {
  const names = depositsOf(entry).flatMap(({ root, digests }) => [fromHex(root), fromHex(digests), bodyOf(digests)]);
  return concat(...names.flatMap((name) => name ?? []));
}
