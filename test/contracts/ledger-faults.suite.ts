import type { Ledger } from "@vermilion/node/ports/index";
import { describe, expect, test } from "vitest";
import { attachmentOf, bytesOf, commit, makeBlock, sha256, stepOf, type TestBlock, testChain } from "./chain.ts";
import { expectFault, expectSame, type Open, over, untilDone } from "./opened.ts";

/** Writes that fail, writes that failed but happened, calls that were cut anywhere, and stores that take no writes. */
export function ledgerFaultsSuite(open: Open<Ledger>): void {
  describe("faults", () => {
    for (const when of ["failBefore", "failAfter"] as const) {
      const words = when === "failBefore" ? "a write fails" : "a write fails but happened";

      test(
        `${words}: repeating every call gives what was asked, once`,
        over(open, async (ledger, { faults }) => {
          const chain = testChain();
          for (let height = 0; height < 6; height++) {
            const made = chain.next({
              entries: [bytesOf(`${height} a`), bytesOf(`${height} b`)],
              attachments: [attachmentOf(bytesOf(`att ${height}`))],
            });
            faults[when](1);
            await expectFault(ledger.saveBlock(made.block), "storage-failed");
            await ledger.saveBlock(made.block);
            expectSame(await ledger.readBlock(made.block.after.hash), made.block);

            faults[when](1);
            const expected = height === 0 ? null : made.block.previous;
            await expectFault(ledger.moveHead(expected, [stepOf(made)]), "storage-failed");
            const seen = await ledger.head();
            expect(await ledger.moveHead(expected, [stepOf(made)])).toBe(when === "failBefore" ? "moved" : "stale");
            // After an ambiguous write the caller reads again: it may have been his.
            expect(seen?.hash === made.block.after.hash).toBe(when === "failAfter");
            expect(await ledger.head()).toEqual(stepOf(made));

            faults[when](1);
            await expectFault(ledger.publish(made.publication), "storage-failed");
            await ledger.publish(made.publication);
            expect(await ledger.published()).toEqual(made.block.after);
          }
          const hashes = chain.blocks.map(({ block }) => block.after.hash);
          expect(await ledger.hashesFrom(0, 100)).toEqual(hashes);
          expectSame(
            await ledger.leafRecords(0, 256),
            chain.blocks.flatMap(({ publication }) => publication.leafRecords),
          );
        }),
      );

      test(
        `publish of a large block, cut at each of its writes (${words}), then repeated`,
        over(open, async (ledger, { faults, reopen }) => {
          const chain = testChain();
          await commit(ledger, chain.next());
          for (let cut = 1; cut <= 6; cut++) {
            const before = await ledger.published();
            const made = chain.next(largeContent(cut));
            await ledger.saveBlock(made.block);
            await ledger.moveHead(made.block.previous, [stepOf(made)]);
            faults[when](cut);
            const outcome = await ledger.publish(made.publication).then(
              () => "published",
              () => "cut",
            );
            const again = await reopen();
            const standing = await again.published();
            // The standing moves last: before it has moved it is the old one, whatever rows are there already.
            expect([before?.hash, made.block.after.hash]).toContain(standing?.hash);
            if (standing?.hash === made.block.after.hash) await expectPublished(again, made);
            if (outcome === "published") expect(standing).toEqual(made.block.after);
            faults.clear();
            await again.publish(made.publication);
            await expectPublished(again, made);
          }
        }),
      );

      test(
        `saveBlock of a large block, cut at each of its writes (${words}), is whole or not there`,
        over(open, async (ledger, { faults, reopen }) => {
          for (let cut = 1; cut <= 6; cut++) {
            const { block } = makeBlock(undefined, { ...largeContent(cut), salt: `${cut}` });
            faults[when](cut);
            await ledger.saveBlock(block).catch(() => undefined);
            const found = await (await reopen()).readBlock(block.after.hash);
            if (found !== undefined) expectSame(found, block);
            faults.clear();
            await ledger.saveBlock(block);
            expectSame(await ledger.readBlock(block.after.hash), block);
          }
        }),
      );

      test(
        `unpublish cut at each of its writes (${words}): nothing of it is ever published, publishing again gives the same`,
        over(open, async (ledger, { faults, reopen }) => {
          const chain = testChain();
          for (let height = 0; height < 3; height++) await commit(ledger, chain.next(largeContent(height)));
          const rows = await ledger.stateRange("", undefined, 1_000);
          for (let cut = 1; cut <= 8; cut++) {
            faults[when](cut);
            await ledger.unpublish().catch(() => undefined);
            faults.clear();
            const again = await reopen();
            const left = await again.published();
            expect([undefined, chain.blocks[2]!.block.after.hash]).toContain(left?.hash);
            if (left === undefined) await untilDone(() => again.publish(chain.blocks[0]!.publication));
            else await expectPublished(again, chain.blocks[2]!);
            if (left === undefined)
              expect(await again.stateRange("", undefined, 1_000)).toEqual(await rowsOfGenesis(chain.blocks[0]!, open));
            for (const { publication } of chain.blocks) await again.publish(publication);
            expect(await again.stateRange("", undefined, 1_000)).toEqual(rows);
          }
        }),
      );
    }

    test(
      "full: writes are refused by code, reads go on, writes work again when there is room",
      over(open, async (ledger, { faults, reopen }) => {
        const chain = testChain();
        await commit(ledger, chain.next());
        faults.full();
        const made = chain.next({ entries: Array.from({ length: 40 }, () => new Uint8Array(65_535).fill(1)) });
        await expectFault(ledger.saveBlock(made.block), "storage-full");
        await expectFault(ledger.saveBlock(made.block), "storage-full");
        await expectReadable(ledger, chain.blocks[0]!);
        await expectReadable(await reopen(), chain.blocks[0]!);
        expect(await ledger.readBlock(made.block.after.hash)).toBeUndefined();
        faults.clear();
        await commit(ledger, made);
        expectSame(await ledger.readBlock(made.block.after.hash), made.block);
      }),
    );

    test(
      "read-only: writes are refused by code, reads go on",
      over(open, async (ledger, { faults }) => {
        const chain = testChain();
        await commit(ledger, chain.next());
        const made = chain.next();
        faults.readOnly();
        for (const write of [
          () => ledger.saveBlock(made.block),
          () => ledger.unpublish(),
          () => ledger.saveSealed(attachmentOf(bytesOf("x"))),
          () => ledger.saveCosignature(2, "tax", "— line"),
          () => ledger.saveCertificate(1, bytesOf("c")),
          () => ledger.raiseFinal(2),
        ]) {
          await expectFault(write(), "storage-read-only");
        }
        await expectReadable(ledger, chain.blocks[0]!);
        expect(await ledger.finalSize()).toBe(0);
        faults.clear();
        await commit(ledger, made);
        expect(await ledger.published()).toEqual(made.block.after);
      }),
    );
  });
}

