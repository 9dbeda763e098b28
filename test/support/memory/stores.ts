import { dynamoApps, dynamoCalls, dynamoRecordKeys } from "@vermilion/aws/dynamodb/index";
import type { Apps, Calls, RecordKeys } from "@vermilion/member/ports/index";
import { memoryChain } from "./chain.ts";
import { memoryTable } from "./table.ts";

/** Stores that a test needs one by one, each over a table of its own. */

export function memoryRecordKeys(table = memoryTable(), chain = memoryChain): RecordKeys {
  return dynamoRecordKeys(chain, table);
}

export function memoryCalls(table = memoryTable()): Calls {
  return dynamoCalls(table);
}

export function memoryApps(table = memoryTable()): Apps {
  return dynamoApps(table);
}
