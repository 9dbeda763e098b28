import { dynamoApps, dynamoCalls, dynamoLedger, dynamoRaftStore, dynamoRecordKeys, type Table } from "@vermilion/aws/dynamodb/index";
import type { Apps, Calls, Files, RecordKeys } from "@vermilion/member/ports/index";
import type { Ledger, RaftStore } from "@vermilion/node/ports/index";
import { memoryFiles } from "./files.ts";
import { memoryApps, memoryCalls, memoryRecordKeys } from "./stores.ts";
import { type MemoryTable, memoryTable } from "./table.ts";

export type { Action } from "@vermilion/aws/dynamodb/index";
export type { MemoryTable, WriteFaults } from "./table.ts";
export { memoryApps, memoryCalls, memoryFiles, memoryRecordKeys, memoryTable };

export interface MemoryStores {
  readonly table: MemoryTable;
  readonly ledger: Ledger;
  readonly raftStore: RaftStore;
  readonly recordKeys: RecordKeys;
  readonly files: Files;
  readonly calls: Calls;
  readonly apps: Apps;
}

/**
 * The stores of one member: those that run on AWS, over one table in memory, whose `faults` strike the writes of all of them. Stores hold
 * nothing themselves: a member that restarts is new stores over the old table.
 */
export function memoryStores(table: MemoryTable = memoryTable()): MemoryStores {
  return {
    table,
    ledger: memoryLedger(table),
    raftStore: memoryRaftStore(table),
    recordKeys: dynamoRecordKeys(table),
    files: memoryFiles(table),
    calls: dynamoCalls(table),
    apps: dynamoApps(table),
  };
}

export function memoryLedger(table: Table): Ledger {
  return dynamoLedger({ ledger: table, records: table });
}

export function memoryRaftStore(table: Table): RaftStore {
  return dynamoRaftStore(table, { now: Date.now });
}
