import type { CoordinatorStore } from "@vermilion/aws/coordinator/store";
import { initialState } from "@vermilion/consensus";
import type { Files, RecordKeys } from "@vermilion/member/ports/index";
import type { Ledger, RaftStore } from "@vermilion/node/ports/index";
import { expect, test } from "vitest";
import { attachmentOf, bytesOf, commit, sha256, type TestBlock, testChain } from "./chain.ts";
import { expectSame, type OpenChain, over } from "./opened.ts";
import { moves, testFile } from "./test-file.ts";

/** Two chains in one store: neither sees, changes or removes a row of the other, though both have the same names for what they keep. */

const keyOf = (height: number) => [{ key: "counter", value: `of height ${height}` }];

async function expectNothingOf(ledger: Ledger, { block, publication }: TestBlock, sealed: string): Promise<void> {
  const { after, attachments } = block;
  const { transactionHash } = publication.entries[0]!;
  expect(await ledger.head()).toBeUndefined();
  expect(await ledger.published()).toBeUndefined();
  expect(await ledger.readBlock(after.hash)).toBeUndefined();
  expect(await ledger.hashesFrom(0, 10)).toEqual([]);
  expect(await ledger.certificate(after.height)).toBeUndefined();
  expect(await ledger.attachment(attachments[0]!.sha256)).toBeUndefined();
  expect(await ledger.sealed(sealed)).toBeUndefined();
  expect(await ledger.stateRows(["counter"])).toEqual([]);
  expect(await ledger.stateRange("", undefined, 10)).toEqual([]);
  expect(await ledger.stateRangeBackward("", undefined, 10)).toEqual([]);
  expect(await ledger.tiles([{ level: 0, index: 0 }])).toEqual([undefined]);
  expectSame(await ledger.leafRecords(0, 10), []);
  expect(await ledger.entryPlace(transactionHash)).toBeUndefined();
  expect(await ledger.entryPlaces([transactionHash])).toEqual([undefined]);
  expect([...(await ledger.cosignatures(after.size))]).toEqual([]);
  expect(await ledger.finalSize()).toBe(0);
}

export function twoLedgers(open: OpenChain<Ledger>): void {
  test(
    "of two chains in one store neither sees the other's rows, and dropping what is derived of one drops nothing of the other",
    over(open, async (one, { otherChain }) => {
      const other = await otherChain();
      const [chain, otherBlocks] = [testChain(), testChain()];
      const first = chain.next({ writes: keyOf(0), attachments: [attachmentOf(bytesOf("for all"))] });
      const sealed = attachmentOf(bytesOf("for few"));
      await commit(one, first);
      await one.saveCertificate(0, bytesOf("certificate"));
      await one.saveSealed(sealed);
      await one.saveCosignature(first.block.after.size, "customs", "a line");
      await one.raiseFinal(first.block.after.size);
      await expectNothingOf(other, first, sealed.sha256);

      const [second, third] = [
        otherBlocks.next({ salt: "other", writes: [{ key: "counter", value: "other" }] }),
        otherBlocks.next({ salt: "other" }),
      ];
      await commit(other, second);
      await commit(other, third);
      await other.saveCertificate(0, bytesOf("another certificate"));
      await other.saveCosignature(first.block.after.size, "customs", "another line");
      expect(await one.head()).toEqual({ height: 0, hash: first.block.after.hash });
      expect(await other.head()).toEqual({ height: 1, hash: third.block.after.hash });
      expect(await one.stateRows(["counter"])).toEqual([{ key: "counter", value: "of height 0", height: 0 }]);
      expectSame(await one.certificate(0), bytesOf("certificate"));
      expectSame(await other.certificate(0), bytesOf("another certificate"));
      expect([...(await one.cosignatures(first.block.after.size))]).toEqual([["customs", "a line"]]);
      expect([await one.finalSize(), await other.finalSize()]).toEqual([first.block.after.size, 0]);
      expectSame(await one.leafRecords(0, 256), first.publication.leafRecords);

      await other.unpublish();
      expect(await one.published()).toEqual(first.block.after);
      expect((await one.stateRange("", undefined, 10)).length).toBe(1);
      expect(await other.published()).toBeUndefined();
      expect((await other.head())?.height).toBe(1);
    }),
  );
}

