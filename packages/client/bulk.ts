import type { BulkAnswer, BulkLine, Evidence, EvidenceReceipt } from "./answers.ts";
import { getters, part } from "./getters.ts";
import { ClientProblem } from "./problem.ts";
import type { CallOptions, Transport } from "./transport.ts";
import type { ReceiptJudge } from "./trust.ts";

export interface BulkOptions extends CallOptions {
  /** Lines of one call to the member, at most 1,000. */
  readonly linesPerCall?: number;
}

const linesPerCallDefault = 100;
/** A member that takes no line in so many calls will not take them in the next. */
const emptyCallsMax = 10;

/** Many certificates, and deposits of digests. Each throws `ClientProblem`. */
export function bulkCalls(transport: Transport, judge: ReceiptJudge) {
  const { own, open } = getters(transport);

  /**
   * Issues and completes as many lines as there are; answers each in order, numbered from 1 over all calls. A broken call is sent again: its
   * lines are known by their keys, so nothing is done twice, and neither is it when the whole is run again later.
   */
  async function* bulk(lines: Iterable<BulkLine> | AsyncIterable<BulkLine>, options: BulkOptions = {}): AsyncGenerator<BulkAnswer> {
    const { linesPerCall = linesPerCallDefault, ...rest } = options;
    let line = 0;
    let held: BulkLine[] = [];
    const take = async function* (): AsyncGenerator<BulkAnswer> {
      for (let empty = 0; held.length > 0; ) {
        const { items } = await transport.json<{ readonly items: readonly BulkAnswer[] }>({
          method: "POST",
          path: "/v1/certificates/bulk",
          body: held,
          access: "app",
          ...rest,
        });
        const taken = items.filter(({ status }) => status !== "not-taken");
        for (const answer of taken) yield { ...answer, line: ++line };
        held = held.slice(taken.length);
        empty = taken.length === 0 ? empty + 1 : 0;
        if (empty >= emptyCallsMax)
          throw new ClientProblem({ code: "timed-out", status: 0, detail: "the member takes no lines", detailZh: "成员不再接受新的行" });
      }
    };
    for await (const each of lines) {
      held.push(each);
      if (held.length >= linesPerCall) yield* take();
    }
    yield* take();
  }

  return {
    bulk,
    evidence: (evidence: string, options?: CallOptions) => own<Evidence>(`/v1/evidence/${part(evidence)}`, {}, options),
    /** The receipt of one digest, for whoever knows it; waits up to `waitS` seconds for finality, and a final one is checked. */
    evidenceReceipt: async (evidence: string, digest: string, waitS = 5, options?: CallOptions) => {
      const path = `/v1/evidence/${part(evidence)}/receipts/${part(digest)}`;
      const given = await open<EvidenceReceipt>(path, { wait: waitS }, options);
      await judge.judgeEvidence({ ...given, digest }, options);
      return given;
    },
  };
}
