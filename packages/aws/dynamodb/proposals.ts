import { randomBytes } from "node:crypto";
import { damaged, frame, unframe } from "@vermilion/member/ports/framing";
import type { Clock, Proposal, RaftStore } from "@vermilion/member/ports/index";
import { checkHash, checkHeight, checkProposal } from "@vermilion/member/ports/limits";
import { blobOf, contentOf, keysOf } from "./blob.ts";
import { eachOf, getAll, jsonOf, pack, queryAll, unpack, writeAll } from "./items.ts";
import type { Item, Key, Table } from "./table.ts";

type ProposalStore = Pick<
  RaftStore,
  "addProposal" | "proposals" | "proposalCount" | "hasProposal" | "proposal" | "proposalById" | "dropProposals"
>;

/** What must be known of all that wait, kept small: the proposal itself is in a blob. */
interface Pointer {
  /** Names what this proposal's adder has written, apart from what others wrote for the same hash. */
  readonly attempt: string;
  /** Of entry and attachments. */
  readonly bytes: number;
  readonly author: string;
  readonly id: string;
}

const shards = Array.from({ length: 8 }, (_, shard) => `waiting/${shard}`);

/**
 * One small item, the pointer, is the proposal: it is written when all else is there and removed before all else, so neither needs a
 * transaction. Every attempt to add writes under a name of its own; what one that drops removes can never be what another one, who adds
 * the same proposal again, has just written. An attempt that ends half-way leaves an item that nobody reads.
 */
export function waitingProposals(table: Table, clock: Pick<Clock, "now">): ProposalStore {
  const nextArrival = arrivals(clock);

  async function pointerOf(transactionHash: string): Promise<Item | undefined> {
    checkHash(transactionHash);
    return table.get(pointerKey(transactionHash));
  }

  async function drop(transactionHash: string): Promise<void> {
    const item = await pointerOf(transactionHash);
    if (item === undefined) return;
    // One that was dropped and added again in between is the proposal now, and is dropped instead.
    const removed = await table.write({ remove: pointerKey(transactionHash), condition: { is: arrivalOf(item) } });
    if (removed !== "done") return drop(transactionHash);
    await forget(table, transactionHash, unpack<Pointer>(item));
  }

  return {
    async addProposal(proposal) {
      checkProposal(proposal);
      const { transactionHash, author, id } = proposal;
      if ((await pointerOf(transactionHash)) !== undefined) return "known";
      const pointer: Pointer = { attempt: randomBytes(12).toString("hex"), bytes: bytesOf(proposal), author, id };
      const { head, rest } = blobOf(bodyKey(transactionHash, pointer), "rest", encodeProposal(proposal));
      const byId = { ...idKey(pointer), bytes: pack(transactionHash) };
      await writeAll(
        table,
        [...rest, head, byId].map((put) => ({ put })),
      );
      const put = { ...pointerKey(transactionHash), bytes: pack(pointer), number: nextArrival() };
      if ((await table.write({ put, condition: "absent" })) === "done") return "added";
      await forget(table, transactionHash, pointer);
      return "known";
    },

    async proposals(countMax, bytesMax) {
      checkHeight("countMax", countMax);
      checkHeight("bytesMax", bytesMax);
      const waiting = (await Promise.all(shards.map((shard) => queryAll(table, shard, {})))).flat();
      const chosen = oldest(waiting, countMax, bytesMax);
      return (await proposalsOf(table, chosen)).filter((proposal) => proposal !== undefined);
    },

    async proposalCount() {
      return (await Promise.all(shards.map((shard) => table.count(shard)))).reduce((sum, count) => sum + count, 0);
    },

    async hasProposal(transactionHash) {
      return (await pointerOf(transactionHash)) !== undefined;
    },

    async proposal(transactionHash) {
      const item = await pointerOf(transactionHash);
      return item === undefined ? undefined : (await proposalsOf(table, [item]))[0];
    },

    async proposalById(author, id) {
      const items = await queryAll(table, idKey({ author, id, attempt: "" }).partition, {});
      const hashes = new Map(items.map((item) => [item.sort, unpack<string>(item)]));
      const pointers = (await getAll(table, [...new Set(hashes.values())].map(pointerKey))).filter((item) => item !== undefined);
      return pointers.sort(byArrival)[0]?.sort;
    },

    async dropProposals(transactionHashes) {
      for (const hash of transactionHashes) checkHash(hash);
      await eachOf([...new Set(transactionHashes)], drop);
    },
  };
}

