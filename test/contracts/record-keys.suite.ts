import type { RecordKeys } from "@vermilion/member/ports/index";
import { describe, expect, test } from "vitest";
import { bytesOf, sha256 } from "./chain.ts";
import { expectBug, expectFault, expectSame, type OpenChain, over } from "./opened.ts";
import { twoRecordKeys } from "./two-chains.suite.ts";

const name = { certificate: "1.2.156.3005.2/11100000000013338W/ABC", version: 1, part: "main", document: sha256("document") };

/** Everything that the port `RecordKeys` promises. */
export function recordKeysSuite(suite: string, open: OpenChain<RecordKeys>): void {
  describe(`${suite}: RecordKeys`, () => {
    twoRecordKeys(open);

    test(
      "a key is there as it was saved, also after a restart; others are not",
      over(open, async (keys, { reopen }) => {
        const wrapped = Uint8Array.from({ length: 256 }, (_, place) => place);
        await keys.saveFirst(name, wrapped);
        const again = await reopen();
        expectSame(await again.read(name), wrapped);
        expect(await again.read({ ...name, version: 2 })).toBeUndefined();
        expect(await again.read({ ...name, part: "customs" })).toBeUndefined();
        expect(await again.read({ ...name, certificate: "other" })).toBeUndefined();
      }),
    );

    test(
      "the first key of a name stays",
      over(open, async (keys) => {
        await keys.saveFirst(name, bytesOf("first"));
        await keys.saveFirst(name, bytesOf("first"));
        await keys.saveFirst(name, bytesOf("other"));
        expectSame(await keys.read(name), bytesOf("first"));
        await keys.saveFirst({ ...name, version: 2 }, bytesOf("other"));
        expectSame(await keys.read({ ...name, version: 2 }), bytesOf("other"));
      }),
    );

    test(
      "20 racers with different bytes all read the same one afterwards",
      over(open, async (keys) => {
        const read = await Promise.all(
          Array.from({ length: 20 }, async (_, racer) => {
            await keys.saveFirst(name, bytesOf(`racer ${racer}`));
            return new TextDecoder().decode((await keys.read(name)) ?? new Uint8Array(0));
          }),
        );
        expect(new Set(read).size).toBe(1);
        expect(read[0]).toMatch(/^racer \d+$/);
      }),
    );

    test(
      "a name or a key that no platform could store is a bug",
      over(open, async (keys) => {
        await expectBug(() => keys.saveFirst({ ...name, certificate: "" }, bytesOf("x")), /certificate/);
        await expectBug(() => keys.saveFirst({ ...name, version: -1 }, bytesOf("x")), /version/);
        await expectBug(() => keys.saveFirst(name, new Uint8Array(400 * 1024)), /wrapped key/);
      }),
    );

    test(
      "a save that failed but happened may be repeated; one that did not happen left nothing",
      over(open, async (keys, { faults }) => {
        faults.failAfter(1);
        await expectFault(keys.saveFirst(name, bytesOf("a")), "storage-failed");
        await keys.saveFirst(name, bytesOf("a"));
        const second = { ...name, version: 2 };
        faults.failBefore(1);
        await expectFault(keys.saveFirst(second, bytesOf("b")), "storage-failed");
        expect(await keys.read(second)).toBeUndefined();
        await keys.saveFirst(second, bytesOf("b"));
        expectSame([await keys.read(name), await keys.read(second)], [bytesOf("a"), bytesOf("b")]);
      }),
    );
  });
}
