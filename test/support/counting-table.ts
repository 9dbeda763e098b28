import type { Action, Item, Table } from "@vermilion/aws/dynamodb/index";

/** What DynamoDB would bill, by the first part of the partition key behind the chain. */
export interface Units {
  readonly writes: ReadonlyMap<string, number>;
  readonly reads: ReadonlyMap<string, number>;
  /** Requests. */
  readonly calls: number;
}

export interface CountingTable {
  readonly table: Table;
  /** Since the last time that it was asked. */
  taken(): Units;
}

// DynamoDB Developer Guide, "Read and write operations": 1 KB a write unit, of the larger of the item before and after; twice in a
// transaction; 4 KB a unit of a strongly consistent read, where a query is charged for the sum of its items.
const writeUnitBytes = 1_024;
const readUnitBytes = 4_096;
/** Names of the attributes, numbers, and the name of a conditional write. */
const besideBytes = 50;

/** Counts the units of everything that passes, the failed conditions too, which are billed as if they had not. */
export function countingTable(inner: Table): CountingTable {
  let writes = new Map<string, number>();
  let reads = new Map<string, number>();
  let calls = 0;

  function add(to: Map<string, number>, partition: string, units: number): void {
    const name = partition.replace(/^[0-9a-f]{64}\//, "").split("/")[0] ?? "";
    to.set(name, (to.get(name) ?? 0) + units);
  }
  function addRead(partition: string, items: readonly (Item | undefined)[]): void {
    const bytes = items.reduce((sum, item) => sum + sizeOf(item), 0);
    add(reads, partition, Math.max(1, Math.ceil(bytes / readUnitBytes)));
  }
  async function addWrite(action: Action, factor: number): Promise<void> {
    const { partition, sort } = "put" in action ? action.put : action.remove;
    const bytes = Math.max(sizeOf(await inner.get({ partition, sort })), "put" in action ? sizeOf(action.put) : 0);
    add(writes, partition, factor * Math.max(1, Math.ceil(bytes / writeUnitBytes)));
  }

  const table: Table = {
    async get(key) {
      calls += 1;
      const item = await inner.get(key);
      addRead(key.partition, [item]);
      return item;
    },
    async getMany(keys) {
      calls += 1;
      const items = await inner.getMany(keys);
      for (const [n, item] of items.entries()) addRead(keys[n]?.partition ?? "", [item]);
      return items;
    },
    async has(keys) {
      calls += 1;
      // Leaving the content out saves its way, not its price.
      for (const [n, item] of (await inner.getMany(keys)).entries()) addRead(keys[n]?.partition ?? "", [item]);
      return inner.has(keys);
    },
    async query(partition, query) {
      calls += 1;
      const page = await inner.query(partition, query);
      addRead(partition, page.items);
      return page;
    },
    async count(partition) {
      calls += 1;
      addRead(partition, (await inner.query(partition, {})).items);
      return inner.count(partition);
    },
    async write(action) {
      calls += 1;
      await addWrite(action, 1);
      return inner.write(action);
    },
    async putMany(items) {
      calls += 1;
      for (const put of items) await addWrite({ put }, 1);
      return inner.putMany(items);
    },
    async transact(actions) {
      calls += 1;
      for (const action of actions) await addWrite(action, 2);
      return inner.transact(actions);
    },
    identity: () => inner.identity(),
  };

  return {
    table,
    taken() {
      const units = { writes, reads, calls };
      writes = new Map();
      reads = new Map();
      calls = 0;
      return units;
    },
  };
}

function sizeOf(item: Item | undefined): number {
  if (item === undefined) return 0;
  return Buffer.byteLength(item.partition) + Buffer.byteLength(item.sort) + item.bytes.length + besideBytes;
}
