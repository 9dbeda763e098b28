import { dynamoApps, dynamoCalls, dynamoLedger, dynamoRaftStore, dynamoRecordKeys, type Table } from "@vermilion/aws/dynamodb/index";
import type { Apps, Calls, Files, RecordKeys } from "@vermilion/member/ports/index";
import type { Ledger, RaftStore } from "@vermilion/node/ports/index";
import { memoryChain } from "./chain.ts";
import { memoryFiles } from "./files.ts";
import { memoryApps, memoryCalls, memoryRecordKeys } from "./stores.ts";
import { type MemoryTable, memoryTable } from "./table.ts";

export type { Action } from "@vermilion/aws/dynamodb/index";
export type { MemoryTable, WriteFaults } from "./table.ts";
export { memoryApps, memoryCalls, memoryChain, memoryFiles, memoryRecordKeys, memoryTable };

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
 * The stores of one member for one chain: those that run on AWS, over one table in memory, whose `faults` strike the writes of all of them. Stores hold
 * nothing themselves: a member that restarts is new stores over the old table.
 */
export function memoryStores(table: MemoryTable = memoryTable(), chain = memoryChain): MemoryStores {
  return {
    table,
    ledger: memoryLedger(table, chain),
    raftStore: memoryRaftStore(table, chain),
    recordKeys: dynamoRecordKeys(chain, table),
    files: memoryFiles(table, chain),
    calls: dynamoCalls(table),
    apps: dynamoApps(table),
  };
}

export function memoryLedger(table: Table, chain = memoryChain): Ledger {
  return dynamoLedger({ chain, ledger: table, records: table });
}

export function memoryRaftStore(table: Table, chain = memoryChain): RaftStore {
  return dynamoRaftStore(chain, table, { now: Date.now });
}
