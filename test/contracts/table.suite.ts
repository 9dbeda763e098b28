import { randomBytes } from "node:crypto";
import { blobOf, contentOf } from "@vermilion/aws/dynamodb/blob";
import type { Action, Item, Query, Table } from "@vermilion/aws/dynamodb/index";
import { describe, expect, test } from "vitest";
import { expectSame, type Open, over } from "./opened.ts";

const itemOf = (sort: string, number?: number, bytes = 1): Item => ({
  partition: "p",
  sort,
  bytes: new Uint8Array(bytes).fill(7),
  ...(number === undefined ? {} : { number }),
});

/** What the stores rely on of a table; the one in memory must not be kinder than DynamoDB. */
export function tableSuite(name: string, open: Open<Table>): void {
  describe(`${name}: Table`, () => {
    writeSuite(open);
    readSuite(open);
    blobSuite(open);
  });
}

function blobSuite(open: Open<Table>): void {
  test(
    "content beyond an item is whole or not there, and two of one key do not mix",
    over(open, async (table) => {
      // Random: it cannot be made smaller. 1 MB: three items.
      const [one, other] = [randomBytes(1_000_000), randomBytes(1_000_000)];
      const key = { partition: "blob", sort: "content" };
      const [first, second] = [blobOf(key, "one", one), blobOf(key, "other", other)];
      expect(first.rest.length).toBe(2);
      for (const put of [...first.rest, ...second.rest]) await table.write({ put });
      expect(await table.get(key)).toBeUndefined();
      expect(await table.write({ put: first.head, condition: "absent" })).toBe("done");
      expect(await table.write({ put: second.head, condition: "absent" })).not.toBe("done");
      const head = (await table.get(key)) ?? first.head;
      expectSame(await contentOf(table, head), one);
      await table.write({ remove: first.rest[1] ?? key });
      expect(await contentOf(table, head)).toBeUndefined();
    }),
  );
}

function writeSuite(open: Open<Table>): void {
  test(
    "an item comes back as it was written, empty content and expiry too",
    over(open, async (table) => {
      const item = { ...itemOf("a", -1, 0), expires: 4_102_444_800 };
      expect(await table.get(item)).toBeUndefined();
      expect(await table.write({ put: item })).toBe("done");
      expectSame(await table.get(item), item);
      expect(await table.write({ remove: item })).toBe("done");
      expect(await table.write({ remove: item })).toBe("done");
      expect(await table.get(item)).toBeUndefined();
    }),
  );

  test(
    "items are written by up to 25 a request, over those that stand there",
    over(open, async (table) => {
      await table.write({ put: itemOf("01", 4) });
      const items = Array.from({ length: 25 }, (_, n) => itemOf(String(n).padStart(2, "0"), n, n));
      await table.putMany(items);
      await table.putMany(items);
      expectSame(await table.getMany(items), items);
      expect(await table.count("p")).toBe(25);
    }),
  );

  test(
    "conditions hold or tell what stands there",
    over(open, async (table) => {
      const unmet = async (action: Action, item: Item | undefined) => expectSame(await table.write(action), { unmet: item });
      await unmet({ put: itemOf("a", 1), condition: { is: 1 } }, undefined);
      await unmet({ remove: itemOf("a"), condition: { is: 1 } }, undefined);
      expect(await table.write({ put: itemOf("a", 5), condition: { below: 5 } })).toBe("done");
      await unmet({ put: itemOf("a", 6), condition: "absent" }, itemOf("a", 5));
      await unmet({ put: itemOf("a", 5), condition: { below: 5 } }, itemOf("a", 5));
      await unmet({ put: itemOf("a", 6), condition: { is: 4 } }, itemOf("a", 5));
      await unmet({ remove: itemOf("a"), condition: { is: 4 } }, itemOf("a", 5));
      expect(await table.write({ put: itemOf("a", 6), condition: { below: 6 } })).toBe("done");
      expect(await table.write({ put: itemOf("a", 7), condition: { is: 6 } })).toBe("done");
      expect(await table.write({ remove: itemOf("a"), condition: { is: 7 } })).toBe("done");
      expect(await table.write({ put: itemOf("b"), condition: "absent" })).toBe("done");
      await unmet({ put: itemOf("b", 9), condition: { below: 9 } }, itemOf("b"));
    }),
  );

  test(
    "of 20 racers one meets the condition",
    over(open, async (table) => {
      const absent = await Promise.all(Array.from({ length: 20 }, () => table.write({ put: itemOf("a", 1), condition: "absent" })));
      expect(absent.filter((answer) => answer === "done").length).toBe(1);
      const next = await Promise.all(Array.from({ length: 20 }, () => table.write({ put: itemOf("a", 2), condition: { is: 1 } })));
      expect(next.filter((answer) => answer === "done").length).toBe(1);
    }),
  );

  test(
    "a transaction writes all, or none and says which conditions failed",
    over(open, async (table) => {
      const many = Array.from({ length: 100 }, (_, n): Action => ({ put: itemOf(`n${n}`, n, 30_000), condition: "absent" }));
      expect(await table.transact(many)).toBe("done");
      expect(await table.count("p")).toBe(100);
      expect(
        await table.transact([
          { put: itemOf("new", 1), condition: "absent" },
          { put: itemOf("n5", 1), condition: { below: 5 } },
          { remove: itemOf("n6"), condition: { is: 6 } },
          { put: itemOf("n7", 1), condition: { is: 1 } },
        ]),
      ).toEqual({ cancelled: [1, 3] });
      expect(await table.get(itemOf("new"))).toBeUndefined();
      expect(await table.get(itemOf("n6"))).toBeDefined();
    }),
  );

  test(
    "the largest item fits",
    over(open, async (table) => {
      const largest = itemOf("k".repeat(1_000), 1, 380 * 1024);
      await table.write({ put: largest, condition: "absent" });
      expectSame(await table.get(largest), largest);
    }),
  );

  test(
    "its identity stays",
    over(open, async (table) => {
      expect(await table.identity()).toMatch(/./);
      expect(await table.identity()).toBe(await table.identity());
    }),
  );
}

