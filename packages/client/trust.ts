import { parseEntry, utf8, type VerifiedReceipt, verifyReceipt } from "@vermilion/ledger";
import type { EvidenceReceipt, Receipt } from "./answers.ts";
import { nobleCrypto } from "./noble-crypto.ts";
import type { CallOptions, Trust } from "./options.ts";
import { ClientProblem } from "./problem.ts";
import { verifyOffline } from "./verify.ts";

/** Checks receipts that claim to be final, by `trust`; `policyOf` asks the member for its policy. Throws `ClientProblem` `receipt-does-not-hold`. */
export function receiptJudge(policyOf: (options: CallOptions | undefined) => Promise<string>, trust: Trust) {
  let asked: Promise<string> | undefined;

  async function policyText(options: CallOptions | undefined): Promise<string> {
    if (typeof trust === "object") return trust.policy;
    asked ??= policyOf(options);
    return asked.catch((error: unknown) => {
      asked = undefined;
      throw error;
    });
  }

  /** What the receipt proves; undefined where it is not final yet, or nothing is to be judged. */
  async function judge(
    { final, receipt }: Pick<Receipt, "final" | "receipt">,
    options?: CallOptions,
  ): Promise<VerifiedReceipt | undefined> {
    if (!final || trust === "none") return undefined;
    const verified = verifyReceipt(receipt, await policyText(options), nobleCrypto);
    if ("refused" in verified) throw doesNotHold(`${verified.refused}: ${verified.detail}`);
    return verified;
  }

  /**
   * As `judge`, and that it is the receipt of the transaction that was asked for: a member could show a genuine one of another entry. Only the
   * entry's bytes tie the two together; they are asked for when they are needed.
   */
  async function judgeEntry(
    transactionHash: string,
    bytesOfEntry: () => Promise<Uint8Array>,
    given: Pick<Receipt, "final" | "receipt">,
    options?: CallOptions,
  ): Promise<void> {
    const verified = await judge(given, options);
    if (verified === undefined) return;
    const parsed = parseEntry(await bytesOfEntry(), nobleCrypto);
    const { kind, sha256 } = verified.record;
    if ("refused" in parsed || parsed.transactionHash !== transactionHash || kind !== "entry" || sha256 !== parsed.entryHash)
      throw doesNotHold("it is not the receipt of this entry");
  }

  /** That the digest stands in a batch which the entry of the receipt deposits. */
  async function judgeEvidence(
    { final, receipt, entry, digest, index, count, path }: EvidenceReceipt,
    options?: CallOptions,
  ): Promise<void> {
    if (!final || trust === "none") return;
    const policy = await policyText(options);
    const question = { receipt, policy, entry: utf8(entry), document: { sha256: digest }, innerPath: { index, count, path } };
    const verdicts = await verifyOffline({ ...question, crypto: nobleCrypto });
    if ("unreadable" in verdicts) throw doesNotHold(verdicts.reason.en);
    if (verdicts.integrity.verdict !== "holds") throw doesNotHold(verdicts.integrity.reason.en);
  }

  return { judge, judgeEntry, judgeEvidence };
}

export type ReceiptJudge = ReturnType<typeof receiptJudge>;

function doesNotHold(why: string): ClientProblem {
  return new ClientProblem({
    code: "receipt-does-not-hold",
    status: 0,
    detail: `the member's receipt does not hold: ${why}`,
    detailZh: `成员给出的凭据不成立：${why}`,
  });
}
