import { StateView } from "@vermilion/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

describe("StateView", () => {
  test("what is not loaded is answered as absent and recorded; loading settles it", () => {
    const view = new StateView();
    expect(view.get("a")).toBeUndefined();
    expect(view.get("b")).toBeUndefined();
    expect([...view.misses.keys]).toEqual(["a", "b"]);
    view.load("a", 1);
    view.load("b", undefined);
    expect(view.hasMisses).toBe(false);
    expect([view.get("a"), view.get("b")]).toEqual([1, undefined]);
    expect(view.hasMisses).toBe(false);
  });

  test("writes are sorted by bytes, absolute, the last of a key, null for deleted", () => {
    const view = new StateView();
    view.put<number>("b", 1);
    view.put<number>("a/10", 2);
    view.put<number>("a-", 3);
    view.put<number>("B", 4);
    view.put<number>("b", 5);
    view.delete("a");
    expect(view.writes()).toEqual([
      { key: "B", value: 4 },
      { key: "a", value: null },
      { key: "a-", value: 3 },
      { key: "a/10", value: 2 },
      { key: "b", value: 5 },
    ]);
    // A written key is known without being loaded.
    expect([view.get("b"), view.get("a")]).toEqual([5, undefined]);
    expect(view.hasMisses).toBe(false);
  });

  test("a rollback restores what the entry before had written, and keeps the misses", () => {
    const view = new StateView();
    view.put<number>("a", 1);
    view.checkpoint();
    view.put<number>("a", 2);
    view.put<number>("b", 2);
    view.delete("a");
    view.get("c");
    view.rollback();
    expect(view.writes()).toEqual([{ key: "a", value: 1 }]);
    expect([...view.misses.keys]).toEqual(["c"]);
    view.checkpoint();
    view.delete("a");
    view.keep();
    expect(view.writes()).toEqual([{ key: "a", value: null }]);
    expect(() => view.rollback()).toThrow("bug");
  });

  test("a key that the store could not hold is a bug", () => {
    const view = new StateView();
    for (const key of ["", "a b", "键", "a".repeat(513)]) expect(() => view.put<number>(key, 1)).toThrow("bug");
  });

  test("rows of deleted keys count towards the limit of a loaded range", () => {
    const view = new StateView();
    const request = { prefix: "p/", limit: 2 };
    view.loadRange(request, [
      { key: "p/1", value: null },
      { key: "p/2", value: 2 },
    ]);
    expect(view.range("p/", { limit: 2 })).toEqual([{ key: "p/2", value: 2 }]);
    expect(view.misses.ranges).toEqual([{ prefix: "p/", after: "p/2", limit: 2 }]);
    view.loadRange({ prefix: "p/", after: "p/2", limit: 2 }, []);
    expect(view.range("p/", { limit: 2 })).toEqual([{ key: "p/2", value: 2 }]);
    expect(view.hasMisses).toBe(false);
    expect(() => view.loadRange(request, [{ key: "q/1", value: 1 }])).toThrow("bug");
  });

  test("ranges over any stored rows and any writes are those of the merged state, however they are loaded", () => {
    const key = fc.integer({ min: 0, max: 30 }).map((at) => `p/${String(at).padStart(2, "0")}`);
    const other = fc.constantFrom("o/1", "q", "p");
    const writes = fc.array(fc.tuple(fc.oneof(key, other), fc.option(fc.integer({ min: 0, max: 9 }), { nil: null })), { maxLength: 20 });
    const asks = fc.array(fc.record({ after: fc.option(key, { nil: undefined }), limit: fc.integer({ min: 1, max: 8 }) }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(key, other), fc.integer({ min: 10, max: 99 })), writes, asks, (stored, laid, questions) => {
        const merged = new Map<string, number | null>(Object.entries(stored));
        const view = new StateView();
        for (const [at, value] of laid) {
          merged.set(at, value);
          if (value === null) view.delete(at);
          else view.put<number>(at, value);
        }
        for (const { after, limit } of questions) {
          const inRange = (
            rows: Iterable<readonly [string, number | null]>,
            prefix: string,
            from: string | undefined,
            most: number,
          ): { readonly key: string; readonly value: number }[] =>
            [...rows]
              .flatMap(([at, value]) =>
                value !== null && at.startsWith(prefix) && (from === undefined || at > from) ? [{ key: at, value }] : [],
              )
              .sort((one, two) => (one.key < two.key ? -1 : 1))
              .slice(0, most);
          const options = after === undefined ? { limit } : { after, limit };
          let answer = view.range("p/", options);
          for (let round = 0; view.hasMisses && round < 50; round++) {
            for (const miss of view.misses.ranges)
              view.loadRange(miss, inRange(Object.entries(stored), miss.prefix, miss.after, miss.limit));
            answer = view.range("p/", options);
          }
          expect(view.hasMisses).toBe(false);
          expect(answer).toEqual(inRange(merged, "p/", after, limit));
        }
      }),
      { numRuns: 200 },
    );
  });
});
