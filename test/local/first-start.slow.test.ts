import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { chainOf, dataPaths, isFounded, readConsortium, readGenesis } from "@vermilion/local";
import { chainRules } from "@vermilion/member/rules";
import { checkGenesis } from "@vermilion/node/founding/genesis";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { expect, test } from "vitest";
import { freePorts, temporaryFolder } from "./local-support.ts";
import { command, eventually, isAlive, startConsortium, statusOf, vermilion } from "./running-consortium.ts";

test("the first start issues the sample with a final receipt that verifies offline; a restart has the same heads; a flipped byte is found", async () => {
  const folder = temporaryFolder();
  const data = join(folder, "data");
  const first = await startConsortium("--data", data, "--port", `${await freePorts(4)}`);
  const { sample } = first.ready;
  expect(sample?.receipt.final).toBe(true);
  const receipt = join(folder, "sample.tlog-proof");
  writeFileSync(receipt, sample?.receipt.receipt ?? "");
  const rows = await eventually(
    () => statusOf(data),
    (all) => new Set(all.map(({ health }) => health?.chains[0]?.headHash)).size === 1,
  );
  // npm passes on the Ctrl-C that the terminal has given to the whole group already: one key, two signals.
  process.kill(-(first.process.pid ?? 0), "SIGINT");
  first.process.kill("SIGINT");
  expect((await first.ended).code).toBe(0);
  expect(rows.map(({ pid }) => pid ?? 0).filter(isAlive)).toEqual([]);
  expect(await command("verify", receipt, "--policy", dataPaths(data).policy)).toMatchObject({ code: 0 });

  const second = await startConsortium("--data", data);
  expect(second.ready).toMatchObject({ isNew: false, sample: null });
  const height = rows[0]?.health?.chains[0]?.height;
  expect(height).toBeGreaterThanOrEqual(2);
  for (const { health } of second.ready.members) expect(health?.chains[0]?.height).toBeGreaterThanOrEqual(height ?? Number.NaN);
  expect(await command("rebuild", "tax", "--data", data)).toMatchObject({ code: 2, err: expect.stringContaining("still-running") });
  // Reading a running member's ledger is fine.
  expect(await command("fsck", "tax", "--data", data)).toMatchObject({ code: 0 });
  await command("stop", "--data", data);
  await second.ended;

  expect(await command("rebuild", "tax", "--data", data, "--json")).toMatchObject({ code: 0 });
  flipInEntries(chainOf(data, "tax", "main").paths.database, 1);
  const found = await command("fsck", "tax", "--data", data, "--json");
  expect(found.code).toBe(1);
  expect(JSON.parse(found.out)).toMatchObject({ clean: false, findings: [{ place: expect.stringMatching(/^block 1/) }] });
  expect(await command("fsck", "nobody", "--data", data)).toMatchObject({ code: 2 });
});

/** Changes one bit in the stored entries of a block, behind the back of SQLite's own checks. */
function flipInEntries(file: string, height: number): void {
  const database = new DatabaseSync(file);
  const row = database.prepare("SELECT hash, entries FROM blocks JOIN chain USING (hash) WHERE height = ?").get(height);
  const bytes = Buffer.from(row?.["entries"] as Uint8Array);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  database.prepare("UPDATE blocks SET entries = ? WHERE hash = ?").run(bytes, String(row?.["hash"]));
  database.close();
}

test("founding that is killed at any moment leaves nothing, or a whole consortium", async () => {
  const folder = temporaryFolder();
  const data = join(folder, "data");
  let killed = 0;
  for (let delayMs = 300; !isFounded(data); delayMs += 150) {
    const child = spawn(process.execPath, [vermilion, "init", "--data", data], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await Promise.race([ended, sleep(delayMs)]);
    if (child.kill("SIGKILL")) killed++;
    await ended;
    if (!isFounded(data)) expect(existsSync(data)).toBe(false);
  }
  expect(killed).toBeGreaterThan(0);
  const genesis = checkGenesis(readGenesis(data), nativeCrypto, chainRules);
  if ("refused" in genesis) throw new Error(genesis.detail);
  for (const { id } of readConsortium(data).members) {
    const paths = dataPaths(data).member(id);
    expect(readdirSync(paths.keys)).toHaveLength(5);
    expect(existsSync(paths.database) && existsSync(dataPaths(data).app(id, "desk"))).toBe(true);
  }
  expect(readdirSync(dirname(data))).toEqual(["data"]);
  expect(readFileSync(dataPaths(data).policy, "utf8")).toBe(genesis.membership.policyText);
  expect(await command("config", "check", "--data", data)).toMatchObject({ code: 0 });
});
