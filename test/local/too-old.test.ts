import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  askMemberOrFiles,
  consortiumOf,
  dataPaths,
  foundConsortium,
  fsckMember,
  rebuildMember,
  runMember,
  systemClock,
  systemRandom,
} from "@vermilion/local";
import { backupMember } from "@vermilion/local/upkeep/backup";
import { restoreMember } from "@vermilion/local/upkeep/restore";
import { expect, test } from "vitest";
import { temporaryFolder } from "./local-support.ts";

/** Data of 0.1 is not read: every way to it ends in one sentence, in both languages, and nothing is changed. */

const config = consortiumOf(["north", "south", "east"], { name: "grain.example", firstPort: 8001 });
const saysSo = expect.objectContaining({
  code: "data-too-old",
  names: { zh: expect.stringMatching(/由 0\.1 版写成/), en: expect.stringMatching(/written by version 0\.1/) },
});
const quiet = () => undefined;

/** What tells data of 0.1: all of a member's ledger in one file, `ledger.sqlite` in its own folder. */
async function oldFolder(): Promise<string> {
  const data = join(temporaryFolder(), "data");
  await foundConsortium({ data, config, clock: systemClock, random: systemRandom });
  writeFileSync(join(dataPaths(data).member("north").home, "ledger.sqlite"), "SQLite format 3\0", { mode: 0o600 });
  return data;
}

const waysIn: readonly (readonly [string, (data: string) => Promise<unknown>])[] = [
  ["starting a member", (data) => runMember({ data, member: "north", onStopAsked: quiet })],
  ["checking its ledger", (data) => fsckMember({ data, member: "north", chain: "main" }, quiet)],
  ["rebuilding it", (data) => rebuildMember({ data, member: "north", chain: "main" }, quiet)],
  ["asking for its apps", (data) => askMemberOrFiles(data, "north", { command: "app-list" })],
  ["copying it", (data) => backupMember({ data, member: "north", to: join(data, "../copy"), withKeys: false, now: 0, onProgress: quiet })],
];

test.each(waysIn)("%s", async (_what, work) => {
  const data = await oldFolder();
  const before = readdirSync(join(data, ".."), { recursive: true }).toSorted();
  await expect((async () => work(data))()).rejects.toEqual(saysSo);
  expect(readdirSync(join(data, ".."), { recursive: true }).toSorted()).toEqual(before);
});

test("restoring a backup of it: nothing is put in place", async () => {
  const [from, into] = [temporaryFolder(), join(temporaryFolder(), "elsewhere")];
  writeFileSync(join(from, "backup.json"), JSON.stringify({ version: 1, member: "north", chain: "0".repeat(64), files: [] }));
  const restoring = restoreMember({ data: into, member: "north", from, acceptLoss: false, now: 0, onProgress: quiet });
  await expect(restoring).rejects.toEqual(saysSo);
  expect(existsSync(into)).toBe(false);
});
