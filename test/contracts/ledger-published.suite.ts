import { applied, refusedWith } from "@vermilion/ledger";
import type { Ledger, StateWrite } from "@vermilion/node/ports/index";
import { describe, expect, test } from "vitest";
import { bytesOf, commit, sha256, stepOf, testChain } from "./chain.ts";
import { expectBug, expectSame, type Open, over } from "./opened.ts";

/** What is derived from committed blocks: standing, state rows, tiles, leaf records, places of entries. */
export function ledgerPublishedSuite(open: Open<Ledger>): void {
  publishSuite(open);
  stateSuite(open);
  treeSuite(open);
  namesSuite(open);
}

function publishSuite(open: Open<Ledger>): void {
  describe("publish", () => {
    test(
      "moves the standing from each block to the next, also after a restart",
      over(open, async (ledger, { reopen }) => {
        const chain = testChain();
        for (let height = 0; height < 3; height++) {
          await commit(ledger, chain.next());
          expect(await ledger.published()).toEqual(chain.blocks[height]!.block.after);
        }
        expect(await (await reopen()).published()).toEqual(chain.blocks[2]!.block.after);
      }),
    );

    test(
      "a committed block is not published before `publish`",
      over(open, async (ledger) => {
        const genesis = testChain().next();
        await ledger.saveBlock(genesis.block);
        await ledger.moveHead(null, [stepOf(genesis)]);
        expect(await ledger.published()).toBeUndefined();
        expect(await ledger.stateRows(["counter"])).toEqual([]);
      }),
    );

    test(
      "a block at or below the published one is no change",
      over(open, async (ledger) => {
        const chain = testChain();
        await commit(ledger, chain.next({ writes: [{ key: "only-genesis", value: 0 }] }));
        await commit(ledger, chain.next());
        const [genesis, last] = [chain.blocks[0]!, chain.blocks[1]!];
        await ledger.publish({ ...genesis.publication, writes: [{ key: "new", value: 1 }] });
        await ledger.publish({ ...last.publication, writes: [{ key: "counter", value: 99 }] });
        expect(await ledger.published()).toEqual(last.block.after);
        expect(await ledger.stateRows(["new", "counter"])).toEqual([{ key: "counter", value: 1, height: 1 }]);
      }),
    );

    test(
      "a block further above is a bug and changes nothing",
      over(open, async (ledger) => {
        const chain = testChain();
        const [genesis, , third] = [chain.next(), chain.next(), chain.next()];
        await expectBug(() => ledger.publish(third.publication), /cannot be published/);
        await commit(ledger, genesis);
        await expectBug(() => ledger.publish(third.publication), /cannot be published/);
        expect(await ledger.published()).toEqual(genesis.block.after);
        expect(await ledger.stateRows(["counter"])).toEqual([{ key: "counter", value: 0, height: 0 }]);
      }),
    );

    test(
      "publishing the same block by 20 turns at once is publishing it once",
      over(open, async (ledger) => {
        const chain = testChain();
        await commit(ledger, chain.next());
        const made = chain.next({ entries: [bytesOf("a"), bytesOf("b")] });
        await Promise.all(Array.from({ length: 20 }, () => ledger.publish(made.publication)));
        expect(await ledger.published()).toEqual(made.block.after);
        expectSame(
          await ledger.leafRecords(0, 256),
          chain.blocks.flatMap(({ publication }) => publication.leafRecords),
        );
      }),
    );

    test(
      "unpublish drops what is derived and keeps what is not; publishing again gives the same",
      over(open, async (ledger, { reopen }) => {
        const chain = testChain();
        for (let height = 0; height < 5; height++)
          await commit(ledger, chain.next({ writes: [{ key: `row/${height % 2}`, value: height }] }));
        await ledger.saveCosignature(4, "tax", "— line");
        await ledger.raiseFinal(4);
        const before = await derivedOf(ledger);
        await ledger.unpublish();
        await ledger.unpublish();
        const again = await reopen();
        expect(await derivedOf(again)).toEqual({ standing: undefined, rows: [], tiles: [undefined], records: [], place: undefined });
        expect(await again.head()).toEqual(stepOf(chain.blocks[4]!));
        expectSame(await again.readBlock(chain.blocks[4]!.block.after.hash), chain.blocks[4]!.block);
        expect(await again.finalSize()).toBe(4);
        expect((await again.cosignatures(4)).size).toBe(1);
        for (const { publication } of chain.blocks) await again.publish(publication);
        expect(await derivedOf(again)).toEqual(before);
      }),
    );
  });
}

