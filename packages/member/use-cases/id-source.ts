import type { EntryIdSource } from "../entries/submit.ts";
import type { Caller, WriteOptions } from "../services.ts";

export function idSource(caller: Caller, options: WriteOptions): EntryIdSource {
  return options.idempotencyKey === undefined ? "random" : { caller, idempotencyKey: options.idempotencyKey };
}
