import { readFileSync } from "node:fs";
import { publishTiles } from "@vermilion/aws/tiles/publish";
import { originOf, parsePolicy, verifyCheckpoint } from "@vermilion/ledger";
import { chainRules } from "@vermilion/member/rules";
import { nativeCrypto } from "@vermilion/node";
import { checkpointNote } from "@vermilion/node/chain/finality";
import { checkGenesis } from "@vermilion/node/founding/genesis";
import { describe, expect, test } from "vitest";
import { eventually, openCluster } from "../support/cluster.ts";
import { memoryKeys } from "../support/memory-keys.ts";
import { MemoryShelf } from "./memory-shelf.ts";
import { TileLog, verifyShelf, verifyTree } from "./tile-log.ts";

const open = () => {
  const log = new TileLog();
  const shelf = new MemoryShelf();
  return { log, shelf, publish: () => publishTiles({ ledger: log.ledger, note: log.note, shelf }) };
};

describe("tiles for everybody", () => {
  test("lie where tlog-tiles looks for them, the checkpoint last", async () => {
    const { log, shelf, publish } = open();
    expect(await publish()).toBe(0);
    expect(shelf.written).toEqual([]);
    log.grow(2);
    expect(await publish()).toBe(2);
    expect(shelf.written).toEqual(["tile/0/000.p/2", "tile/entries/000.p/2", "checkpoint"]);
    log.grow(300);
    expect(await publish()).toBe(302);
    const written = shelf.written.slice(3);
    expect(written.slice(0, 3)).toEqual(["tile/0/000", "tile/entries/000", "progress.json"]);
    expect(written.slice(3, -1).toSorted()).toEqual(["tile/0/001.p/46", "tile/1/000.p/1", "tile/entries/001.p/46"]);
    expect(written.at(-1)).toBe("checkpoint");
    expect(await verifyShelf(shelf.get)).toBe(302);
  });

  test("are not written again when nothing has become final", async () => {
    const { log, shelf, publish } = open();
    log.grow(5);
    await publish();
    const written = shelf.written.length;
    log.grow(5, 5);
    expect(await publish()).toBe(5);
    expect(shelf.written.length).toBe(written);
  });

  test("hold nothing above the final size, also where the ledger has more", async () => {
    const { log, shelf, publish } = open();
    log.grow(600, 259);
    expect(await publish()).toBe(259);
    expect([...shelf.objects.keys()].filter((path) => /001/.test(path)).toSorted()).toEqual(["tile/0/001.p/3", "tile/entries/001.p/3"]);
    expect(await verifyShelf(shelf.get)).toBe(259);
  });

  test("fit the tree at every kind of size, also a tile of the third level", async () => {
    const { log, shelf, publish } = open();
    for (const size of [1, 255, 256, 257, 512, 16_385, 65_537]) {
      log.grow(size - log.records.length);
      expect(await publish()).toBe(size);
      expect(await verifyShelf(shelf.get)).toBe(size);
    }
    expect(shelf.objects.has("tile/2/000.p/1")).toBe(true);
    const whole = open();
    whole.log.grow(65_537);
    await whole.publish();
    expect(await verifyShelf(whole.shelf.get)).toBe(65_537);
  });

  test("a long way goes on where it was cut off", async () => {
    const { log, shelf, publish } = open();
    log.grow(20_000);
    shelf.failAfter(150, "after");
    await expect(publish()).rejects.toMatchObject({ code: "storage-failed" });
    expect(shelf.objects.has("progress.json")).toBe(true);
    shelf.recover();
    const before = shelf.calls;
    await publish();
    expect(shelf.calls - before).toBeLessThan(60);
    expect(await verifyShelf(shelf.get)).toBe(20_000);
  });

  test("a size that the member will not sign is not shown", async () => {
    const { log, shelf } = open();
    log.grow(3);
    expect(await publishTiles({ ledger: log.ledger, note: async () => undefined, shelf })).toBe(0);
    expect(shelf.objects.has("checkpoint")).toBe(false);
  });

  test("a mark of progress or a checkpoint that cannot be read is made anew", async () => {
    const { log, shelf, publish } = open();
    log.grow(700);
    for (const path of ["progress.json", "checkpoint"]) await shelf.replace(path, new TextEncoder().encode("?"), undefined);
    expect(await publish()).toBe(700);
    expect(await verifyShelf(shelf.get)).toBe(700);
  });
});

