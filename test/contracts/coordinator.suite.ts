import type { CoordinatorStore } from "@vermilion/aws/coordinator/store";
import { describe, expect, test } from "vitest";
import { expectBug, expectFault, type Open, type OpenChain, over } from "./opened.ts";
import { twoCoordinators } from "./two-chains.suite.ts";

/** Everything that `CoordinatorStore` promises. */
export function coordinatorSuite(name: string, open: OpenChain<CoordinatorStore>): void {
  describe(`${name}: CoordinatorStore`, () => {
    lifeSuite(open);
    raceSuite(open);
    faultSuite(open);
    twoCoordinators(open);
  });
}

function lifeSuite(open: Open<CoordinatorStore>): void {
  test(
    "nothing runs at first; the first wish starts number 1, further ones are left to it",
    over(open, async (store, { reopen }) => {
      expect(await store.state()).toEqual({ number: 0, wanted: 0, running: false });
      expect(await store.seen()).toBe(0);
      expect(await store.want()).toEqual({ start: 1 });
      expect(await (await reopen()).want()).toBe("running");
      expect(await store.state()).toEqual({ number: 1, wanted: 2, running: true });
      expect(await store.seen()).toBe(2);
    }),
  );

  test(
    "an execution ends only when nobody wanted more since it looked",
    over(open, async (store) => {
      await store.want();
      const seen = await store.seen();
      await store.want();
      expect(await store.end(1, seen)).toBe("more");
      expect((await store.state()).running).toBe(true);
      expect(await store.end(1, await store.seen())).toBe("ended");
      expect(await store.end(1, await store.seen())).toBe("ended");
      expect(await store.want()).toEqual({ start: 2 });
      expect(await store.end(1, await store.seen())).toBe("ended");
      expect(await store.state()).toMatchObject({ number: 2, running: true });
    }),
  );

  test(
    "handing over gives the next number, the same however often it is asked for; the old execution then ends nothing",
    over(open, async (store) => {
      await store.want();
      for (let repeat = 0; repeat < 3; repeat++) expect(await store.nextNumber(1)).toBe(2);
      expect(await store.want()).toBe("running");
      expect(await store.end(1, await store.seen())).toBe("ended");
      await store.lost(1);
      expect(await store.state()).toMatchObject({ number: 2, running: true });
      expect(await store.nextNumber(2)).toBe(3);
      expect(await store.nextNumber(1)).toBe(2);
      expect(await store.state()).toMatchObject({ number: 3, running: true });
    }),
  );

  test(
    "one that was lost is started anew by the next wish; one that was wrongly held for lost goes on",
    over(open, async (store) => {
      await store.want();
      await store.lost(1);
      await store.lost(1);
      expect(await store.state()).toMatchObject({ number: 1, running: false });
      expect(await store.nextNumber(1)).toBe(2);
      expect(await store.want()).toBe("running");
      await store.lost(2);
      expect(await store.want()).toEqual({ start: 3 });
    }),
  );

  test(
    "numbers that no execution has are bugs",
    over(open, async (store) => {
      await expectBug(() => store.end(0, 0), /numbered from 1/);
      await expectBug(() => store.nextNumber(1.5), /numbered from 1/);
      await expectBug(() => store.lost(-1), /numbered from 1/);
      await expectBug(() => store.end(1, -1), /seen/);
    }),
  );
}

function raceSuite(open: Open<CoordinatorStore>): void {
  test(
    "of 20 wishes at once one starts, all are counted",
    over(open, async (store) => {
      for (let round = 1; round <= 3; round++) {
        const answers = await Promise.all(Array.from({ length: 20 }, () => store.want()));
        expect(answers.filter((answer) => answer !== "running")).toEqual([{ start: round }]);
        expect(await store.state()).toEqual({ number: round, wanted: round * 20, running: true });
        await store.lost(round);
      }
    }),
  );

  test(
    "a wish that meets an ending execution is either started or seen by it",
    over(open, async (store, { reopen }) => {
      const others = await reopen();
      let number = 0;
      for (let round = 0; round < 20; round++) {
        const begun = await store.want();
        if (begun !== "running") number = begun.start;
        const seen = await store.seen();
        const [wish, answer] = await Promise.all([others.want(), store.end(number, seen)]);
        // Ended and yet left to it: nobody would do the work.
        expect([wish, answer]).not.toEqual(["running", "ended"]);
        expect((await store.state()).running).toBe(true);
        if (wish !== "running") number = wish.start;
      }
    }),
  );

  test(
    "20 hand-overs of one execution give one number",
    over(open, async (store) => {
      await store.want();
      expect(new Set(await Promise.all(Array.from({ length: 20 }, () => store.nextNumber(1))))).toEqual(new Set([2]));
      expect((await store.state()).number).toBe(2);
    }),
  );
}

function faultSuite(open: Open<CoordinatorStore>): void {
  test(
    "a write that fails changes nothing; one that fails but happened leaves what the watchdog mends",
    over(open, async (store, { faults }) => {
      faults.failBefore(1);
      await expectFault(store.want(), "storage-failed");
      expect(await store.state()).toEqual({ number: 0, wanted: 0, running: false });
      faults.failAfter(1);
      await expectFault(store.want(), "storage-failed");
      expect(await store.want()).toBe("running");
      await store.lost((await store.state()).number);
      expect(await store.want()).toEqual({ start: 2 });
      faults.failAfter(1);
      await expectFault(store.nextNumber(2), "storage-failed");
      expect(await store.nextNumber(2)).toBe(3);
      faults.failAfter(1);
      await expectFault(store.end(3, await store.seen()), "storage-failed");
      expect(await store.end(3, await store.seen())).toBe("ended");
      expect(await store.state()).toMatchObject({ number: 3, running: false });
    }),
  );
}
