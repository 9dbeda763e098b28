export { sqliteApps } from "./apps.ts";
export { sqliteCalls } from "./calls.ts";
export {
  type ChainDatabase,
  type Database,
  type DatabaseOptions,
  type MemberDatabase,
  openChainDatabase,
  openMemberDatabase,
} from "./database.ts";
export { sqliteLedger } from "./ledger.ts";
export { sqliteRaftStore } from "./raft-store.ts";
export { sqliteRecordKeys } from "./record-keys.ts";