async function derivedOf(ledger: Ledger) {
  return {
    standing: await ledger.published(),
    rows: await ledger.stateRange("", undefined, 1_000),
    tiles: await ledger.tiles([{ level: 0, index: 0 }]),
    records: await ledger.leafRecords(0, 256),
    place: await ledger.entryPlace(testChain().next().publication.entries[0]!.transactionHash),
  };
}

function stateSuite(open: Open<Ledger>): void {
  describe("state rows", () => {
    test(
      "carry the height of the block that wrote them; a deleted key keeps its row",
      over(open, async (ledger, { reopen }) => {
        const chain = testChain();
        await commit(ledger, chain.next({ writes: [write("a", { 值: [1, "二"] }), write("b", "b0"), write("c", false)] }));
        await commit(ledger, chain.next({ writes: [write("b", null)] }));
        await commit(ledger, chain.next({ writes: [write("d", null), write("c", 0)] }));
        const rows = await (await reopen()).stateRows(["d", "c", "b", "a", "absent", "a"]);
        expect(new Map(rows.map(({ key, ...row }) => [key, row]))).toEqual(
          new Map<string, object>([
            ["a", { value: { 值: [1, "二"] }, height: 0 }],
            ["b", { value: null, height: 1 }],
            ["c", { value: 0, height: 2 }],
            ["d", { value: null, height: 2 }],
          ]),
        );
        expect(rows.length).toBe(4);
        await commit(ledger, chain.next({ writes: [write("b", "again")] }));
        expect(await ledger.stateRows(["b"])).toEqual([{ key: "b", value: "again", height: 3 }]);
      }),
    );

    test(
      "are read by up to 1,000 keys a call",
      over(open, async (ledger) => {
        const keys = Array.from({ length: 1_001 }, (_, place) => `k/${place}`);
        await commit(ledger, testChain().next({ writes: keys.map((key) => write(key, key)) }));
        expect((await ledger.stateRows(keys.slice(1))).length).toBe(1_000);
        expect(await ledger.stateRows([])).toEqual([]);
        await expectBug(() => ledger.stateRows(keys), /number of keys/);
      }),
    );

    test(
      "the largest value and key fit",
      over(open, async (ledger) => {
        const key = "k".repeat(512);
        const value = "v".repeat(380 * 1024 - 2);
        await commit(ledger, testChain().next({ writes: [write(key, value)] }));
        expect(await ledger.stateRows([key])).toEqual([{ key, value, height: 0 }]);
      }),
    );
  });

  describe("ranges", () => {
    // In byte order: ! # / 0 A a { | } ~, with `~` (the highest) and `/` (the separator) inside.
    const keys = ["a!", "a/", "a/!", "a//", "a/0", "a/A", "a/a", "a/a/1", "a/~", "a/~/x", "a/~~", "a0", "aa", "a~", "a~/z", "b"];
    const openFilled: Open<Ledger> = async () => {
      const opened = await open();
      const chain = testChain();
      await commit(opened.port, chain.next({ writes: [...keys].reverse().map((key) => write(key, key)) }));
      await commit(opened.port, chain.next({ writes: [write("a/A", null)] }));
      return opened;
    };

    test(
      "go forward in byte order, deleted rows included",
      over(openFilled, async (ledger) => {
        const found = (rows: readonly { key: string }[]) => rows.map(({ key }) => key);
        const under = keys.filter((key) => key.startsWith("a/"));
        expect(found(await ledger.stateRange("a/", undefined, 1_000))).toEqual(under);
        expect(found(await ledger.stateRange("", undefined, 1_000))).toEqual(keys);
        expect(found(await ledger.stateRange("a/", "a/a", 3))).toEqual(["a/a/1", "a/~", "a/~/x"]);
        expect(found(await ledger.stateRange("a/", "a/a/", 2))).toEqual(["a/a/1", "a/~"]);
        expect(found(await ledger.stateRange("a/", "a!", 1))).toEqual(["a/"]);
        expect(found(await ledger.stateRange("a/", "a/~~", 5))).toEqual([]);
        expect(found(await ledger.stateRange("a~", undefined, 5))).toEqual(["a~", "a~/z"]);
        expect(await ledger.stateRange("a/A", undefined, 5)).toEqual([{ key: "a/A", value: null, height: 1 }]);
        expect(await ledger.stateRange("absent/", undefined, 5)).toEqual([]);
      }),
    );

    test(
      "go backward in byte order, deleted rows included",
      over(openFilled, async (ledger) => {
        const found = (rows: readonly { key: string }[]) => rows.map(({ key }) => key);
        const under = keys.filter((key) => key.startsWith("a/")).reverse();
        expect(found(await ledger.stateRangeBackward("a/", undefined, 1_000))).toEqual(under);
        expect(found(await ledger.stateRangeBackward("", undefined, 1_000))).toEqual([...keys].reverse());
        expect(found(await ledger.stateRangeBackward("a/", "a/~", 3))).toEqual(["a/a/1", "a/a", "a/A"]);
        expect(found(await ledger.stateRangeBackward("a/", "b", 1))).toEqual(["a/~~"]);
        expect(found(await ledger.stateRangeBackward("a/", "a/", 5))).toEqual([]);
        expect((await ledger.stateRangeBackward("a/A", undefined, 5))[0]).toEqual({ key: "a/A", value: null, height: 1 });
      }),
    );

    test(
      "page through more rows than one answer holds, both ways",
      over(open, async (ledger) => {
        const names = Array.from({ length: 2_300 }, (_, place) => `p/${String(place).padStart(6, "0")}`);
        // 2 KB a row: more than the 1 MB page of DynamoDB in one answer of 1,000.
        await commit(ledger, testChain().next({ writes: names.map((key) => write(key, "x".repeat(2_000))) }));
        const forward: string[] = [];
        for (let after: string | undefined; ; after = forward.at(-1)) {
          const rows = await ledger.stateRange("p/", after, 1_000);
          forward.push(...rows.map(({ key }) => key));
          if (rows.length < 1_000) break;
        }
        expect(forward).toEqual(names);
        const backward: string[] = [];
        for (let before: string | undefined; ; before = backward.at(-1)) {
          const rows = await ledger.stateRangeBackward("p/", before, 1_000);
          backward.push(...rows.map(({ key }) => key));
          if (rows.length < 1_000) break;
        }
        expect(backward).toEqual(names.reverse());
        await expectBug(() => ledger.stateRange("p/", undefined, 1_001), /limit/);
        await expectBug(() => ledger.stateRangeBackward("p/", undefined, 1_001), /limit/);
      }),
    );
  });
}

