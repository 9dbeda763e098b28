import { bulkCalls } from "./bulk.ts";
import { fileCalls } from "./file-calls.ts";
import { files } from "./files.ts";
import { ledgerReads } from "./ledger-reads.ts";
import { recordReads } from "./reads.ts";
import { type ClientOptions, transportOf } from "./transport.ts";
import { receiptJudge } from "./trust.ts";
import { writes } from "./writes.ts";

/** Everything that an app can ask of its member. One client serves any number of calls at once. */
export type Client = ReturnType<typeof recordReads> &
  ReturnType<typeof ledgerReads> &
  ReturnType<typeof writes> &
  ReturnType<typeof bulkCalls> &
  ReturnType<typeof fileCalls> &
  ReturnType<typeof files>;

/**
 * A client of one member. Without `app` it makes public calls alone. Calls are tried again on network failures, 5xx and while an earlier
 * attempt still runs, with the same Idempotency-Key; see `Patience` for the bounds.
 */
export function createClient(options: ClientOptions): Client {
  const transport = transportOf(options);
  const judge = receiptJudge(transport, options.trust ?? "first-use");
  const readsEntries = options.app?.scopes.includes("ledger:read") ?? false;
  const calls = { ...fileCalls(transport), ...writes(transport) };
  return {
    ...recordReads(transport),
    ...ledgerReads(transport, judge, readsEntries),
    ...bulkCalls(transport, judge),
    ...calls,
    ...files(calls),
  };
}
