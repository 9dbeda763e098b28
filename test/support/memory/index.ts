import type { Apps, Calls, Files, Ledger, RaftStore, RecordKeys } from "@vermilion/member/ports/index";
import { memoryFiles } from "./files.ts";
import { memoryLedger } from "./ledger.ts";
import { memoryRaftStore } from "./raft-store.ts";
import { memoryApps, memoryCalls, memoryRecordKeys } from "./stores.ts";
import { type MemoryTable, memoryTable } from "./table.ts";

export type { Action, MemoryTable, WriteFaults } from "./table.ts";
export { memoryApps, memoryCalls, memoryFiles, memoryLedger, memoryRaftStore, memoryRecordKeys, memoryTable };

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
 * The stores of one member over one table, whose `faults` strike the writes of all of them. Stores hold nothing themselves: a member that
 * restarts is new stores over the old table.
 */
export function memoryStores(table: MemoryTable = memoryTable()): MemoryStores {
  return {
    table,
    ledger: memoryLedger(table),
    raftStore: memoryRaftStore(table),
    recordKeys: memoryRecordKeys(table),
    files: memoryFiles(table),
    calls: memoryCalls(table),
    apps: memoryApps(table),
  };
}
