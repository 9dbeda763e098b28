import type { Calls, StoredAnswer } from "@vermilion/member/ports/index";
import { describe, expect, test } from "vitest";
import { expectFault, type Open, over } from "./opened.ts";

const answer: StoredAnswer = { status: 201, headers: { location: "/v1/certificates/1" }, body: '{"编号":"1"}' };
const other: StoredAnswer = { status: 500, headers: {}, body: "" };
const start = 1_700_000_000_000;
const at = (now: number) => ({ now: start + now, staleAfter: 30_000, until: start + now + 86_400_000 });

/** Everything that the port `Calls` promises. */
export function callsSuite(suite: string, open: Open<Calls>): void {
  describe(`${suite}: Calls`, () => {
    test(
      "a claim is true for exactly one of 20 callers, also after a restart",
      over(open, async (calls, { reopen }) => {
        const claims = await Promise.all(Array.from({ length: 20 }, () => calls.claim("jti/1", start)));
        expect(claims.filter((won) => won).length).toBe(1);
        expect(await (await reopen()).claim("jti/1", start)).toBe(false);
        expect(await calls.claim("jti/2", start)).toBe(true);
      }),
    );

    test(
      "a claim is never forgotten before its time, however many calls come",
      over(open, async (calls) => {
        await Promise.all(Array.from({ length: 100 }, (_, place) => calls.claim(`old/${place}`, start - 1)));
        await calls.claim("kept", start + 10);
        for (let place = 0; place < 10; place++) await calls.begin(`call ${place}`, "f", at(10));
        expect(await calls.claim("kept", start + 10)).toBe(false);
      }),
    );

    test(
      "of 20 calls with one key one begins, the others are told that it runs",
      over(open, async (calls) => {
        const begun = await Promise.all(Array.from({ length: 20 }, () => calls.begin("key", "f", at(0))));
        expect(begun.filter((one) => one === "begun").length).toBe(1);
        expect(begun.filter((one) => one === "running").length).toBe(19);
      }),
    );

    test(
      "a finished call gives its answer, the first one for good, also after a restart",
      over(open, async (calls, { reopen }) => {
        expect(await calls.begin("key", "f", at(0))).toBe("begun");
        await calls.finish("key", answer);
        await calls.finish("key", answer);
        await calls.finish("key", other);
        const again = await reopen();
        expect(await again.begin("key", "f", at(1))).toEqual(answer);
        expect(await again.begin("key", "f", at(86_000_000))).toEqual(answer);
        await again.abandon("key");
        expect(await again.begin("key", "f", at(2))).toEqual(answer);
      }),
    );

    test(
      "another body under the same key is told so, running or finished",
      over(open, async (calls) => {
        await calls.begin("key", "f", at(0));
        expect(await calls.begin("key", "g", at(1))).toBe("other-body");
        expect(await calls.begin("key", "g", at(40_000))).toBe("other-body");
        await calls.finish("key", answer);
        expect(await calls.begin("key", "g", at(2))).toBe("other-body");
        expect(await calls.begin("other key", "g", at(2))).toBe("begun");
      }),
    );

    test(
      "a call that nobody finished may begin again when it is stale, once",
      over(open, async (calls) => {
        await calls.begin("key", "f", at(0));
        expect(await calls.begin("key", "f", at(29_999))).toBe("running");
        const later = await Promise.all(Array.from({ length: 20 }, () => calls.begin("key", "f", at(30_000))));
        expect(later.filter((one) => one === "begun").length).toBe(1);
        expect(later.filter((one) => one === "running").length).toBe(19);
        expect(await calls.begin("key", "f", at(59_999))).toBe("running");
      }),
    );

    test(
      "an abandoned call may begin again, with another body too",
      over(open, async (calls) => {
        await calls.begin("key", "f", at(0));
        await calls.abandon("key");
        await calls.abandon("key");
        expect(await calls.begin("key", "g", at(1))).toBe("begun");
        await calls.abandon("never begun");
        await calls.finish("never begun", answer);
        expect(await calls.begin("never begun", "f", at(1))).toBe("begun");
      }),
    );

    test(
      "after its time a call is as new",
      over(open, async (calls) => {
        await calls.begin("key", "f", at(0));
        await calls.finish("key", answer);
        expect(await calls.begin("key", "f", at(86_400_000))).toEqual(answer);
        expect(await calls.begin("key", "g", at(86_400_001))).toBe("begun");
        await calls.finish("key", other);
        expect(await calls.begin("key", "g", at(86_400_002))).toEqual(other);
      }),
    );

    test(
      "writes that failed but happened",
      over(open, async (calls, { faults }) => {
        faults.failAfter(1);
        await expectFault(calls.claim("jti", start), "storage-failed");
        expect(await calls.claim("jti", start)).toBe(false);
        faults.failAfter(1);
        await expectFault(calls.begin("key", "f", at(0)), "storage-failed");
        expect(await calls.begin("key", "f", at(1))).toBe("running");
        faults.failAfter(1);
        await expectFault(calls.finish("key", answer), "storage-failed");
        expect(await calls.begin("key", "f", at(2))).toEqual(answer);
      }),
    );

    test(
      "writes that failed and did not happen",
      over(open, async (calls, { faults }) => {
        faults.failBefore(1);
        await expectFault(calls.claim("jti", start), "storage-failed");
        expect(await calls.claim("jti", start)).toBe(true);
        faults.failBefore(1);
        await expectFault(calls.begin("key", "f", at(0)), "storage-failed");
        expect(await calls.begin("key", "f", at(1))).toBe("begun");
        faults.failBefore(1);
        await expectFault(calls.finish("key", answer), "storage-failed");
        expect(await calls.begin("key", "f", at(2))).toBe("running");
      }),
    );
  });
}
