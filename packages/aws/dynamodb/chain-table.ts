import { ensure } from "@vermilion/node/ports/limits";
import type { Action, Item, Key, Table } from "./table.ts";

const chainForm = /^(?:[0-9a-f]{64}|founding)$/;

/**
 * What a table holds of one chain: every partition key begins with the chain's id, so that no store of a chain reads or writes an item of
 * another one. `founding` stands for what a member holds before it knows which chain will come of it.
 */
export function chainTable(table: Table, chain: string): Table {
  ensure(chainForm.test(chain), `not the id of a chain: ${chain}`);
  const prefix = `${chain}/`;
  const into = <K extends Key>(key: K): K => ({ ...key, partition: prefix + key.partition });
  const outOf = (item: Item): Item => ({ ...item, partition: item.partition.slice(prefix.length) });
  const outOfMaybe = (item: Item | undefined) => (item === undefined ? undefined : outOf(item));
  const actionInto = (action: Action): Action =>
    "put" in action ? { ...action, put: into(action.put) } : { ...action, remove: into(action.remove) };
  return {
    get: async (key) => outOfMaybe(await table.get(into(key))),
    getMany: async (keys) => (await table.getMany(keys.map(into))).map(outOfMaybe),
    has: (keys) => table.has(keys.map(into)),
    async query(partition, query) {
      const { items, last } = await table.query(prefix + partition, query);
      return { items: items.map(outOf), last };
    },
    count: (partition) => table.count(prefix + partition),
    async write(action) {
      const result = await table.write(actionInto(action));
      return result === "done" ? result : { unmet: outOfMaybe(result.unmet) };
    },
    putMany: (items) => table.putMany(items.map(into)),
    transact: (actions) => table.transact(actions.map(actionInto)),
    identity: () => table.identity(),
  };
}
