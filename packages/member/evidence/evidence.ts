import { type EvidenceRow, evidenceDigestsMax, evidenceId, operationCall, stateKeys } from "@vermilion/contracts";
import { concat, fromHex, text, toHex } from "@vermilion/ledger";
import type { Context, ReadingContext } from "../context.ts";
import { byOf } from "../entries/by.ts";
import { idSource } from "../entries/id-source.ts";
import { submit } from "../entries/submit.ts";
import { findEntry } from "../explorer/entries.ts";
import { receipt } from "../explorer/proofs.ts";
import type { Caller, EvidenceReceiptView, Given, Refused, WriteOptions } from "../services.ts";
import { readRow } from "../state/reader.ts";
import type { InnerTrees } from "./inner-trees.ts";

const digestBytes = 32;

/** Digests of originals that stay where they are: one entry, one signature, one root for all of them (mission E2, E6). */
export async function deposit(
  context: Context,
  trees: InnerTrees,
  digests: readonly string[],
  caller: Caller,
  options: WriteOptions,
): Promise<Given<"depositEvidence"> | Refused> {
  const leaves = digests.map((digest) => fromHex(digest));
  if (leaves.length === 0 || leaves.length > evidenceDigestsMax || leaves.some((leaf) => leaf?.length !== digestBytes))
    return { refused: "malformed-digests", detail: `1 to ${evidenceDigestsMax} digests of 64 hex digits` };
  const bytes = concat(...leaves.flatMap((leaf) => leaf ?? []));
  const sha256 = toHex(context.crypto.sha256(bytes));
  const root = toHex((await trees.over(bytes)).root);
  const given = { root, count: digests.length, digests: sha256, by: byOf(caller) };
  const draft = {
    operations: [operationCall("evidence.deposit", given)],
    attachments: [{ name: "digests", sha256, bytes }],
  };
  const submitted = await submit(context, draft, idSource(caller, options), options);
  if ("refused" in submitted) return submitted;
  return { ...submitted, evidence: evidenceId(submitted.transactionHash, 0), root, count: digests.length };
}

export async function evidence(context: ReadingContext, id: string): Promise<EvidenceRow | Refused> {
  return (await readRow(context, stateKeys.evidence(id))) ?? { refused: "unknown-evidence", detail: id };
}

/** The receipt of one digest: the path to its batch's root, the entry that states the root, and the entry's receipt. */
export async function evidenceReceipt(
  context: ReadingContext,
  trees: InnerTrees,
  id: string,
  digest: string,
  options: { readonly waitMs: number },
): Promise<EvidenceReceiptView | Refused> {
  const row = await evidence(context, id);
  if ("refused" in row) return row;
  const list = await trees.of(row.digests);
  const entry = await findEntry(context, row.transaction);
  if (list === undefined || entry === undefined)
    return { refused: "attachment-not-here", detail: "the digests of this deposit are not held here" };
  const index = list.indexOf(digest);
  if (index < 0) return { refused: "digest-not-deposited", detail: "the deposit does not hold this digest" };
  // The root is the depositor's word: one that is not that of the list proves nothing, and no receipt is made of it.
  if (toHex(list.tree.root) !== row.root || list.count !== row.count)
    return { refused: "evidence-list-does-not-match", detail: "the root that was deposited is not that of the digests" };
  const proof = await receipt(context, row.transaction, options);
  if ("refused" in proof) return proof;
  return {
    digest,
    index,
    count: row.count,
    root: row.root,
    path: list.tree.pathOf(index).map(toHex),
    evidence: id,
    transactionHash: row.transaction,
    final: proof.final,
    receipt: proof.receipt,
    entry: text(entry.bytes),
  };
}
