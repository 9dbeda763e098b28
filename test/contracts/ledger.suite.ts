import { applied, refusedWith } from "@vermilion/ledger";
import type { Ledger } from "@vermilion/node/ports/index";
import { describe, expect, test } from "vitest";
import { attachmentOf, bytesOf, commit, makeBlock, sha256, stepOf, testChain } from "./chain.ts";
import { ledgerFaultsSuite } from "./ledger-faults.suite.ts";
import { ledgerPublishedSuite } from "./ledger-published.suite.ts";
import { expectBug, expectSame, type Open, type OpenChain, over } from "./opened.ts";
import { twoLedgers } from "./two-chains.suite.ts";

/** Everything that the port `Ledger` promises. */
export function ledgerSuite(name: string, open: OpenChain<Ledger>): void {
  describe(`${name}: Ledger`, () => {
    blocksSuite(open);
    headSuite(open);
    evidenceSuite(open);
    ledgerPublishedSuite(open);
    ledgerFaultsSuite(open);
    twoLedgers(open);
  });
}

function blocksSuite(open: Open<Ledger>): void {
  describe("blocks", () => {
    test(
      "an empty ledger has nothing",
      over(open, async (ledger) => {
        expect(await ledger.head()).toBeUndefined();
        expect(await ledger.published()).toBeUndefined();
        expect(await ledger.readBlock(sha256("none"))).toBeUndefined();
        expect(await ledger.attachment(sha256("none"))).toBeUndefined();
        expect(await ledger.entryPlace(sha256("none"))).toBeUndefined();
        expect(await ledger.entryPlaces([])).toEqual([]);
        expect(await ledger.entryPlaces([sha256("none"), sha256("nothing")])).toEqual([undefined, undefined]);
        expect(await ledger.certificate(0)).toBeUndefined();
        expect(await ledger.hashesFrom(0, 10)).toEqual([]);
        expectSame(await ledger.leafRecords(0, 256), []);
        expect(await ledger.finalSize()).toBe(0);
      }),
    );

    test(
      "a block comes back as it was saved, also after a restart",
      over(open, async (ledger, { reopen }) => {
        const genesis = testChain().next({
          entries: [bytesOf("first"), new Uint8Array(65_535).fill(7), bytesOf("第三")],
          outcomes: [applied, refusedWith("high-s"), applied],
          writes: [
            { key: "a", value: { 名: ["x", 1, true, null] } },
            { key: "b", value: null },
          ],
          attachments: [attachmentOf(bytesOf("one")), attachmentOf(new Uint8Array(0))],
        });
        await ledger.saveBlock(genesis.block);
        expectSame(await ledger.readBlock(genesis.block.after.hash), genesis.block);
        expectSame(await (await reopen()).readBlock(genesis.block.after.hash), genesis.block);
      }),
    );

    test(
      "a block without entries and writes comes back",
      over(open, async (ledger) => {
        const chain = testChain();
        await ledger.saveBlock(chain.next().block);
        const empty = chain.next({ entries: [], writes: [] });
        await ledger.saveBlock(empty.block);
        expectSame(await ledger.readBlock(empty.block.after.hash), empty.block);
      }),
    );

    test(
      "saving again is no change, whatever the second call holds",
      over(open, async (ledger) => {
        const { block } = testChain().next();
        await ledger.saveBlock(block);
        await ledger.saveBlock(block);
        await ledger.saveBlock({ ...block, term: 9, outcomes: [refusedWith("expired")] });
        expectSame(await ledger.readBlock(block.after.hash), block);
      }),
    );

    test(
      "a block may be saved that never becomes committed, beside another at its height",
      over(open, async (ledger) => {
        const chain = testChain();
        const genesis = chain.next();
        await commit(ledger, genesis);
        const [one, other] = [makeBlock(genesis.block, { salt: "one" }), makeBlock(genesis.block, { salt: "other" })];
        await Promise.all([ledger.saveBlock(one.block), ledger.saveBlock(other.block)]);
        expect(await ledger.moveHead(genesis.block.after.hash, [stepOf(other)])).toBe("moved");
        expectSame(await ledger.readBlock(one.block.after.hash), one.block);
        expect(await ledger.hashesFrom(0, 1_000)).toEqual([genesis.block.after.hash, other.block.after.hash]);
      }),
    );

    test(
      "the largest block fits: 4 MB, more than 100 items, values beyond an item",
      over(open, async (ledger, { reopen }) => {
        const attachments = Array.from({ length: 6 }, (_, place) => attachmentOf(new Uint8Array(262_144).fill(place)));
        const entries = Array.from({ length: 2_500 }, (_, place) => Buffer.alloc(1_000, `entry ${place} `));
        const writes = Array.from({ length: 3_000 }, (_, place) => ({ key: `row/${place}`, value: "v".repeat(300) }));
        const made = testChain().next({ attachments, entries, writes });
        await commit(ledger, made);
        const again = await reopen();
        expectSame(await again.readBlock(made.block.after.hash), made.block);
        expect((await again.stateRange("row/", undefined, 1_000)).length).toBe(1_000);
        expectSame(await again.leafRecords(2_400, 256), made.publication.leafRecords.slice(2_400));
        expect(await again.entryPlace(made.publication.entries[1_999]!.transactionHash)).toEqual(made.publication.entries[1_999]);
        const asked = made.publication.entries.slice(1_000, 1_999).toReversed();
        const hashes = asked.map(({ transactionHash }) => transactionHash);
        expect(await again.entryPlaces([...hashes, sha256("none")])).toEqual([...asked, undefined]);
      }),
    );

    test(
      "what no platform could store is a bug of the caller",
      over(open, async (ledger) => {
        const save = (content: Parameters<typeof makeBlock>[1]) => () => ledger.saveBlock(makeBlock(undefined, content).block);
        await expectBug(() => ledger.entryPlaces(Array.from({ length: 1_001 }, () => sha256("none"))), /number of entries/);
        await expectBug(save({ entries: [new Uint8Array(65_536)] }), /entry has more than 65535/);
        await expectBug(save({ attachments: [attachmentOf(new Uint8Array(262_145))] }), /more than 262144/);
        await expectBug(save({ entries: Array.from({ length: 65 }, () => new Uint8Array(65_535)) }), /entries and attachments/);
        await expectBug(save({ outcomes: [] }), /one outcome an entry/);
        await expectBug(save({ writes: [{ key: "k", value: "v".repeat(400 * 1024) }] }), /state row k/);
        await expectBug(save({ writes: [{ key: "with space", value: 1 }] }), /not a state key/);
        const twice = attachmentOf(bytesOf("twice"));
        await expectBug(save({ attachments: [twice, twice] }), /each attachment once/);
        expect(await ledger.readBlock(makeBlock(undefined, {}).block.after.hash)).toBeUndefined();
      }),
    );

    test(
      "attachments of blocks and those for an audience are found by hash, each among its own; saving one again is no change",
      over(open, async (ledger, { reopen }) => {
        const [inBlock, forUs] = [attachmentOf(bytesOf("in the block")), attachmentOf(bytesOf("for us"))];
        await ledger.saveBlock(testChain().next({ attachments: [inBlock] }).block);
        await ledger.saveSealed(forUs);
        await ledger.saveSealed(forUs);
        const again = await reopen();
        expectSame(await again.attachment(inBlock.sha256), inBlock.bytes);
        expectSame(await again.sealed(forUs.sha256), forUs.bytes);
        // What is for an audience must never be served among what is for all.
        expect(await again.attachment(forUs.sha256)).toBeUndefined();
        expect(await again.sealed(inBlock.sha256)).toBeUndefined();
      }),
    );
  });
}

