import type { MemberPlatform } from "@vermilion/member";
import { Fault } from "@vermilion/node";
import type { Node } from "../support/cluster.ts";
import { type Action, type MemoryTable, memoryStores } from "../support/memory/index.ts";

/**
 * Ends a member's process at a chosen call. What is counted are the calls that leave a mark outside the process: each atomic write of its
 * stores and each message to another member. A death at a read, a signature or a look at the clock is for everybody else the same death as
 * after the mark before it, so that these places cover all others.
 */
export class Fuse {
  /** Marks made so far by the process that runs now. */
  marks = 0;
  dead = false;
  private last = Number.POSITIVE_INFINITY;

  /** The process dies right after the n-th mark from now; 0: right before the next one. */
  set(n: number): void {
    this.last = this.marks + n;
  }

  /** No death is ordered any more. */
  disarm(): void {
    this.last = Number.POSITIVE_INFINITY;
  }

  async mark<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    if (this.marks >= this.last) this.blow();
    this.marks += 1;
    const mine = this.marks;
    const result = await work();
    if (mine >= this.last) this.blow();
    this.check();
    return result;
  }

  async read<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    const result = await work();
    this.check();
    return result;
  }

  private blow(): never {
    this.dead = true;
    return this.check() as never;
  }

  private check(): void {
    if (this.dead) throw new Fault("storage-failed", "the process has ended");
  }
}

/** One fuse a member, replaced at each opening: the old process then is as dead as `kill -9` would have made it. */
export class Fuses {
  private readonly fuses = new Map<string, Fuse>();

  of(id: string): Fuse {
    const fuse = this.fuses.get(id);
    if (fuse === undefined) throw new Error(`${id} was never opened`);
    return fuse;
  }

  readonly platform = (node: Node, platform: MemberPlatform): MemberPlatform => {
    const old = this.fuses.get(node.id);
    if (old !== undefined) old.dead = true;
    const fuse = new Fuse();
    this.fuses.set(node.id, fuse);
    const { ledger, raftStore, recordKeys } = memoryStores(fused(node.stores.table, fuse));
    return {
      ...platform,
      ledger,
      raftStore,
      recordKeys,
      peers: { call: (...given) => fuse.mark(() => platform.peers.call(...given)) },
    };
  };
}

function fused(table: MemoryTable, fuse: Fuse): MemoryTable {
  return {
    faults: table.faults,
    write: (action) => fuse.mark(() => table.write(action)),
    // Not all or none: the process may end when a part of them is written.
    putMany: async (items) => {
      const half = Math.ceil(items.length / 2);
      for (const some of [items.slice(0, half), items.slice(half)]) if (some.length > 0) await fuse.mark(() => table.putMany(some));
    },
    transact: (actions) => fuse.mark(() => table.transact(actions)),
    get: (key) => fuse.read(() => table.get(key)),
    getMany: (keys) => fuse.read(() => table.getMany(keys)),
    has: (keys) => fuse.read(() => table.has(keys)),
    query: (partition, query) => fuse.read(() => table.query(partition, query)),
    count: (partition) => fuse.read(() => table.count(partition)),
    identity: () => fuse.read(() => table.identity()),
  };
}

/** A table that remembers its writes, so that a test can bring back what it held at an earlier time, as an old backup would. */
export function journaled(table: MemoryTable): { readonly table: MemoryTable; readonly journal: (readonly Action[])[] } {
  const journal: (readonly Action[])[] = [];
  return {
    journal,
    table: {
      ...table,
      async write(action) {
        const result = await table.write(action);
        if (result === "done") journal.push([action]);
        return result;
      },
      async putMany(items) {
        await table.putMany(items);
        journal.push(items.map((put) => ({ put })));
      },
      async transact(actions) {
        const result = await table.transact(actions);
        if (result === "done") journal.push(actions);
        return result;
      },
    },
  };
}
