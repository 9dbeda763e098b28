import { type CallInput, onChain, type Result, routes } from "@vermilion/protocol";
import type { CallOptions } from "./options.ts";
import { ClientProblem } from "./problem.ts";
import { parsedAnswer, type Transport } from "./transport.ts";

type Answers = Result<"bulkCertificates">;
export type BulkAnswer = Answers["items"][number];

/** One line of a bulk call; its key (1 to 128 visible characters) makes it known again when it is sent once more. */
export type BulkLine =
  | ({ readonly op: "issue"; readonly key: string } & Omit<CallInput<"issueCertificate">, "serial">)
  | ({ readonly op: "complete"; readonly key: string } & CallInput<"completeCertificate">);

export interface BulkOptions extends CallOptions {
  /** Lines of one call to the member, at most 1,000. */
  readonly linesPerCall?: number;
}

const linesPerCallDefault = 100;
/** A member that takes no line in so many calls will not take them in the next. */
const emptyCallsMax = 10;

export function bulkCall(transport: Transport, chain: string) {
  /**
   * Issues and completes as many lines as there are; answers each in order, numbered from 1 over all calls. A broken call is sent again: its
   * lines are known by their keys, so nothing is done twice, and neither is it when the whole is run again later.
   */
  return async function* bulk(
    lines: Iterable<BulkLine> | AsyncIterable<BulkLine>,
    { linesPerCall = linesPerCallDefault, signal }: BulkOptions = {},
  ): AsyncGenerator<BulkAnswer> {
    const request = {
      method: "POST",
      path: onChain(routes.bulkCertificates.path, chain),
      access: "app",
      ...(signal === undefined ? {} : { signal }),
    } as const;
    let line = 0;
    let held: BulkLine[] = [];
    const take = async function* (): AsyncGenerator<BulkAnswer> {
      for (let empty = 0; held.length > 0; ) {
        const { items } = parsedAnswer<Answers>(await transport.send({ ...request, body: held }));
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
  };
}
