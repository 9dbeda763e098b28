import type { App, Apps } from "@vermilion/member/ports/index";
import { describe, expect, test } from "vitest";
import { expectBug, expectFault, type Open, over } from "./opened.ts";

const window: App = {
  id: "window-1",
  name: "办事大厅",
  keys: [{ kid: "k1", jwk: { kty: "EC", crv: "P-256", x: "x", y: "y" } }],
  scopes: ["certificates:read", "certificates:issue"],
  disabled: false,
  createdAt: 1_700_000_000_000,
};

/** Everything that the port `Apps` promises. */
export function appsSuite(suite: string, open: Open<Apps>): void {
  describe(`${suite}: Apps`, () => {
    test(
      "an app is there as it was put, also after a restart; an unknown one is not",
      over(open, async (apps, { reopen }) => {
        expect(await apps.list()).toEqual([]);
        await apps.put(window);
        const again = await reopen();
        expect(await again.get("window-1")).toEqual(window);
        expect(await again.get("window-2")).toBeUndefined();
      }),
    );

    test(
      "putting replaces by id, and is seen by those who opened the store before",
      over(open, async (apps, { reopen }) => {
        const another = await reopen();
        await apps.put(window);
        await apps.put({ ...window, id: "archive", name: "档案" });
        await apps.put({ ...window, disabled: true, keys: [] });
        expect(await another.get("window-1")).toEqual({ ...window, disabled: true, keys: [] });
        expect((await another.list()).map(({ id }) => id).sort()).toEqual(["archive", "window-1"]);
      }),
    );

    test(
      "a put that fails leaves what was there; one that failed but happened may be repeated",
      over(open, async (apps, { faults }) => {
        await apps.put(window);
        faults.failBefore(1);
        await expectFault(apps.put({ ...window, disabled: true }), "storage-failed");
        expect(await apps.get("window-1")).toEqual(window);
        faults.failAfter(1);
        await expectFault(apps.put({ ...window, name: "new" }), "storage-failed");
        await apps.put({ ...window, name: "new" });
        expect(await apps.list()).toEqual([{ ...window, name: "new" }]);
      }),
    );

    test(
      "read-only: refused by code, reads go on",
      over(open, async (apps, { faults }) => {
        await apps.put(window);
        faults.readOnly();
        await expectFault(apps.put({ ...window, name: "new" }), "storage-read-only");
        expect(await apps.list()).toEqual([window]);
      }),
    );

    test(
      "an app beyond an item is a bug",
      over(open, async (apps) => {
        await expectBug(() => apps.put({ ...window, name: "n".repeat(400 * 1024) }), /app window-1/);
        expect(await apps.list()).toEqual([]);
      }),
    );
  });
}
