import type { Caller, WriteOptions } from "../services.ts";
import type { EntryIdSource } from "../submit.ts";

export function idSource(caller: Caller, options: WriteOptions): EntryIdSource {
  return options.idempotencyKey === undefined ? "random" : { caller, idempotencyKey: options.idempotencyKey };
}
