import type { Proposal, RaftStore } from "@vermilion/member/ports/index";
import { checkHash, checkHeight, checkName, checkPrefix, checkProposal, checkValue } from "@vermilion/member/ports/limits";
import { digits, getAll, pack, queryAll, unpack, writeEach } from "./items.ts";
import { type Item, type MemoryTable, memoryTable } from "./table.ts";

type RaftState = Parameters<RaftStore["save"]>[0];

/**
 * Items: `raft`/`state` (JSON; number: version), `reservation`/`<place>`, and of each waiting proposal `waiting`/`<arrival>` (entry and
 * names), `proposal-id/<author>/<id>`/`<arrival>`, `proposal/<hash>`/`arrival` (number: arrival) and `proposal/<hash>`/`attachment/<n>`; `waiting-next`/`arrival` counts arrivals.
 * The first three of a proposal come and go together, so that they are the proposal; its attachments are there before and go with them.
 */
export function memoryRaftStore(table: MemoryTable = memoryTable()): RaftStore {
  return { ...raftState(table), ...reservations(table), ...proposals(table), ...setBack() };
}

function setBack(): Pick<RaftStore, "mayBeSetBack" | "noteAsked"> {
  let asked = false;
  return {
    mayBeSetBack: async () => !asked,
    noteAsked: async () => {
      asked = true;
    },
  };
}

function raftState(table: MemoryTable): Pick<RaftStore, "load" | "save"> {
  const key = { partition: "raft", sort: "state" };
  return {
    async load() {
      const item = await table.get(key);
      if (item === undefined) return { version: 0, state: undefined };
      return { version: item.number ?? 0, state: JSON.parse(unpack<string>(item)) as RaftState };
    },

    async save(state, expectedVersion) {
      checkHeight("version", expectedVersion);
      const text = JSON.stringify(state);
      checkValue("the Raft state", text);
      const result = await table.transact([
        {
          put: { ...key, bytes: pack(text), number: expectedVersion + 1 },
          condition: expectedVersion === 0 ? "absent" : { is: expectedVersion },
        },
      ]);
      return result === "done" ? "saved" : "stale";
    },
  };
}

function reservations(table: MemoryTable): Pick<RaftStore, "reserve" | "highestReserved"> {
  const partition = "reservation";
  return {
    async reserve(place, what) {
      checkName("place", place);
      checkValue("what is reserved", what);
      await writeEach(table, [{ put: { partition, sort: place, bytes: pack(what) }, condition: "absent" }]);
      const item = await table.get({ partition, sort: place });
      if (item === undefined) throw new Error("bug: a reservation is gone");
      return unpack<string>(item);
    },

    async highestReserved(prefix) {
      checkPrefix(prefix);
      const [item] = await queryAll(table, partition, { from: prefix, to: `${prefix}\u007f`, backward: true, limit: 1 });
      return item === undefined ? undefined : { place: item.sort, what: unpack<string>(item) };
    },
  };
}

interface Waiting {
  readonly transactionHash: string;
  readonly author: string;
  readonly id: string;
  readonly until: number;
  readonly bytes: number;
  readonly entry: Uint8Array;
  readonly names: readonly string[];
}

type ProposalStore = Pick<
  RaftStore,
  "addProposal" | "proposals" | "proposalCount" | "hasProposal" | "proposal" | "proposalById" | "dropProposals"
>;

