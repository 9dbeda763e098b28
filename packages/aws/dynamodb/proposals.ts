import { randomBytes } from "node:crypto";
import { damaged, frame, unframe } from "@vermilion/node/ports/framing";
import type { Clock, Proposal, RaftStore } from "@vermilion/node/ports/index";
import { checkHash, checkHeight, checkProposal } from "@vermilion/node/ports/limits";
import { blobOf, contentOf } from "./blob.ts";
import { eachOf, getAll, hasAll, jsonOf, pack, queryAll, unpack, writeAll } from "./items.ts";
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

/** A day after its time nobody waits for a proposal any more: what was written for it goes by itself, which costs nothing. */
const keptSeconds = 86_400;

/**
 * One small item, the pointer, is the proposal: it is written when all else is there, and removing it is dropping the proposal. All else
 * bears the name of the attempt to add it, is never written over, and is left to DynamoDB to remove when the proposal is long over; so
 * neither adding nor dropping needs a transaction, and a drop costs one unit.
 */
export function waitingProposals(table: Table, clock: Pick<Clock, "now">): ProposalStore {
  return { ...adding(table, clock), ...looking(table) };
}

async function pointerOf(table: Table, transactionHash: string): Promise<Item | undefined> {
  checkHash(transactionHash);
  return table.get(pointerKey(transactionHash));
}

function adding(table: Table, clock: Pick<Clock, "now">): Pick<ProposalStore, "addProposal" | "dropProposals"> {
  const nextArrival = arrivals(clock);
  return {
    async addProposal(proposal) {
      checkProposal(proposal);
      const { transactionHash, author, id } = proposal;
      if ((await pointerOf(table, transactionHash)) !== undefined) return "known";
      const pointer: Pointer = { attempt: randomBytes(12).toString("hex"), bytes: bytesOf(proposal), author, id };
      const { head, rest } = blobOf(bodyKey(transactionHash, pointer), "rest", encodeProposal(proposal));
      const byId = { ...idKey(pointer), bytes: pack(transactionHash) };
      const expires = Math.ceil(proposal.until / 1_000) + keptSeconds;
      await writeAll(
        table,
        [...rest, head, byId].map((item) => ({ put: { ...item, expires } })),
      );
      const put = { ...pointerKey(transactionHash), bytes: pack(pointer), number: nextArrival() };
      return (await table.write({ put, condition: "absent" })) === "done" ? "added" : "known";
    },

    async dropProposals(transactionHashes) {
      for (const hash of transactionHashes) checkHash(hash);
      const keys = [...new Set(transactionHashes)].map(pointerKey);
      // A follower drops what mostly waits at another member: to look is a fifth of the price of removing what is not there.
      const there = await hasAll(table, keys);
      await writeAll(
        table,
        keys.filter((_, n) => there[n]).map((remove) => ({ remove })),
      );
    },
  };
}

/** Those that are there. One whose body DynamoDB has removed waits for nothing: it was never dropped, since the member was away. */
async function presentOf(table: Table, pointers: readonly Item[]): Promise<readonly Proposal[]> {
  const found = await proposalsOf(table, pointers);
  const lost = pointers.filter((_, n) => found[n] === undefined);
  await writeAll(
    table,
    lost.map((item) => ({ remove: pointerKey(item.sort), condition: { is: arrivalOf(item) } })),
  );
  return found.filter((proposal) => proposal !== undefined);
}

function looking(table: Table): Omit<ProposalStore, "addProposal" | "dropProposals"> {
  return {
    async proposals(countMax, bytesMax) {
      checkHeight("countMax", countMax);
      checkHeight("bytesMax", bytesMax);
      const waiting = (await Promise.all(shards.map((shard) => queryAll(table, shard, {})))).flat();
      const chosen = oldest(waiting, countMax, bytesMax);
      return presentOf(table, chosen);
    },

    async proposalCount() {
      return (await Promise.all(shards.map((shard) => table.count(shard)))).reduce((sum, count) => sum + count, 0);
    },

    async hasProposal(transactionHash) {
      return (await pointerOf(table, transactionHash)) !== undefined;
    },

    async proposal(transactionHash) {
      const item = await pointerOf(table, transactionHash);
      return item === undefined ? undefined : (await presentOf(table, [item]))[0];
    },

    async proposalById(author, id) {
      const items = await queryAll(table, idKey({ author, id, attempt: "" }).partition, {});
      const hashes = new Map(items.map((item) => [item.sort, unpack<string>(item)]));
      const pointers = (await getAll(table, [...new Set(hashes.values())].map(pointerKey))).filter((item) => item !== undefined);
      return pointers.sort(byArrival)[0]?.sort;
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

/** Undefined where the body is gone. */
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
