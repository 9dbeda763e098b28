export * from "./files.ts";
export * from "./stores.ts";
