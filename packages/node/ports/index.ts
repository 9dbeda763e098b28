export * from "./keys.ts";
export * from "./ledger.ts";
export * from "./pace.ts";
export * from "./peers.ts";
export * from "./raft-store.ts";
export * from "./world.ts";
