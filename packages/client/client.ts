import { mainChain } from "@vermilion/protocol";
import { bulkCall } from "./bulk.ts";
import { type Calls, callsOf } from "./calls.ts";
import { checkedCalls } from "./checked-calls.ts";
import { type Each, eachOf } from "./each.ts";
import { files, linkCalls } from "./files.ts";
import type { ClientOptions } from "./options.ts";
import { transportOf } from "./transport.ts";
import { receiptJudge } from "./trust.ts";

type Checked = ReturnType<typeof checkedCalls>;

/** Everything that an app can ask of its member, of one chain. One client serves any number of calls at once. */
export interface Client extends Omit<Calls, keyof Checked>, Checked, ReturnType<typeof linkCalls>, ReturnType<typeof files> {
  /** The lists, item by item: `client.each.certificates({ type })`. */
  readonly each: Each;
  readonly bulk: ReturnType<typeof bulkCall>;
}

/**
 * A client of one member. Without `app` it makes public calls alone. Calls are tried again on network failures, 5xx and while an earlier
 * attempt still runs, with the same Idempotency-Key; see `Patience` for the bounds.
 */
export function createClient(options: ClientOptions): Client {
  const { chain = mainChain, trust = "first-use", app } = options;
  const transport = transportOf(options);
  const calls = callsOf(transport, chain);
  const judge = receiptJudge((given) => calls.policy({}, given), trust);
  const links = linkCalls(transport);
  return {
    ...calls,
    ...links,
    ...files({ ...calls, ...links }),
    ...checkedCalls(calls, judge, app?.scopes.includes("ledger:read") ?? false),
    each: eachOf(calls),
    bulk: bulkCall(transport, chain),
  };
}