function headSuite(open: Open<Ledger>): void {
  describe("head", () => {
    test(
      "moves over several steps and tells the hashes by height",
      over(open, async (ledger, { reopen }) => {
        const chain = testChain();
        for (let height = 0; height < 60; height++) await ledger.saveBlock(chain.next().block);
        const steps = chain.blocks.map(stepOf);
        expect(await ledger.moveHead(null, steps.slice(0, 10))).toBe("moved");
        expect(await ledger.head()).toEqual(steps[9]);
        expect(await ledger.moveHead(steps[9]!.hash, steps.slice(10, 60))).toBe("moved");
        const again = await reopen();
        expect(await again.head()).toEqual(steps[59]);
        expect(await again.hashesFrom(55, 3)).toEqual(steps.slice(55, 58).map(({ hash }) => hash));
        expect(await again.hashesFrom(55, 1_000)).toEqual(steps.slice(55).map(({ hash }) => hash));
        expect(await again.hashesFrom(60, 1)).toEqual([]);
        expect(await again.hashesFrom(0, 0)).toEqual([]);
      }),
    );

    test(
      "is stale where the expected head is not the head, and nothing was changed",
      over(open, async (ledger) => {
        const chain = testChain();
        const [genesis, second] = [chain.next(), chain.next()];
        for (const { block } of chain.blocks) await ledger.saveBlock(block);
        expect(await ledger.moveHead(genesis.block.after.hash, [stepOf(second)])).toBe("stale");
        expect(await ledger.head()).toBeUndefined();
        expect(await ledger.moveHead(null, [stepOf(genesis)])).toBe("moved");
        expect(await ledger.moveHead(null, [stepOf(genesis)])).toBe("stale");
        expect(await ledger.moveHead(sha256("another"), [stepOf(second)])).toBe("stale");
        expect(await ledger.head()).toEqual(stepOf(genesis));
        expect(await ledger.hashesFrom(0, 10)).toEqual([genesis.block.after.hash]);
      }),
    );

    test(
      "20 racers with 20 different blocks: one moves it, all others are stale",
      over(open, async (ledger) => {
        const genesis = testChain().next();
        await commit(ledger, genesis);
        const rivals = Array.from({ length: 20 }, (_, salt) => makeBlock(genesis.block, { salt: `${salt}` }));
        await Promise.all(rivals.map(({ block }) => ledger.saveBlock(block)));
        const answers = await Promise.all(rivals.map((rival) => ledger.moveHead(genesis.block.after.hash, [stepOf(rival)])));
        expect(answers.filter((answer) => answer === "moved").length).toBe(1);
        expect(await ledger.head()).toEqual(stepOf(rivals[answers.indexOf("moved")]!));
      }),
    );

    test(
      "two overlapping turns: the one that wakes late changes nothing",
      over(open, async (ledger, { reopen }) => {
        const chain = testChain();
        const [genesis, one, two] = [chain.next(), chain.next(), chain.next()];
        await commit(ledger, genesis);
        const sleeper = await reopen();
        const seen = await sleeper.head();
        await commit(ledger, one);
        await commit(ledger, two);
        expect(await sleeper.moveHead(seen!.hash, [stepOf(one)])).toBe("stale");
        await sleeper.publish(one.publication);
        expect(await ledger.head()).toEqual(stepOf(two));
        expect(await ledger.published()).toEqual(two.block.after);
        expect(await ledger.stateRows(["counter"])).toEqual([{ key: "counter", value: 2, height: 2 }]);
      }),
    );

    test(
      "steps that do not fit are bugs",
      over(open, async (ledger) => {
        const chain = testChain();
        for (let height = 0; height < 52; height++) await ledger.saveBlock(chain.next().block);
        const steps = chain.blocks.map(stepOf);
        await expectBug(() => ledger.moveHead(null, steps.slice(0, 51)), /1 to 50 steps/);
        await expectBug(() => ledger.moveHead(null, []), /1 to 50 steps/);
        await expectBug(() => ledger.moveHead(null, [steps[0]!, steps[2]!]), /without gaps/);
        await expectBug(() => ledger.moveHead(null, [steps[1]!]), /genesis/);
        await expectBug(() => ledger.moveHead(null, [{ height: 0, hash: sha256("never saved") }]), /was not saved/);
        expect(await ledger.head()).toBeUndefined();
        await ledger.moveHead(null, [steps[0]!]);
        await expectBug(() => ledger.moveHead(steps[0]!.hash, [steps[2]!]), /stands on the head/);
        await expectBug(() => ledger.moveHead(steps[0]!.hash, [steps[1]!, { height: 2, hash: sha256("never saved") }]), /was not saved/);
        await expectBug(() => ledger.hashesFrom(0, 1_001), /limit/);
        expect(await ledger.head()).toEqual(steps[0]);
      }),
    );
  });
}