function treeSuite(open: Open<Ledger>): void {
  describe("tree", () => {
    test(
      "tiles are as wide as the newest block left them, in the order asked",
      over(open, async (ledger, { reopen }) => {
        const chain = testChain();
        const entries = (count: number, salt: string) => Array.from({ length: count }, (_, place) => bytesOf(`${salt} ${place}`));
        await commit(ledger, chain.next());
        await commit(ledger, chain.next({ entries: entries(300, "second") }));
        await commit(ledger, chain.next({ entries: entries(3, "third") }));
        const leaves = chain.blocks.flatMap(({ publication }) => publication.leafRecords.map(sha256));
        const wanted = [
          { level: 0, index: 1 },
          { level: 1, index: 0 },
          { level: 0, index: 0 },
        ];
        const [second, absent, first] = await (await reopen()).tiles(wanted);
        expect(Buffer.from(first!).toString("hex")).toBe(leaves.slice(0, 256).join(""));
        expect(Buffer.from(second!).toString("hex")).toBe(leaves.slice(256).join(""));
        expect(absent).toBeUndefined();
        expect(await ledger.tiles([])).toEqual([]);
      }),
    );

    test(
      "leaf records are read from any leaf, across blocks, at most 256",
      over(open, async (ledger, { reopen }) => {
        const chain = testChain();
        for (let height = 0; height < 12; height++) {
          const count = [1, 0, 5, 700][height % 4]!;
          await commit(
            ledger,
            chain.next({ entries: Array.from({ length: height === 0 ? 1 : count }, (_, place) => bytesOf(`${height}/${place}`)) }),
          );
        }
        const all = chain.blocks.flatMap(({ publication }) => publication.leafRecords);
        const again = await reopen();
        for (const first of [0, 1, 2, 3, 8, 9, 250, 300, 512, 708, 709, all.length - 2, all.length - 1, all.length, all.length + 5]) {
          expectSame(await again.leafRecords(first, 256), all.slice(first, first + 256));
          expectSame(await again.leafRecords(first, 3), all.slice(first, first + 3));
        }
        expectSame(await again.leafRecords(0, 0), []);
        await expectBug(() => ledger.leafRecords(0, 257), /count/);
      }),
    );

    test(
      "an entry that stands twice, in one block or in two, is found where it stood first",
      over(open, async (ledger) => {
        const chain = testChain();
        await commit(ledger, chain.next());
        const twice = [bytesOf("same"), bytesOf("same")];
        const made = chain.next({ entries: twice, outcomes: [applied, refusedWith("entry-repeated")] });
        await commit(ledger, made);
        await commit(ledger, chain.next({ entries: twice, outcomes: [refusedWith("entry-repeated"), refusedWith("entry-repeated")] }));
        expect(await ledger.entryPlace(made.publication.entries[0]!.transactionHash)).toEqual(made.publication.entries[0]);
      }),
    );

    test(
      "entries are found by transaction hash",
      over(open, async (ledger, { reopen }) => {
        const chain = testChain();
        await commit(ledger, chain.next());
        const made = chain.next({ entries: [bytesOf("x"), bytesOf("y")], outcomes: [refusedWith("expired"), applied] });
        await commit(ledger, made);
        const again = await reopen();
        for (const place of made.publication.entries) expect(await again.entryPlace(place.transactionHash)).toEqual(place);
        expect(made.publication.entries[0]).toMatchObject({ height: 1, position: 0, index: 2, outcome: refusedWith("expired") });
      }),
    );
  });
}

