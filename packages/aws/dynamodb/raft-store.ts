import type { Clock, RaftStore } from "@vermilion/node/ports/index";
import { checkHeight, checkName, checkPrefix, checkValue } from "@vermilion/node/ports/limits";
import { chainTable } from "./chain-table.ts";
import { end, pack, queryAll, unpack } from "./items.ts";
import { waitingProposals } from "./proposals.ts";
import type { Table } from "./table.ts";

type RaftState = Parameters<RaftStore["save"]>[0];

/**
 * What a member must not forget as a Raft node of one chain. Its items, all in the table of that name, each partition key behind the id of the
 * chain and a slash (`chain-table.ts`):
 *
 * | partition                     | sort key                | content |
 * |-------------------------------|-------------------------|---------|
 * | `raft`                        | `state`                 | JSON; number: version |
 * |                               | `asked`                 | identity of the table that it stood in when the others were asked what they hold of this member |
 * | `reservation`                 | `<place>`               | what the place is reserved for; never removed |
 * | `waiting/<shard>`             | `<transaction hash>`    | a proposal waits exactly while this is there: sizes and names; number: arrival. Eight shards |
 * | `proposal/<transaction hash>` | `<attempt>`             | blob: author, id, until, entry, attachments; written before; `expires` |
 * | `proposal-id/<author>/<id>`   | `<attempt>`             | transaction hash; written before; `expires` |
 * | `coordinator`                 | `coordinator`           | see coordinator-store.ts |
 *
 * `expires` is a day after the proposal's `until`; then DynamoDB removes the item, which costs nothing, and nobody misses it.
 *
 * What caps it (ledger.ts has the rule): each turn saves `raft`/`state`, a few KB: some 200 turns/s. A block reserves two places: 500
 * blocks/s. A proposal costs one unit in its shard when it comes and one when it goes, and a look at what waits reads every shard whole,
 * 8 × 3,000 read units/s: 4,000 entries/s, and 20,000 that wait, of 0.3 KB here, are read 16 times a second.
 */
export function dynamoRaftStore(chain: string, raft: Table, clock: Pick<Clock, "now">): RaftStore {
  const table = chainTable(raft, chain);
  return { ...raftState(table), ...reservations(table), ...waitingProposals(table, clock), ...setBack(table) };
}

function raftState(table: Table): Pick<RaftStore, "load" | "save"> {
  const key = { partition: "raft", sort: "state" };
  return {
    async load() {
      const item = await table.get(key);
      if (item === undefined) return { version: 0, state: undefined };
      return { version: item.number ?? 0, state: unpack<RaftState>(item) };
    },

    async save(state, expectedVersion) {
      checkHeight("version", expectedVersion);
      const bytes = pack(state);
      checkValue("the Raft state", bytes);
      const put = { ...key, bytes, number: expectedVersion + 1 };
      const result = await table.write({ put, condition: expectedVersion === 0 ? "absent" : { is: expectedVersion } });
      return result === "done" ? "saved" : "stale";
    },
  };
}

/** What a member has bound itself to before there is a chain: whose founding it has signed. */
export function foundingReservations(raft: Table): Pick<RaftStore, "reserve" | "highestReserved"> {
  return reservations(chainTable(raft, "founding"));
}

function reservations(table: Table): Pick<RaftStore, "reserve" | "highestReserved"> {
  const partition = "reservation";
  return {
    async reserve(place, what) {
      checkName("place", place);
      checkValue("what is reserved", what);
      const result = await table.write({ put: { partition, sort: place, bytes: pack(what) }, condition: "absent" });
      if (result === "done") return what;
      if (result.unmet === undefined) throw new Error("bug: a reservation is gone");
      return unpack<string>(result.unmet);
    },

    async highestReserved(prefix) {
      checkPrefix(prefix);
      const [item] = await queryAll(table, partition, { from: prefix, to: end(prefix), backward: true, limit: 1 });
      return item === undefined ? undefined : { place: item.sort, what: unpack<string>(item) };
    },
  };
}

/** A restored copy is another table: it holds the mark of the one that it was made from. */
function setBack(table: Table): Pick<RaftStore, "isSetBack" | "noteOpened"> {
  const key = { partition: "raft", sort: "asked" };
  return {
    async isSetBack() {
      const [item, identity] = await Promise.all([table.get(key), table.identity()]);
      if (item === undefined) return "maybe";
      return unpack<string>(item) === identity ? "no" : "yes";
    },

    async noteOpened() {
      await table.write({ put: { ...key, bytes: pack(await table.identity()) } });
    },
  };
}
