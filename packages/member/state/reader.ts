import { type Json, rowAtKey, rowUnderPrefix, type StateKey, type StatePrefix } from "@vermilion/ledger";
import type { StateRow } from "@vermilion/node/ports/index";
import type { ReadingContext } from "../context.ts";

type Reading = Pick<ReadingContext, "ledger">;

/** The row of a key in the published state. */
export async function readRow<Row extends Json>(context: Reading, key: StateKey<Row>): Promise<Row | undefined> {
  const [row] = await context.ledger.stateRows([key]);
  return row === undefined || row.value === null ? undefined : rowAtKey(key, row.value);
}

/** Rows of several keys of one kind, in the order asked; absent ones are left out. */
export async function readRows<Row extends Json>(context: Reading, keys: readonly StateKey<Row>[]): Promise<readonly Row[]> {
  const rows = new Map((await context.ledger.stateRows(keys)).map((row) => [row.key, row.value]));
  return keys.flatMap((key) => {
    const value = rows.get(key) ?? null;
    return value === null ? [] : [rowAtKey(key, value)];
  });
}

export interface RangePage<Row> {
  readonly rows: readonly { readonly key: string; readonly value: Row }[];
  /** Key to go on from; undefined at the end. */
  readonly next: string | undefined;
}

/**
 * Up to `limit` rows under a prefix, deleted ones left out; newest first where the keys hold heights and `backward` is asked.
 */
export async function readRange<Row extends Json>(
  context: Reading,
  prefix: StatePrefix<Row>,
  options: { readonly from?: string | undefined; readonly limit: number; readonly backward?: boolean },
): Promise<RangePage<Row>> {
  const { limit, backward = false } = options;
  const rows: { key: string; value: Row }[] = [];
  let from = options.from;
  for (;;) {
    const some: readonly StateRow[] = backward
      ? await context.ledger.stateRangeBackward(prefix, from, limit + 1)
      : await context.ledger.stateRange(prefix, from, limit + 1);
    for (const row of some) {
      if (row.value === null) continue;
      if (rows.length === limit) return { rows, next: rows.at(-1)?.key };
      rows.push({ key: row.key, value: rowUnderPrefix(prefix, row.value) });
    }
    if (some.length <= limit) return { rows, next: undefined };
    from = some.at(-1)?.key;
  }
}