function namesSuite(open: Open<Ledger>): void {
  const namesOf = (texts: readonly string[]) => Buffer.concat(texts.map((text) => Buffer.from(sha256(text), "hex")));
  const entries = (count: number, salt: string) => Array.from({ length: count }, (_, place) => bytesOf(`${salt} ${place}`));

  describe("names", () => {
    test(
      "say in which entries they stand, in the order of the chain, also after a restart and after building anew",
      over(open, async (ledger, { reopen }) => {
        const chain = testChain();
        await commit(ledger, chain.next());
        await commit(ledger, chain.next({ entries: entries(3, "one"), names: [{ position: 1, hashes: namesOf(["a", "b"]) }] }));
        await commit(
          ledger,
          chain.next({
            entries: entries(2, "two"),
            names: [
              { position: 0, hashes: namesOf(["b", "c"]) },
              { position: 1, hashes: namesOf(["b"]) },
            ],
          }),
        );
        const asked = ["b", "nothing", "a", "b", "c"].map(sha256);
        const [one, two, three] = [
          { height: 1, position: 1 },
          { height: 2, position: 0 },
          { height: 2, position: 1 },
        ];
        const expected = [[one, two, three], [], [one], [one, two, three], [two]];
        const again = await reopen();
        expect(await again.named(asked)).toEqual(expected);
        expect(await again.named([])).toEqual([]);
        await again.unpublish();
        expect(await again.named(asked)).toEqual(asked.map(() => []));
        for (const { publication } of chain.blocks) await again.publish(publication);
        expect(await again.named(asked)).toEqual(expected);
      }),
    );

    test(
      "of many blocks, small and large, are all found, each where it is",
      over(open, async (ledger) => {
        const chain = testChain();
        const all: { readonly text: string; readonly height: number }[] = [];
        // Sixteen segments of a class become one in SQLite: sizes and blocks enough for three classes.
        for (let height = 0; height < 40; height++) {
          const texts = Array.from({ length: [1, 3, 20, 300][height % 4]! }, (_, n) => `${height} ${n}`);
          await commit(ledger, chain.next({ names: [{ position: 0, hashes: namesOf(texts) }] }));
          all.push(...texts.map((text) => ({ text, height })));
        }
        for (let start = 0; start < all.length; start += 1_000) {
          const some = all.slice(start, start + 1_000);
          expect(await ledger.named(some.map(({ text }) => sha256(text)))).toEqual(some.map(({ height }) => [{ height, position: 0 }]));
        }
        await expectBug(() => ledger.named(Array.from({ length: 1_001 }, () => sha256("a"))), /number of names/);
      }),
    );

    test(
      "that stand very often are answered with the first sixteen",
      over(open, async (ledger) => {
        const chain = testChain();
        for (let height = 0; height < 20; height++)
          await commit(ledger, chain.next({ names: [{ position: 0, hashes: namesOf(["same"]) }] }));
        const [found] = await ledger.named([sha256("same")]);
        expect(found).toEqual(Array.from({ length: 16 }, (_, height) => ({ height, position: 0 })));
      }),
    );

    test(
      "a block that is published again adds none, and what are no hashes of the block is a bug",
      over(open, async (ledger) => {
        const chain = testChain();
        await commit(ledger, chain.next());
        const made = chain.next({ names: [{ position: 0, hashes: namesOf(["a", "a"]) }] });
        await commit(ledger, made);
        await ledger.publish({ ...made.publication, names: [{ position: 0, hashes: namesOf(["late"]) }] });
        expect(await ledger.named([sha256("late"), sha256("a")])).toEqual([[], [{ height: 1, position: 0 }]]);
        const next = chain.next().publication;
        await expectBug(() => ledger.publish({ ...next, names: [{ position: 9, hashes: namesOf(["a"]) }] }), /names of entry 9/);
        await expectBug(() => ledger.publish({ ...next, names: [{ position: 0, hashes: bytesOf("a") }] }), /32 bytes/);
      }),
    );
  });
}

function write(key: string, value: StateWrite["value"]): StateWrite {
  return { key, value };
}
