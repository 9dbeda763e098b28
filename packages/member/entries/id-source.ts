import type { Caller, WriteOptions } from "../services.ts";
import type { EntryIdSource } from "./submit.ts";

/** A further try of the same call gets an id of its own, the same one whenever the call is repeated. */
export function idSource(caller: Caller, { idempotencyKey }: WriteOptions, tryNumber = 1): EntryIdSource {
  if (idempotencyKey === undefined) return "random";
  return { caller, idempotencyKey: tryNumber === 1 ? idempotencyKey : `${idempotencyKey} try ${tryNumber}` };
}
