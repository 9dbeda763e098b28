import type { Json } from "./json.ts";

declare const rowAt: unique symbol;
declare const rowsUnder: unique symbol;

/** A key of the state that knows the type of its row. ASCII without blanks, at most 512 characters; `/` separates (`stateKeyForm`). */
export type StateKey<Row extends Json = Json> = string & { readonly [rowAt]?: Row };

/** The beginning of keys whose rows are all of one type. */
export type StatePrefix<Row extends Json = Json> = string & { readonly [rowsUnder]?: Row };

/**
 * A stored value as the row that its key says. Contracts alone write rows, each under a key of its type, so nobody checks them again: this is
 * the one place where a value gets that type.
 */
export function rowAtKey<Row extends Json>(_key: StateKey<Row>, value: Json): Row {
  return value as Row;
}

/** The same for a row found under a prefix. */
export function rowUnderPrefix<Row extends Json>(_prefix: StatePrefix<Row>, value: Json): Row {
  return value as Row;
}
