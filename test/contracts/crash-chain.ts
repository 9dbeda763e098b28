import { initialState } from "@vermilion/consensus";
import type { Ledger, RaftStore } from "@vermilion/node/ports/index";
import { expect } from "vitest";
import { attachmentOf, bytesOf, sha256, stepOf, type TestBlock, testChain } from "./chain.ts";
import { expectSame } from "./opened.ts";

type RaftState = Parameters<RaftStore["save"]>[0];

/** The chain that the writer writes and the checker knows: every block follows from its height. */
export function crashChain(): { at(height: number): TestBlock } {
  const chain = testChain();
  return {
    at(height) {
      while (chain.blocks.length <= height) {
        const next = chain.blocks.length;
        chain.next({
          entries: Array.from({ length: next === 0 ? 1 : (next * 7) % 23 }, (_, place) =>
            bytesOf(`entry ${next} ${place} ${"x".repeat(next % 900)}`),
          ),
          writes: [
            { key: "counter", value: next },
            { key: `row/${next % 10}`, value: `written at ${next}` },
          ],
          attachments: next % 5 === 0 ? [attachmentOf(Buffer.alloc(5_000, `attachment ${next} `))] : [],
        });
      }
      const made = chain.blocks[height];
      if (made === undefined) throw new Error(`no block ${height}`);
      return made;
    },
  };
}

export function crashState(height: number): RaftState {
  return { ...initialState("tax", ["customs", "tax"], { term: 0, height: 0, hash: sha256("genesis") }), term: height };
}

export function crashProposal(height: number) {
  const name = `proposal ${height}`;
  return {
    transactionHash: sha256(name),
    author: "author",
    id: sha256(`id ${name}`).slice(0, 32),
    entry: bytesOf(name),
    attachments: [],
    until: 1,
  };
}

/** The last height of each kind of call that the writer has been answered. */
export interface Acknowledged {
  readonly saved: number;
  readonly reserved: number;
  readonly turn: number;
  readonly moved: number;
  readonly published: number;
  readonly final: number;
}

export const nothingAcknowledged: Acknowledged = { saved: -1, reserved: -1, turn: -1, moved: -1, published: -1, final: -1 };

/** Everything acknowledged is there, and what is derived agrees with itself, wherever the writer was cut. */
export async function checkAfterCrash(ledger: Ledger, raftStore: RaftStore, acknowledged: Acknowledged): Promise<void> {
  const chain = crashChain();
  const head = (await ledger.head())?.height ?? -1;
  const published = (await ledger.published())?.height ?? -1;
  expect(head).toBeGreaterThanOrEqual(acknowledged.moved);
  expect(published).toBeGreaterThanOrEqual(acknowledged.published);
  expect(published).toBeLessThanOrEqual(head);
  expect((await raftStore.load()).state?.term ?? -1).toBeGreaterThanOrEqual(acknowledged.turn);
  if (acknowledged.reserved >= 0)
    expect(await raftStore.reserve(`header/${acknowledged.reserved}`, "another")).toBe(`block ${acknowledged.reserved}`);
  if (acknowledged.final >= 0) expect(await ledger.finalSize()).toBeGreaterThanOrEqual(chain.at(acknowledged.final).block.after.size);
  for (const height of new Set([head, acknowledged.saved, Math.max(0, head - 3), 0])) {
    if (height >= 0 && head >= 0) expectSame(await ledger.readBlock(chain.at(height).block.after.hash), chain.at(height).block);
  }
  if (head >= 0) expect(await ledger.head()).toEqual(stepOf(chain.at(head)));
  await checkPublished(ledger, published, chain);
}

/** The published standing agrees with its rows, tiles, leaf records and places: those of its height, and none newer. */
async function checkPublished(ledger: Ledger, published: number, chain: ReturnType<typeof crashChain>): Promise<void> {
  const expected = new Map<string, object>();
  for (let height = 0; height <= published; height++) {
    for (const { key, value } of chain.at(height).block.writes) expected.set(key, { key, value, height });
  }
  const rows = await ledger.stateRange("", undefined, 1_000);
  expect(new Map(rows.map((row) => [row.key, row]))).toEqual(expected);
  if (published < 0) return;
  const { block, publication } = chain.at(published);
  expect(await ledger.published()).toEqual(block.after);
  expectSame(await ledger.leafRecords(publication.first, 256), publication.leafRecords);
  expectSame(
    await ledger.tiles(publication.tiles),
    publication.tiles.map(({ hashes }) => hashes),
  );
  for (const place of publication.entries) expect(await ledger.entryPlace(place.transactionHash)).toEqual(place);
}