describe("tiles for everybody, cut at any call", () => {
  test.each(["before", "after"] as const)(
    "%s it is done: what a checkpoint covers is there at any time, and the rest comes",
    async (when) => {
      let cuts = 0;
      for (let call = 1; ; call++) {
        const { log, shelf, publish } = open();
        log.grow(300);
        await publish();
        log.grow(500);
        shelf.failAfter(call, when);
        const cut = await publish().then(
          () => false,
          () => true,
        );
        expect([300, 800]).toContain(await verifyShelf(shelf.get));
        shelf.recover();
        expect(await publish()).toBe(800);
        expect(await verifyShelf(shelf.get)).toBe(800);
        if (!cut) break;
        cuts += 1;
      }
      expect(cuts).toBeGreaterThan(10);
    },
  );
});

describe("tiles for everybody, by two at once", () => {
  test("the one that knows less never takes back what the other has shown", async () => {
    for (let lead = 0; lead < 20; lead++) {
      const { log, shelf } = open();
      log.grow(600, 300);
      const slow = publishTiles({ ledger: { ...log.ledger, finalSize: async () => 300 }, note: log.note, shelf });
      for (let turn = 0; turn < lead; turn++) await Promise.resolve();
      const fast = publishTiles({ ledger: { ...log.ledger, finalSize: async () => 600 }, note: log.note, shelf });
      expect(await fast).toBe(600);
      expect([300, 600]).toContain(await slow);
      expect(await verifyShelf(shelf.get)).toBe(600);
    }
  });

  test("one that is always overtaken gives up with a fault, not never", async () => {
    const { log, shelf } = open();
    log.grow(3);
    const overtaken = { read: async () => undefined, keep: async () => undefined, replace: async () => "stale" as const };
    await expect(publishTiles({ ledger: log.ledger, note: log.note, shelf: overtaken })).rejects.toMatchObject({ code: "storage-failed" });
    expect(shelf.calls).toBe(0);
  });
});

test("a verifier with the policy alone checks a consortium's shelf", async () => {
  const cluster = await openCluster();
  try {
    const { running, stores, identity } = cluster.node("tax");
    await running!.services.defineType({ type }, { app: "desk", operator: "zhang-san" }, { waitMs: 10_000 });
    await eventually(async () => (await stores.ledger.finalSize()) > 0);
    const { founding, chain, membership } = passed(checkGenesis(cluster.genesis, nativeCrypto, chainRules));
    const signing = { ...stores, keys: memoryKeys(identity), crypto: nativeCrypto, log: silent, origin: originOf(founding.name, chain) };
    const shelf = new MemoryShelf();
    const size = await publishTiles({ ledger: stores.ledger, note: (of) => checkpointNote(signing, of, 64), shelf });
    const text = new TextDecoder().decode((await shelf.get("checkpoint"))!);
    const checkpoint = passed(verifyCheckpoint(text, passed(parsePolicy(membership.policyText, nativeCrypto)), nativeCrypto));
    expect(checkpoint.size).toBe(size);
    await verifyTree(shelf.get, size, checkpoint.root);
  } finally {
    await cluster.close();
  }
});

const type = JSON.parse(readFileSync(new URL("../../packages/certificates/types/moc-filing.json", import.meta.url), "utf8"));
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function passed<T extends object>(answer: T): Exclude<T, { refused: string }> {
  if ("refused" in answer) throw new Error(JSON.stringify(answer));
  return answer as Exclude<T, { refused: string }>;
}