export function twoRaftStores(open: OpenChain<RaftStore>): void {
  const genesis = { term: 0, height: 0, hash: sha256("genesis") };
  const proposal = {
    transactionHash: sha256("proposal"),
    author: "author",
    id: "id",
    entry: bytesOf("entry"),
    attachments: [],
    until: 1_700_000_000_000,
  };
  test(
    "of two chains in one store neither sees the other's state, reservations and proposals",
    over(open, async (one, { otherChain }) => {
      const other = await otherChain();
      await one.save({ ...initialState("tax", ["customs", "tax"], genesis), term: 3 }, 0);
      await one.reserve("header/1", "ours");
      await one.addProposal(proposal);
      await one.noteOpened();
      expect(await other.load()).toEqual({ version: 0, state: undefined });
      expect(await other.highestReserved("")).toBeUndefined();
      expect(await other.proposalCount()).toBe(0);
      expect(await other.proposals(10, 1_000)).toEqual([]);
      expect(await other.hasProposal(proposal.transactionHash)).toBe(false);
      expect(await other.proposal(proposal.transactionHash)).toBeUndefined();
      expect(await other.proposalById("author", "id")).toBeUndefined();
      expect(await other.isSetBack()).toBe("maybe");
      expect(await other.reserve("header/1", "theirs")).toBe("theirs");
      expect(await one.reserve("header/1", "another")).toBe("ours");
      expect(await other.addProposal(proposal)).toBe("added");
      await other.dropProposals([proposal.transactionHash]);
      expect(await one.proposalCount()).toBe(1);
      expect((await one.load()).state?.term).toBe(3);
    }),
  );
}

export function twoRecordKeys(open: OpenChain<RecordKeys>): void {
  test(
    "of two chains in one store each has the key of a record under the same name",
    over(open, async (one, { otherChain }) => {
      const other = await otherChain();
      const name = { certificate: "1.2.156/ABC", version: 1, part: "main", document: sha256("document") };
      await one.saveFirst(name, bytesOf("ours"));
      expect(await other.read(name)).toBeUndefined();
      await other.saveFirst(name, bytesOf("theirs"));
      expectSame([await one.read(name), await other.read(name)], [bytesOf("ours"), bytesOf("theirs")]);
    }),
  );
}

export function twoFiles(open: OpenChain<Files>): void {
  test(
    "a file of two chains in one store is forgotten by one and stays for the other",
    over(open, async (one, { otherChain }) => {
      const other = await otherChain();
      const { plan, chunks } = testFile(1_000);
      await one.begin(plan);
      expect(await other.state(plan.file)).toBeUndefined();
      expect(await other.openUploads(plan.app)).toBe(0);
      await other.begin(plan);
      for (const files of [one, other]) {
        await moves.send(files, plan.file, 0, chunks[0]!);
        expect(await files.complete(plan.file)).toBe("complete");
      }
      await one.register(plan.file, { until: 5_000, transaction: "11".repeat(32) });
      expect((await other.state(plan.file))?.registration).toBeUndefined();
      expect(await other.abandon(plan.file, undefined)).toBe("abandoned");
      expectSame(await moves.fetch(one, plan.file, 0), chunks[0]);
    }),
  );
}

export function twoCoordinators(open: OpenChain<CoordinatorStore>): void {
  test(
    "of two chains in one store each has executions of its own",
    over(open, async (one, { otherChain }) => {
      const other = await otherChain();
      await one.want();
      expect(await one.nextNumber(1)).toBe(2);
      expect(await other.state()).toEqual({ number: 0, wanted: 0, running: false });
      expect(await other.want()).toEqual({ start: 1 });
      await other.lost(1);
      expect(await one.state()).toMatchObject({ number: 2, running: true });
    }),
  );
}
