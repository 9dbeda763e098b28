import { setTimeout as sleep } from "node:timers/promises";
import { type CancellationReason, ConditionalCheckFailedException, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { Fault } from "@vermilion/node/fault";

/** Error names of DynamoDB, and codes of a cancelled transaction, that pass by themselves. */
const passing = new Set([
  "TransactionConflict",
  "TransactionConflictException",
  "TransactionInProgressException",
  "ThrottlingError",
  "ThrottlingException",
  "Throttling",
  "ProvisionedThroughputExceeded",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ReplicatedWriteConflictException",
]);
/** What no caller can wait out and no operator can mend: the request itself is wrong. */
const bugs = new Set([
  "ValidationException",
  "ValidationError",
  "SerializationException",
  "ItemCollectionSizeLimitExceeded",
  "ItemCollectionSizeLimitExceededException",
  "IdempotentParameterMismatchException",
  "DuplicateItemException",
]);

export interface Patience {
  /** Attempts at a request that DynamoDB asks to repeat, beside those that the SDK makes by itself. */
  readonly attemptsMax: number;
  /** Waits before the next attempt; the n-th wait is given n, from 1. */
  readonly pause: (n: number) => Promise<void>;
}

const pauseMsMax = 1_000;

/** Full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"): at most 20, 40, 80 … 1,000 ms, some 2 s in all. */
export const usualPatience: Patience = {
  attemptsMax: 9,
  pause: async (n) => {
    await sleep(Math.random() * Math.min(pauseMsMax, 10 * 2 ** n));
  },
};

/** Runs a request, again where DynamoDB says that it may pass later. Throws a `Fault` or, for what is wrong with the request, a bug. */
export async function patiently<T>(kind: "read" | "write", table: string, patience: Patience, request: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      const codes = codesOf(error);
      if (!codes.some((code) => passing.has(code))) throw translated(error, codes, kind, table);
      if (attempt >= patience.attemptsMax)
        throw new Fault("storage-failed", `table ${table} was still busy after ${attempt} attempts`, error);
      await patience.pause(attempt);
    }
  }
}

/** The item that stands where a condition failed; undefined where `error` is something else. */
export function unmetOf(error: unknown): { readonly item: ConditionalCheckFailedException["Item"] } | undefined {
  return error instanceof ConditionalCheckFailedException ? { item: error.Item } : undefined;
}

/** Places of the actions whose conditions failed; undefined where a transaction was cancelled for anything else. */
export function cancelledOf(error: unknown): readonly number[] | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const codes = reasonCodes(error.CancellationReasons);
  if (codes.some((code) => code !== "None" && code !== "ConditionalCheckFailed")) return undefined;
  return codes.flatMap((code, place) => (code === "ConditionalCheckFailed" ? [place] : []));
}

function codesOf(error: unknown): readonly string[] {
  if (error instanceof TransactionCanceledException) {
    return reasonCodes(error.CancellationReasons).filter((code) => code !== "None" && code !== "ConditionalCheckFailed");
  }
  return error instanceof Error ? [error.name] : [];
}

function reasonCodes(reasons: readonly CancellationReason[] | undefined): readonly string[] {
  return (reasons ?? []).map(({ Code = "None" }) => Code);
}

/**
 * A write that may not be done although the table can be read is what an operator's freeze looks like: a policy that denies writes, or a
 * role that lacks them. DynamoDB is never full; what it has are limits of the account, which an operator has raised.
 */
function translated(error: unknown, codes: readonly string[], kind: "read" | "write", table: string): unknown {
  if (error instanceof Fault) return error;
  const bug = codes.find((code) => bugs.has(code));
  if (bug !== undefined) return new Error(`bug: DynamoDB refuses a ${kind} of table ${table}: ${messageOf(error)}`, { cause: error });
  if (codes.includes("AccessDeniedException") && kind === "write")
    return new Fault("storage-read-only", `writing table ${table} is denied`, error);
  if (codes.includes("LimitExceededException") && kind === "write")
    return new Fault("storage-full", `table ${table} has reached a limit of the account`, error);
  return new Fault("storage-failed", `a ${kind} of table ${table} failed: ${codes.join(", ") || "no reason given"}`, error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message}` : String(error);
}