function readSuite(open: Open<Table>): void {
  test(
    "many are read in the order asked, more than one answer of 16 MB holds",
    over(open, async (table) => {
      const sorts = Array.from({ length: 50 }, (_, n) => `${n}`);
      for (const sort of sorts) await table.write({ put: itemOf(sort, Number(sort), 350 * 1024) });
      const asked = ["absent", ...sorts.toReversed()].map((sort) => itemOf(sort));
      const found = await table.getMany(asked);
      expect(found.map((item) => item?.sort)).toEqual([undefined, ...sorts.toReversed()]);
      expect(await table.has(asked)).toEqual([false, ...sorts.map(() => true)]);
      expect(await table.count("p")).toBe(50);
      expect(await table.count("another")).toBe(0);
    }),
  );

  const sorts = ["a", "a!", "a/", "a/1", "a/2", "a/~", "a0", "b", "b/1"];
  const openFilled: Open<Table> = async () => {
    const opened = await open();
    for (const sort of sorts) await opened.port.write({ put: itemOf(sort) });
    return opened;
  };

  test(
    "a query is bounded on both sides, goes on after any key, both ways",
    over(openFilled, async (table) => {
      const keys = async (query: Query) => (await table.query("p", query)).items.map(({ sort }) => sort);
      expect(await keys({})).toEqual(sorts);
      expect(await keys({ from: "a/", to: "a/\u007f" })).toEqual(["a/", "a/1", "a/2", "a/~"]);
      expect(await keys({ from: "a/2" })).toEqual(["a/2", "a/~", "a0", "b", "b/1"]);
      expect(await keys({ to: "a/2" })).toEqual(["a", "a!", "a/", "a/1"]);
      expect(await keys({ from: "a/1", to: "a/2" })).toEqual(["a/1"]);
      expect(await keys({ from: "b", to: "b" })).toEqual([]);
      expect(await keys({ from: "b", to: "a" })).toEqual([]);
      expect(await keys({ from: "a/", to: "b", after: "a/1" })).toEqual(["a/2", "a/~", "a0"]);
      expect(await keys({ from: "a/", to: "b", after: "a/11" })).toEqual(["a/2", "a/~", "a0"]);
      expect(await keys({ from: "a/1", to: "b", after: "a" })).toEqual(["a/1", "a/2", "a/~", "a0"]);
      expect(await keys({ from: "a/", to: "b", after: "c" })).toEqual([]);
      expect(await keys({ after: "a0" })).toEqual(["b", "b/1"]);
      expect(await keys({ backward: true, from: "a/", to: "b" })).toEqual(["a0", "a/~", "a/2", "a/1", "a/"]);
      expect(await keys({ backward: true, from: "a/", to: "b", after: "a/2" })).toEqual(["a/1", "a/"]);
      expect(await keys({ backward: true, from: "a/", to: "b", after: "c" })).toEqual(["a0", "a/~", "a/2", "a/1", "a/"]);
      expect(await keys({ backward: true, from: "a/", after: "a" })).toEqual([]);
      expect(await keys({ backward: true, after: "a!" })).toEqual(["a"]);
      expect((await table.query("none", {})).items).toEqual([]);
    }),
  );

  test(
    "a page may end early, and the next one goes on after it, both ways",
    over(open, async (table) => {
      const names = Array.from({ length: 60 }, (_, n) => String(n).padStart(3, "0"));
      await Promise.all(names.map((sort) => table.write({ put: itemOf(sort, 0, 30_000) })));
      const cases = [1, 7, 60, 1_000].flatMap((limit) => [true, false].map((backward) => ({ limit, backward })));
      for (const bounds of [{ to: "058" }, { from: "003", to: "058" }, { from: "003" }]) {
        const within = names.filter((sort) => sort >= (bounds.from ?? "") && sort < (bounds.to ?? "~"));
        for (const query of cases) {
          const found: string[] = [];
          let after: string | undefined;
          do {
            const page = await table.query("p", { ...bounds, ...query, ...(after === undefined ? {} : { after }) });
            expect(page.items.length).toBeLessThanOrEqual(query.limit);
            found.push(...page.items.map(({ sort }) => sort));
            expect(page.last).not.toBe(after ?? "none");
            after = page.last;
          } while (after !== undefined);
          expect(found).toEqual(query.backward ? within.toReversed() : within);
        }
      }
    }),
  );
}
