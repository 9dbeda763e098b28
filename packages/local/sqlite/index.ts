export { sqliteApps } from "./apps.ts";
export { sqliteCalls } from "./calls.ts";
export { type Database, type DatabaseOptions, openDatabase } from "./database.ts";
export { sqliteLedger } from "./ledger.ts";
export { sqliteRaftStore } from "./raft-store.ts";
export { sqliteRecordKeys } from "./record-keys.ts";
