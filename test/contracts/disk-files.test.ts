import { readdirSync, statSync, writeFileSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Disk, diskFiles } from "@vermilion/local/files/on-disk";
import type { Files } from "@vermilion/member/ports/index";
import { expect, onTestFinished, test } from "vitest";
import type { WriteFaults } from "../support/memory/index.ts";
import { filesRoomSuite, filesSuite } from "./files.suite.ts";
import { type OpenChain, testChains } from "./opened.ts";
import { temporaryFolder } from "./sqlite-open.ts";
import { testFile } from "./test-file.ts";

/** A disk whose next rename fails before or after it happened, which is full, or takes no writes. */
function spoiltDisk(): { readonly disk: Disk; readonly faults: WriteFaults } {
  let ordered: { readonly when: "before" | "after"; left: number } | undefined;
  let refused: string | undefined;
  const fail = (code: string): never => {
    throw Object.assign(new Error(code), { code });
  };
  const disk: Disk = {
    mkdir,
    rm,
    async open(path, flags, mode) {
      if (flags !== "r" && refused !== undefined) fail(refused);
      return open(path, flags, mode);
    },
    async rename(from, to) {
      if (ordered !== undefined) ordered.left -= 1;
      if (ordered?.left !== 0) return rename(from, to);
      const { when } = ordered;
      ordered = undefined;
      if (when === "after") await rename(from, to);
      fail("EIO");
    },
  };
  const faults: WriteFaults = {
    failBefore(n) {
      ordered = { when: "before", left: n };
    },
    failAfter(n) {
      ordered = { when: "after", left: n };
    },
    full() {
      refused = "ENOSPC";
    },
    readOnly() {
      refused = "EROFS";
    },
    clear() {
      ordered = undefined;
      refused = undefined;
    },
  };
  return { disk, faults };
}

const openDisk: OpenChain<Files> = async () => {
  const folder = temporaryFolder();
  const { disk, faults } = spoiltDisk();
  const [home, other] = testChains.map((chain) => join(folder.path, "chains", chain, "files")) as [string, string];
  return {
    port: diskFiles(home, disk),
    reopen: async () => diskFiles(home),
    otherChain: async () => diskFiles(other),
    close: async () => folder.remove(),
    faults,
  };
};

filesSuite("disk", openDisk);
filesRoomSuite("disk", openDisk);

test("files belong to their owner alone, and half of a chunk is none", async () => {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  const files = diskFiles(join(folder.path, "files"));
  const { plan, chunks } = testFile(1_000);
  await files.begin(plan);
  const home = join(folder.path, "files", plan.file.slice(0, 2), plan.file);
  writeFileSync(join(home, "0000.chunk"), chunks[0]!.subarray(0, 500));
  writeFileSync(join(home, ".left.part"), chunks[0]!);
  expect((await files.state(plan.file))?.present).toEqual([]);
  await files.writeChunk(plan.file, 0, chunks[0]!);
  expect(await files.complete(plan.file)).toBe("complete");
  for (const name of readdirSync(home)) {
    if (name.startsWith(".")) continue;
    expect((statSync(join(home, name)).mode & 0o777).toString(8), name).toBe("600");
  }
  expect((statSync(home).mode & 0o777).toString(8)).toBe("700");
});
