import { utf8 } from "@vermilion/ledger";
import type { CallInput, Result } from "@vermilion/protocol";
import type { Calls } from "./calls.ts";
import { checkedLookup } from "./lookup.ts";
import type { CallOptions } from "./options.ts";
import type { ReceiptJudge } from "./trust.ts";

/** How long a client waits for finality where its caller says nothing, seconds. */
const waitDefault = 5;

/**
 * The calls whose answers are checked before they are handed on, by the client's `trust`. `readsEntries`: whether the app may read entries.
 * Each throws `ClientProblem`.
 */
export function checkedCalls(calls: Calls, judge: ReceiptJudge, readsEntries: boolean) {
  return {
    /**
     * Waits up to `wait` seconds for the quorum of cosignatures; `final` says whether they were there. A final receipt is checked. Without an
     * app that has the scope `ledger:read` it is known to be a genuine receipt of the ledger, but not of which transaction: that needs the
     * entry.
     */
    async receipt({ wait = waitDefault, ...call }: CallInput<"receipt">, options?: CallOptions): Promise<Result<"receipt">> {
      const given = await calls.receipt({ ...call, wait }, options);
      const bytesOfEntry = async () => utf8((await calls.entry(call, options)).entry);
      await (readsEntries ? judge.judgeEntry(call.transactionHash, bytesOfEntry, given, options) : judge.judge(given, options));
      return given;
    },
    /** The receipt of one digest, for whoever knows it; a final one is checked. */
    async evidenceReceipt(
      { wait = waitDefault, ...call }: CallInput<"evidenceReceipt">,
      options?: CallOptions,
    ): Promise<Result<"evidenceReceipt">> {
      const given = await calls.evidenceReceipt({ ...call, wait }, options);
      await judge.judgeEvidence({ ...given, digest: call.digest }, options);
      return given;
    },
    /** What the ledger knows of any SHA-256. Of a deposited document the path to the root is checked; its receipt is `evidenceReceipt`'s. */
    lookup: async (call: CallInput<"lookup">, options?: CallOptions): Promise<Result<"lookup">> =>
      checkedLookup(call.hash, await calls.lookup(call, options)),
    /** The entry with its receipt; where that is final, the one proves the other. */
    async proof(
      { wait = waitDefault, ...call }: CallInput<"receipt">,
      options?: CallOptions,
    ): Promise<Result<"receipt"> & { readonly entry: Result<"entry"> }> {
      const entry = await calls.entry(call, options);
      const given = await calls.receipt({ ...call, wait }, options);
      await judge.judgeEntry(call.transactionHash, async () => utf8(entry.entry), given, options);
      return { ...given, entry };
    },
  };
}
