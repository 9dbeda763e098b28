import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { consortiumOf, dataPaths, foundConsortium, fsckMember, readGenesis, systemClock, systemRandom } from "@vermilion/local";
import { openDatabase } from "@vermilion/local/sqlite/index";
import { backupMember } from "@vermilion/local/upkeep/backup";
import { restoreMember } from "@vermilion/local/upkeep/restore";
import { expect, test } from "vitest";
import { temporaryFolder } from "./local-support.ts";

/** Data of 0.1 is not read: every way to it ends in one sentence, in both languages, and nothing is changed. */

const config = consortiumOf(["north", "south", "east"], { name: "grain.example", firstPort: 8001 });
const saysSo = expect.objectContaining({
  code: "storage-layout-older",
  names: { zh: expect.stringMatching(/朱印 0\.1 的数据/), en: expect.stringMatching(/data of Vermilion 0\.1/) },
});

async function founded(): Promise<string> {
  const data = join(temporaryFolder(), "data");
  await foundConsortium({ data, config, clock: systemClock, random: systemRandom });
  return data;
}

/** What tells data of 0.1: its genesis file is of version 1, its SQLite files of layout 1 or 2. */
function makeOlder(data: string): void {
  const { genesis, member } = dataPaths(data);
  writeFileSync(genesis, readFileSync(genesis, "utf8").replace('"version": 2', '"version": 1').replace('"version":2', '"version":1'));
  for (const { id } of config.members) setLayout(member(id).database, 2);
}

function setLayout(file: string, layout: number): void {
  const raw = new DatabaseSync(file);
  raw.exec(`PRAGMA user_version = ${layout}`);
  raw.close();
}

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !/-(?:wal|shm)$/.test(name))
    .sort();

test("a data folder: starting, checking and backing up a member", async () => {
  const data = await founded();
  makeOlder(data);
  const before = filesOf(data);
  const to = join(temporaryFolder(), "backup");
  expect(() => readGenesis(data)).toThrow(saysSo);
  await expect(fsckMember(data, "north", () => undefined)).rejects.toEqual(saysSo);
  await expect(backupMember({ data, member: "north", to, withKeys: false, now: 0, onProgress: () => undefined })).rejects.toEqual(saysSo);
  expect(filesOf(data)).toEqual(before);
});

test.each([1, 2])("a database of layout %i alone", async (layout) => {
  const data = await founded();
  const { database } = dataPaths(data).member("north");
  setLayout(database, layout);
  for (const readOnly of [false, true])
    expect(() => openDatabase(database, { readOnly })).toThrow(expect.objectContaining({ code: "storage-layout-older" }));
});

test("a backup: nothing of it is put in place", async () => {
  const data = await founded();
  makeOlder(data);
  const from = temporaryFolder();
  const bytes = readFileSync(dataPaths(data).genesis);
  writeFileSync(join(from, "genesis.json"), bytes);
  const file = { path: "genesis.json", size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  const head = { chain: "0".repeat(64), takenAt: new Date(0).toISOString(), height: 0, size: 2, headHash: "0".repeat(64) };
  writeFileSync(join(from, "backup.json"), JSON.stringify({ version: 1, member: "north", ...head, withKeys: false, files: [file] }));
  const into = join(temporaryFolder(), "elsewhere");
  const restoring = restoreMember({ data: into, member: "north", from, acceptLoss: false, now: 0, onProgress: () => undefined });
  await expect(restoring).rejects.toEqual(saysSo);
  expect(existsSync(into)).toBe(false);
});