/** Hundreds of items: several transactions on DynamoDB. */
function largeContent(salt: number) {
  return {
    entries: Array.from({ length: 120 }, (_, place) => bytesOf(`large ${salt} ${place}`)),
    writes: Array.from({ length: 150 }, (_, place) => ({ key: `row/${place}`, value: `${salt} ${place}` })),
    attachments: Array.from({ length: 110 }, (_, place) => attachmentOf(Buffer.alloc(1_000, `${salt} ${place} `))),
    names: [{ position: 7, hashes: Buffer.concat(namesIn(salt).map((name) => Buffer.from(name, "hex"))) }],
  };
}

const namesIn = (salt: number) => Array.from({ length: 60 }, (_, place) => sha256(`name ${salt} ${place}`));

async function expectPublished(ledger: Ledger, { block, publication }: TestBlock): Promise<void> {
  expect(await ledger.published()).toEqual(block.after);
  const rows = await ledger.stateRows(block.writes.map(({ key }) => key));
  expect(new Map(rows.map((row) => [row.key, row]))).toEqual(
    new Map(block.writes.map(({ key, value }) => [key, { key, value, height: block.after.height }])),
  );
  expectSame(await ledger.leafRecords(publication.first, 256), publication.leafRecords.slice(0, 256));
  const tiles = await ledger.tiles(publication.tiles);
  expect(tiles.map((tile) => Buffer.from(tile ?? []).toString("hex"))).toEqual(
    publication.tiles.map(({ hashes }) => Buffer.from(hashes).toString("hex")),
  );
  for (const { position, hashes } of publication.names) {
    const names = Array.from({ length: hashes.length / 32 }, (_, at) => Buffer.from(hashes.slice(at * 32, at * 32 + 32)).toString("hex"));
    expect(await ledger.named(names)).toEqual(names.map(() => [{ height: block.after.height, position }]));
  }
  for (const place of publication.entries) expect(await ledger.entryPlace(place.transactionHash)).toEqual(place);
}

async function expectReadable(ledger: Ledger, made: TestBlock): Promise<void> {
  expect(await ledger.head()).toEqual(stepOf(made));
  expectSame(await ledger.readBlock(made.block.after.hash), made.block);
  await expectPublished(ledger, made);
}

/** What a ledger that holds nothing but this genesis shows. */
async function rowsOfGenesis(genesis: TestBlock, open: Open<Ledger>) {
  const { port, close } = await open();
  try {
    await commit(port, genesis);
    return await port.stateRange("", undefined, 1_000);
  } finally {
    await close();
  }
}