function evidenceSuite(open: Open<Ledger>): void {
  describe("certificates, cosignatures and the final size", () => {
    test(
      "a commit certificate is kept by height, the first one for good",
      over(open, async (ledger, { reopen }) => {
        const largest = new Uint8Array(64 * 1024).fill(3);
        await ledger.saveCertificate(7, largest);
        await ledger.saveCertificate(7, largest);
        await ledger.saveCertificate(7, bytesOf("another majority's"));
        expectSame(await (await reopen()).certificate(7), largest);
        expect(await ledger.certificate(6)).toBeUndefined();
        await expectBug(() => ledger.saveCertificate(8, new Uint8Array(64 * 1024 + 1)), /commit certificate/);
      }),
    );

    test(
      "cosignatures are kept by size and member; repeating replaces",
      over(open, async (ledger, { reopen }) => {
        await ledger.saveCosignature(3, "tax", "— vermilion.example/tax AAAA");
        await ledger.saveCosignature(3, "customs", "— vermilion.example/customs BBBB");
        await ledger.saveCosignature(30, "tax", "— vermilion.example/tax DDDD");
        await ledger.saveCosignature(3, "tax", "— vermilion.example/tax CCCC");
        const again = await reopen();
        expect(await again.cosignatures(3)).toEqual(
          new Map([
            ["customs", "— vermilion.example/customs BBBB"],
            ["tax", "— vermilion.example/tax CCCC"],
          ]),
        );
        expect(await again.cosignatures(4)).toEqual(new Map());
        await expectBug(() => ledger.saveCosignature(3, "tax", "two\nlines"), /one line/);
      }),
    );

    test(
      "the final size only rises",
      over(open, async (ledger, { reopen }) => {
        await Promise.all([5, 9, 7].map((size) => ledger.raiseFinal(size)));
        expect(await ledger.finalSize()).toBe(9);
        await ledger.raiseFinal(8);
        await ledger.raiseFinal(9);
        expect(await (await reopen()).finalSize()).toBe(9);
      }),
    );
  });
}
