export { dynamoApps } from "./apps.ts";
export { dynamoCalls } from "./calls.ts";
export { chainTable } from "./chain-table.ts";
export { dynamoTable } from "./client-table.ts";
export { dynamoLedger, type LedgerTables } from "./ledger.ts";
export { dynamoRaftStore, foundingReservations } from "./raft-store.ts";
export { dynamoRecordKeys } from "./record-keys.ts";
export type { Action, Condition, Item, Key, Page, Query, Table } from "./table.ts";
