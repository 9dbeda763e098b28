import { fileChunkBytes } from "@vermilion/certificates";
import type { Files } from "@vermilion/member/ports/index";
import { describe, expect, test } from "vitest";
import { expectBug, expectFault, expectSame, type Open, type OpenChain, type Opened, over } from "./opened.ts";
import { moves, type TestFile, testFile } from "./test-file.ts";
import { twoFiles } from "./two-chains.suite.ts";

const twoChunks = fileChunkBytes + 1_000;

/** Everything that the port `Files` promises. */
export function filesSuite(suite: string, open: OpenChain<Files>): void {
  const onFiles = (body: (files: Files, opened: Opened<Files>) => Promise<void>) => over(open, body);

  async function stored(files: Files, { plan, chunks }: TestFile): Promise<void> {
    await files.begin(plan);
    for (const [index, bytes] of chunks.entries()) await moves.send(files, plan.file, index, bytes);
    expect(await files.complete(plan.file)).toBe("complete");
  }

  describe(`${suite}: Files`, () => {
    twoFiles(open);

    test(
      "an upload goes on after a restart with what was there, and is read back as it was sent",
      onFiles(async (files, { reopen }) => {
        const { plan, chunks } = testFile(twoChunks);
        expect(await files.state(plan.file)).toBeUndefined();
        await files.begin(plan);
        expect(await files.state(plan.file)).toEqual({ ...plan, complete: false, present: [] });
        await moves.send(files, plan.file, 1, chunks[1]!);
        const again = await reopen();
        expect(await again.state(plan.file)).toEqual({ ...plan, complete: false, present: [1] });
        expect(await again.complete(plan.file)).toEqual({ missing: [0] });
        expect(await again.readChunk(plan.file, 1)).toBeUndefined();
        await moves.send(again, plan.file, 0, chunks[0]!);
        expect(await again.complete(plan.file)).toBe("complete");
        const last = await reopen();
        expect(await last.state(plan.file)).toEqual({ ...plan, complete: true, present: [0, 1] });
        for (const [index, bytes] of chunks.entries()) expectSame(await moves.fetch(last, plan.file, index), bytes);
        expect(await last.readChunk(plan.file, 2)).toBeUndefined();
      }),
    );

    test(
      "begin, send and complete may be repeated; the first plan stays",
      onFiles(async (files) => {
        const { plan, chunks } = testFile(1_000);
        expect(await files.begin(plan)).toBe("begun");
        expect(await files.begin({ ...plan, app: "other", begunAt: 1 })).toBe("known");
        expect(await files.state(plan.file)).toEqual({ ...plan, complete: false, present: [] });
        for (let time = 0; time < 2; time++) await moves.send(files, plan.file, 0, chunks[0]!);
        for (let time = 0; time < 2; time++) expect(await files.complete(plan.file)).toBe("complete");
        await files.begin(plan);
        expect(await files.writeChunk(plan.file, 0, chunks[0]!)).toBe("written");
        expect((await files.state(plan.file))?.complete).toBe(true);
        expectSame(await moves.fetch(files, plan.file, 0), chunks[0]);
      }),
    );

    test(
      "two uploads of one file at once give one file",
      onFiles(async (files, { reopen }) => {
        const file = testFile(twoChunks);
        const other = await reopen();
        await Promise.all([stored(files, file), files.begin(file.plan).then(() => moves.send(other, file.plan.file, 0, file.chunks[0]!))]);
        for (const [index, bytes] of file.chunks.entries()) expectSame(await moves.fetch(other, file.plan.file, index), bytes);
      }),
    );

    test(
      "open uploads are counted for their app until they are complete or abandoned",
      onFiles(async (files) => {
        const [one, two, three] = [testFile(10), testFile(20), testFile(30, "counter")];
        for (const { plan } of [one, two, three]) await files.begin(plan);
        expect([await files.openUploads("desk"), await files.openUploads("counter"), await files.openUploads("nobody")]).toEqual([2, 1, 0]);
        await stored(files, one);
        expect(await files.openUploads("desk")).toBe(1);
        for (let time = 0; time < 2; time++) expect(await files.abandon(two.plan.file, undefined)).toBe("abandoned");
        expect(await files.openUploads("desk")).toBe(0);
        expect(await files.state(two.plan.file)).toBeUndefined();
      }),
    );

    test(
      "what was abandoned is gone and can be sent again",
      onFiles(async (files) => {
        const file = testFile(5_000);
        await stored(files, file);
        await files.abandon(file.plan.file, undefined);
        expect(await files.readChunk(file.plan.file, 0)).toBeUndefined();
        expect(await files.writeChunk(file.plan.file, 0, file.chunks[0]!)).toBe("unknown-upload");
        expect(await files.complete(file.plan.file)).toBe("unknown-upload");
        await stored(files, file);
        expectSame(await moves.fetch(files, file.plan.file, 0), file.chunks[0]);
      }),
    );

    test(
      "what may come onto the ledger is abandoned only by who knows of every entry",
      onFiles(async (files, { reopen }) => {
        const file = testFile(4_000);
        const { file: root } = file.plan;
        const [first, second] = [
          { until: 5_000, transaction: "11".repeat(32) },
          { until: 4_000, transaction: "22".repeat(32) },
        ];
        expect(await files.register(root, first)).toBe("unknown-upload");
        await stored(files, file);
        for (let time = 0; time < 2; time++) expect(await files.register(root, first)).toBe("noted");
        expect((await files.state(root))?.registration).toEqual(first);
        expect(await files.abandon(root, undefined)).toBe("registering");
        expect(await files.register(root, second)).toBe("noted");
        const again = await reopen();
        const both = (await again.state(root))?.registration;
        expect(both).toEqual({ until: 5_000, transaction: null });
        expect(await again.abandon(root, first)).toBe("registering");
        expectSame(await moves.fetch(again, root, 0), file.chunks[0]);
        expect(await again.abandon(root, both)).toBe("abandoned");
        expect(await again.state(root)).toBeUndefined();
        await stored(again, file);
        expect((await again.state(root))?.registration).toBeUndefined();
      }),
    );

    test(
      "of an entry that is noted and an abandoning at one moment, one happens",
      onFiles(async (files) => {
        const entry = { until: 5_000, transaction: "33".repeat(32) };
        for (let time = 0; time < 5; time++) {
          const file = testFile(100);
          await stored(files, file);
          const [noted, abandoned] = await Promise.all([files.register(file.plan.file, entry), files.abandon(file.plan.file, undefined)]);
          expect([noted, abandoned]).toEqual(noted === "noted" ? ["noted", "registering"] : ["unknown-upload", "abandoned"]);
          expect((await files.state(file.plan.file))?.complete).toBe(noted === "noted" ? true : undefined);
        }
      }),
    );

    test(
      "a root or a plan that no platform could store is a bug",
      onFiles(async (files) => {
        const { plan } = testFile(1);
        await expectBug(() => files.state("../../etc/passwd"), /not a hash/);
        for (const app of ["a b", "../other", "a/../../b", ".."]) await expectBug(() => files.begin({ ...plan, app }), /app/);
        await expectBug(() => files.begin({ ...plan, size: 100_000_000 }), /chunks/);
      }),
    );

    test(
      "a write that failed, whether it happened or not, may be repeated",
      onFiles(async (files, { faults }) => {
        const { plan, chunks } = testFile(3_000);
        const steps: readonly (() => Promise<unknown>)[] = [
          () => files.begin(plan),
          () => files.writeChunk(plan.file, 0, chunks[0]!),
          () => files.complete(plan.file),
        ];
        for (const step of steps) {
          for (const order of ["failBefore", "failAfter"] as const) {
            faults[order](1);
            await expectFault(step(), "storage-failed");
            faults.clear();
          }
          await step();
        }
        expectSame(await moves.fetch(files, plan.file, 0), chunks[0]);
      }),
    );
  });
}

/** For platforms whose storage can be full or read-only. */
export function filesRoomSuite(suite: string, open: Open<Files>): void {
  describe(`${suite}: Files`, () => {
    test(
      "no room and no right to write are told apart, and leave what was there",
      over(open, async (files, { faults }) => {
        const file = testFile(3_000);
        await files.begin(file.plan);
        faults.full();
        await expectFault(files.writeChunk(file.plan.file, 0, file.chunks[0]!), "storage-full");
        faults.clear();
        faults.readOnly();
        await expectFault(files.writeChunk(file.plan.file, 0, file.chunks[0]!), "storage-read-only");
        faults.clear();
        expect((await files.state(file.plan.file))?.present).toEqual([]);
        for (const [index, bytes] of file.chunks.entries()) await moves.send(files, file.plan.file, index, bytes);
        expect(await files.complete(file.plan.file)).toBe("complete");
      }),
    );
  });
}