/**
 * Stamps by which proposals are ordered: microseconds of the clock, strictly increasing in one process. Over several processes the order is
 * as good as their clocks, which is enough: it is fairness, and a counter would be an item that all of them fight for.
 */
function arrivals(clock: Pick<Clock, "now">): () => number {
  let last = 0;
  return () => {
    last = Math.max(clock.now() * 1_000, last + 1);
    return last;
  };
}

/** What was written for a proposal, once its pointer is gone or never came. */
async function forget(table: Table, transactionHash: string, pointer: Pointer): Promise<void> {
  const body = await table.get(bodyKey(transactionHash, pointer));
  const keys = [...(body === undefined ? [] : keysOf(body)), idKey(pointer)];
  await writeAll(
    table,
    keys.map((remove) => ({ remove })),
  );
}

function oldest(waiting: Item[], countMax: number, bytesMax: number): readonly Item[] {
  const chosen: Item[] = [];
  let bytes = 0;
  for (const item of waiting.sort(byArrival)) {
    bytes += unpack<Pointer>(item).bytes;
    if (chosen.length === countMax || (bytes > bytesMax && chosen.length > 0)) break;
    chosen.push(item);
  }
  return chosen;
}

/** Undefined for one that was dropped since its pointer was read. */
async function proposalsOf(table: Table, pointers: readonly Item[]): Promise<readonly (Proposal | undefined)[]> {
  const heads = await getAll(
    table,
    pointers.map((item) => bodyKey(item.sort, unpack<Pointer>(item))),
  );
  return eachOf(heads, async (head) => {
    const content = head === undefined ? undefined : await contentOf(table, head);
    return content === undefined ? undefined : decodeProposal(content);
  });
}

function byArrival(one: Item, other: Item): number {
  return arrivalOf(one) - arrivalOf(other) || (one.sort < other.sort ? -1 : 1);
}

function arrivalOf(item: Item): number {
  return item.number ?? damaged(`${item.partition} ${item.sort}`, "no arrival");
}

function pointerKey(transactionHash: string): Key {
  return { partition: shards[Number.parseInt(transactionHash.slice(0, 2), 16) % shards.length] ?? "", sort: transactionHash };
}

function bodyKey(transactionHash: string, { attempt }: Pick<Pointer, "attempt">): Key {
  return { partition: `proposal/${transactionHash}`, sort: attempt };
}

function idKey({ author, id, attempt }: Pick<Pointer, "author" | "id" | "attempt">): Key {
  return { partition: `proposal-id/${author}/${id}`, sort: attempt };
}

type Facts = Pick<Proposal, "transactionHash" | "author" | "id" | "until"> & {
  /** SHA-256, hex, of each attachment. */
  readonly attachments: readonly string[];
};

function bytesOf({ entry, attachments }: Proposal): number {
  return attachments.reduce((sum, { bytes }) => sum + bytes.length, entry.length);
}

function encodeProposal({ transactionHash, author, id, until, entry, attachments }: Proposal): Uint8Array {
  const facts: Facts = { transactionHash, author, id, until, attachments: attachments.map(({ sha256 }) => sha256) };
  return frame([pack(facts), entry, ...attachments.map(({ bytes }) => bytes)]);
}

function decodeProposal(content: Uint8Array): Proposal {
  const [json, entry, ...parts] = unframe(content, "proposal");
  if (json === undefined || entry === undefined) damaged("proposal", "no facts or no entry");
  const { attachments, ...facts } = jsonOf<Facts>(json, "proposal");
  if (attachments.length !== parts.length) damaged("proposal", `${parts.length} attachments, ${attachments.length} names`);
  return { ...facts, entry, attachments: attachments.map((sha256, n) => ({ sha256, bytes: parts[n] ?? damaged("proposal", sha256) })) };
}