function proposals(table: MemoryTable): ProposalStore {
  const nextKey = { partition: "waiting-next", sort: "arrival" };

  async function hasProposal(transactionHash: string): Promise<boolean> {
    checkHash(transactionHash);
    return (await table.get(arrivalKey(transactionHash))) !== undefined;
  }

  async function proposalOf(waiting: Waiting): Promise<Proposal | undefined> {
    const keys = waiting.names.map((_, place) => attachmentKey(waiting.transactionHash, place));
    const attachments = (await getAll(table, keys)).flatMap((item, place) =>
      item === undefined ? [] : [{ sha256: waiting.names[place] ?? "", bytes: Uint8Array.from(item.bytes) }],
    );
    // Dropped by another turn between the two reads.
    if (attachments.length < keys.length) return undefined;
    const { transactionHash, author, id, entry, until } = waiting;
    return { transactionHash, author, id, entry, attachments, until };
  }

  return {
    hasProposal,

    async addProposal(proposal) {
      checkProposal(proposal);
      const { transactionHash } = proposal;
      if (await hasProposal(transactionHash)) return "known";
      await writeEach(
        table,
        proposal.attachments.map(({ bytes }, place) => ({ put: { ...attachmentKey(transactionHash, place), bytes } })),
      );
      for (;;) {
        const next = await table.get(nextKey);
        const arrival = (next?.number ?? 0) + 1;
        const result = await table.transact([
          { put: { ...nextKey, bytes: pack(arrival), number: arrival }, condition: next === undefined ? "absent" : { is: arrival - 1 } },
          { put: { ...arrivalKey(transactionHash), bytes: pack(arrival), number: arrival }, condition: "absent" },
          { put: { partition: "waiting", sort: digits(arrival), bytes: pack(waitingOf(proposal)) } },
          { put: { partition: idPartition(proposal), sort: digits(arrival), bytes: pack(transactionHash) } },
        ]);
        if (result === "done") return "added";
        if (result.cancelled.includes(1)) return "known";
      }
    },

    async proposals(countMax, bytesMax) {
      checkHeight("countMax", countMax);
      checkHeight("bytesMax", bytesMax);
      const found: Proposal[] = [];
      let bytes = 0;
      for (const item of await queryAll(table, "waiting", { limit: countMax })) {
        const waiting = unpack<Waiting>(item);
        bytes += waiting.bytes;
        if (bytes > bytesMax && found.length > 0) break;
        const proposal = await proposalOf(waiting);
        if (proposal !== undefined) found.push(proposal);
      }
      return found;
    },

    async proposalCount() {
      return (await queryAll(table, "waiting", {})).length;
    },

    async proposal(transactionHash) {
      checkHash(transactionHash);
      const arrival = (await table.get(arrivalKey(transactionHash)))?.number;
      const item = arrival === undefined ? undefined : await table.get({ partition: "waiting", sort: digits(arrival) });
      return item === undefined ? undefined : proposalOf(unpack<Waiting>(item));
    },

    async proposalById(author, id) {
      const [item] = await queryAll(table, idPartition({ author, id }), { limit: 1 });
      return item === undefined ? undefined : unpack<string>(item);
    },

    async dropProposals(transactionHashes) {
      for (const hash of transactionHashes) checkHash(hash);
      for (const hash of new Set(transactionHashes)) {
        const arrival = (await table.get(arrivalKey(hash)))?.number;
        if (arrival === undefined) continue;
        // At most 64 attachments beside three items: one transaction.
        const waiting = await table.get({ partition: "waiting", sort: digits(arrival) });
        const byId = waiting === undefined ? [] : [{ partition: idPartition(unpack<Waiting>(waiting)), sort: digits(arrival) }];
        const items = [...(await queryAll(table, proposalPartition(hash), {})), ...byId, { partition: "waiting", sort: digits(arrival) }];
        await writeEach(
          table,
          items.map(({ partition, sort }) => ({ remove: { partition, sort } })),
        );
      }
    },
  };
}

function proposalPartition(transactionHash: string): string {
  return `proposal/${transactionHash}`;
}

function arrivalKey(transactionHash: string): Pick<Item, "partition" | "sort"> {
  return { partition: proposalPartition(transactionHash), sort: "arrival" };
}

function attachmentKey(transactionHash: string, place: number): Pick<Item, "partition" | "sort"> {
  return { partition: proposalPartition(transactionHash), sort: `attachment/${digits(place)}` };
}

/** Names the pair that may be used once; holds transaction hashes in order of arrival. */
function idPartition({ author, id }: Pick<Proposal, "author" | "id">): string {
  return `proposal-id/${author}/${id}`;
}

function waitingOf({ transactionHash, author, id, until, entry, attachments }: Proposal): Waiting {
  const bytes = attachments.reduce((sum, attachment) => sum + attachment.bytes.length, entry.length);
  return { transactionHash, author, id, until, bytes, entry, names: attachments.map(({ sha256 }) => sha256) };
}
