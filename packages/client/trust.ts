import { parseEntry, utf8, type VerifiedReceipt, verifyReceipt } from "@vermilion/ledger";
import type { EvidenceReceipt, Receipt } from "./answers.ts";
import { signalOf } from "./getters.ts";
import { nobleCrypto } from "./noble-crypto.ts";
import { ClientProblem } from "./problem.ts";
import type { CallOptions, Transport } from "./transport.ts";
import { verifyOffline } from "./verify.ts";

/**
 * By which policy the client judges the receipts that it is given. `policy`: the C2SP tlog-policy text that its owner has from a source he
 * trusts, and then no member can deceive it. `first-use`: that which the member itself names when the client first needs it; afterwards the
 * member cannot show another ledger. `none`: receipts are handed on as they come.
 */
export type Trust = "first-use" | "none" | { readonly policy: string };

/** Checks receipts that claim to be final. Throws `ClientProblem` `receipt-does-not-hold`. */
export function receiptJudge(transport: Transport, trust: Trust) {
  let asked: Promise<string> | undefined;

  async function policyText(options: CallOptions | undefined): Promise<string> {
    if (typeof trust === "object") return trust.policy;
    asked ??= transport.send({ method: "GET", path: "/v1/policy", access: "public", ...signalOf(options) }).then(({ text }) => text);
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
