import { appendFileSync, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { dataPaths } from "@vermilion/local";
import { expect, test } from "vitest";
import { clientsOf } from "../journeys/agencies.ts";
import { freePorts, temporaryFolder } from "./local-support.ts";
import { command, eventually, startConsortium, statusOf } from "./running-consortium.ts";

/** Backups of members of a running consortium, and what becomes of one that is put back. */

async function consortium() {
  const data = join(temporaryFolder(), "data");
  const running = await startConsortium("--data", data, "--port", `${await freePorts(4)}`);
  const clients = clientsOf(data);
  const deposit = async (member: string, file: string) => {
    const client = clients.get(member);
    if (client === undefined) throw new Error(`no client of ${member}`);
    return client.depositEvidence({ digests: [file.padEnd(64, "0")] });
  };
  return { data, running, deposit, clients };
}

const heads = async (data: string) => (await statusOf(data)).map(({ health }) => health?.chains[0]?.headHash);
const phases = (rows: Awaited<ReturnType<typeof statusOf>>) => rows.map(({ health }) => (health as { status?: string } | null)?.status);

test("yesterday's backup in a running consortium: the member fetches what it missed, rejoins, and is needed again", async () => {
  const { data, running, deposit } = await consortium();
  const to = join(temporaryFolder(), "yesterday");
  await deposit("customs", "a1");
  const taken = await command("backup", "customs", "--to", to, "--json", "--data", data);
  expect(taken).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(taken.out)).toMatchObject({ member: "customs", withKeys: false });
  expect(existsSync(join(to, "keys"))).toBe(false);
  for (const { chain } of JSON.parse(taken.out).chains)
    for (const file of ["member.sqlite", join("chains", chain, "ledger.sqlite")]) expect(statSync(join(to, file)).mode & 0o077).toBe(0);

  for (const file of ["b2", "c3", "d4"]) await deposit("customs", file);
  const running1 = await command("restore", "customs", "--from", to, "--data", data);
  expect(running1).toMatchObject({ code: 1, err: expect.stringContaining("still-running") });

  expect((await command("stop", "customs", "--data", data)).code).toBe(0);
  const restored = await command("restore", "customs", "--from", to, "--data", data);
  expect(restored).toMatchObject({ code: 0, err: "" });
  const { home } = dataPaths(data).member("customs");
  expect(readdirSync(home).filter((name) => name.startsWith("replaced-"))).toHaveLength(1);
  expect((await command("start", "customs", "--data", data)).code).toBe(0);
  await eventually(
    () => statusOf(data),
    (rows) => phases(rows).every((status) => status === "ok"),
  );
  await eventually(
    () => heads(data),
    (all) => new Set(all).size === 1,
  );

  // With another one away nothing is committed without it.
  expect((await command("stop", "tax", "--data", data)).code).toBe(0);
  expect((await deposit("customs", "e5")).outcome).toBe("applied");
  expect((await command("fsck", "customs", "--data", data)).code).toBe(0);
  running.process.kill("SIGTERM");
  await running.ended;
});

test("a backup with keys brings a member back on a computer that has nothing; without keys it says what is missing", async () => {
  const { data, running, deposit } = await consortium();
  await deposit("tax", "a1");
  const [withKeys, without] = [join(temporaryFolder(), "with"), join(temporaryFolder(), "without")];
  expect((await command("backup", "tax", "--to", withKeys, "--with-keys", "--data", data)).code).toBe(0);
  expect((await command("backup", "tax", "--to", without, "--data", data)).code).toBe(0);
  running.process.kill("SIGTERM");
  await running.ended;

  const elsewhere = join(temporaryFolder(), "data");
  expect(await command("restore", "tax", "--from", without, "--data", elsewhere)).toMatchObject({
    code: 1,
    err: expect.stringContaining("keys-unusable"),
  });
  expect((await command("restore", "tax", "--from", withKeys, "--data", elsewhere)).code).toBe(0);
  expect((await command("fsck", "tax", "--data", elsewhere)).code).toBe(0);
});

test("what is no backup, a damaged one, or somebody else's is refused, and nothing is touched", async () => {
  const { data, running } = await consortium();
  const to = join(temporaryFolder(), "backup");
  expect((await command("backup", "customs", "--to", to, "--data", data)).code).toBe(0);
  expect(await command("backup", "customs", "--to", to, "--data", data)).toMatchObject({
    code: 1,
    err: expect.stringContaining("folder-not-usable"),
  });
  running.process.kill("SIGTERM");
  await running.ended;

  const restore = (member: string, from: string) => command("restore", member, "--from", from, "--data", data);
  expect(await restore("customs", temporaryFolder())).toMatchObject({ code: 1, err: expect.stringContaining("no-backup") });
  expect(await restore("tax", to)).toMatchObject({ code: 1, err: expect.stringContaining("backup-of-another") });
  appendFileSync(join(to, "policy.txt"), "x");
  expect(await restore("customs", to)).toMatchObject({ code: 1, err: expect.stringContaining("backup-damaged") });
  rmSync(join(to, "policy.txt"));
  expect(await restore("customs", to)).toMatchObject({ code: 1, err: expect.stringContaining("backup-damaged") });
  expect(readdirSync(dataPaths(data).member("customs").home).filter((name) => name.startsWith("replaced-"))).toEqual([]);
});
