import { checkCount, ensure } from "@vermilion/node/ports/limits";
import { chainTable } from "../dynamodb/chain-table.ts";
import { pack, unpack } from "../dynamodb/items.ts";
import type { Item, Table } from "../dynamodb/table.ts";
import { coordinatorPartition } from "../environment.ts";

export interface Coordination {
  /** Of the newest execution, 0 before the first. */
  readonly number: number;
  /** How often somebody wanted consensus to be driven. */
  readonly wanted: number;
  /** Whether the execution with this number is meant to run. */
  readonly running: boolean;
}

/**
 * Which execution of the coordinator drives the consensus of a chain, so that one runs while there is work, and none while there is not. It is about cost
 * and liveness only: two executions at once, or one that believes wrongly that it runs, do no harm to the ledger.
 *
 * - Executions are named by their number, and a name can be started once: starting number n again is no second execution. A store that was
 *   restored from a backup counts again from an older number, whose names are taken: whoever meets that passes over many at once.
 * - No wish is lost: whoever wants work done is either told which number to start, or is seen by the running execution before it ends.
 * - Every change is a compare-and-set and can be repeated. A call that throws may have happened: then an execution may be meant to run that
 *   nobody has started, until the watchdog sees that and calls `lost` and `want`.
 */
export interface CoordinatorStore {
  /** Somebody has work. `start`: nothing runs, the caller starts the execution with this number. */
  want(): Promise<{ readonly start: number } | "running">;
  /** Wishes so far. An execution asks before it looks for work, and gives the answer to `end` when it found none. */
  seen(): Promise<number>;
  /** The execution `number` found no more work. `more`: there are newer wishes than `seen`, it must look again. */
  end(number: number, seen: number): Promise<"ended" | "more">;
  /**
   * The execution `number` hands over to a new one, before its history is full; the answer is the number to start. The same caller gets the
   * same answer however often he asks.
   */
  nextNumber(number: number): Promise<number>;
  /**
   * No execution `number` runs: it failed, was stopped or was never started. What is newer is not touched. `passOver` more numbers are not
   * used either.
   */
  lost(number: number, passOver?: number): Promise<void>;
  /** For the watchdog: which execution should be running. */
  state(): Promise<Coordination>;
}

const key = { partition: coordinatorPartition, sort: "coordinator" };
const nothing: Coordination = { number: 0, wanted: 0, running: false };

/** One item of a chain in the table of Raft; its number counts the changes. */
export function dynamoCoordinator(chain: string, raft: Table): CoordinatorStore {
  const table = chainTable(raft, chain);
  async function load(): Promise<{ readonly state: Coordination; readonly item: Item | undefined }> {
    const item = await table.get(key);
    return { item, state: item === undefined ? nothing : unpack<Coordination>(item) };
  }

  /** Changes what is stored as `change` says, or leaves it where that is undefined; answers what `change` was given. */
  async function changed(change: (state: Coordination) => Coordination | undefined): Promise<Coordination> {
    for (;;) {
      const { state, item } = await load();
      const next = change(state);
      if (next === undefined) return state;
      const changes = item?.number ?? 0;
      const put = { ...key, bytes: pack(next), number: changes + 1 };
      if ((await table.write({ put, condition: item === undefined ? "absent" : { is: changes } })) === "done") return state;
    }
  }

  return {
    async want() {
      const before = await changed(({ number, wanted, running }) => ({
        number: running ? number : number + 1,
        wanted: wanted + 1,
        running: true,
      }));
      return before.running ? "running" : { start: before.number + 1 };
    },

    async seen() {
      return (await load()).state.wanted;
    },

    async end(number, seen) {
      checkNumber(number);
      checkCount("seen", seen, Number.MAX_SAFE_INTEGER);
      const isOurs = (state: Coordination) => state.running && state.number === number;
      const before = await changed((state) => (isOurs(state) && state.wanted === seen ? { ...state, running: false } : undefined));
      return isOurs(before) && before.wanted !== seen ? "more" : "ended";
    },

    async nextNumber(number) {
      checkNumber(number);
      await changed((state) => (state.number === number ? { ...state, number: number + 1, running: true } : undefined));
      return number + 1;
    },

    async lost(number, passOver = 0) {
      checkNumber(number);
      checkCount("numbers to pass over", passOver, Number.MAX_SAFE_INTEGER - number);
      await changed((state) =>
        state.running && state.number === number ? { ...state, number: number + passOver, running: false } : undefined,
      );
    },

    async state() {
      return (await load()).state;
    },
  };
}

function checkNumber(number: number): void {
  ensure(Number.isSafeInteger(number) && number >= 1, `executions are numbered from 1: ${number}`);
}
