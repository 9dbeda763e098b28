import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { dataPaths, findSocketPlace } from "@vermilion/local";
import { expect, test } from "vitest";
import { freePorts, temporaryFolder } from "./local-support.ts";
import { command, eventually, isAlive, startConsortium, statusOf } from "./running-consortium.ts";

const memberIds = ["platform", "inspection", "customs", "tax"];
const phases = (rows: readonly { member: string; phase: string }[]) => Object.fromEntries(rows.map(({ member, phase }) => [member, phase]));

async function place(): Promise<{ data: string; port: string }> {
  return { data: join(temporaryFolder(), "data"), port: `${await freePorts(4)}` };
}

test("four members; one stopped and started through the socket; Ctrl-C leaves no process; a second start goes on", async () => {
  const { data, port } = await place();
  const first = await startConsortium("--data", data, "--port", port, "--no-sample");
  expect(first.ready).toMatchObject({ isNew: true, sample: null });
  expect(first.ready.members.map(({ member, phase, url }) => [member, phase, url])).toEqual(
    memberIds.map((id, at) => [id, "running", `http://127.0.0.1:${Number(port) + at}`]),
  );
  const socket = findSocketPlace(data, "control.sock");
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  expect(statSync(findSocketPlace(dataPaths(data).member("tax").home, "admin.sock")).mode & 0o777).toBe(0o600);

  const second = await command("start", "--data", data, "--json");
  expect(second).toMatchObject({ code: 1, err: expect.stringContaining("already-running") });

  expect(await command("stop", "customs", "--data", data, "--json")).toMatchObject({ code: 0, out: expect.stringContaining("customs") });
  const stopped = await statusOf(data);
  expect(phases(stopped)).toEqual({ platform: "running", inspection: "running", customs: "stopped", tax: "running" });
  expect(stopped.find(({ member }) => member === "customs")).toMatchObject({ pid: null, health: null, restarts: 0 });
  expect(await command("stop", "nobody", "--data", data)).toMatchObject({ code: 1, err: expect.stringContaining("unknown-member") });
  expect(await command("start", "customs", "--data", data)).toMatchObject({ code: 0 });
  expect(new Set(Object.values(phases(await statusOf(data))))).toEqual(new Set(["running"]));

  const pids = (await statusOf(data)).map(({ pid }) => pid ?? 0);
  // A terminal sends Ctrl-C to the whole process group.
  process.kill(-(first.process.pid ?? 0), "SIGINT");
  expect((await first.ended).code).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(existsSync(socket)).toBe(false);
  expect((await command("status", "--data", data)).code).toBe(1);
  for (const id of memberIds) expect(await command("fsck", id, "--data", data)).toMatchObject({ code: 0 });

  const again = await startConsortium("--data", data);
  expect(again.ready.isNew).toBe(false);
  expect(await command("stop", "--data", data)).toMatchObject({ code: 0 });
  expect((await again.ended).code).toBe(0);
});

test("kill -9 of a member: it is started again; kill -9 of the supervisor: the members end themselves, and a new one takes over", async () => {
  const { data, port } = await place();
  const first = await startConsortium("--data", data, "--port", port, "--no-sample");
  const victim = first.ready.members.find(({ member }) => member === "tax")?.pid ?? 0;
  process.kill(victim, "SIGKILL");
  const rows = await eventually(
    () => statusOf(data),
    (all) => all.some(({ member, phase, restarts }) => member === "tax" && phase === "running" && restarts === 1),
  );
  expect(rows.find(({ member }) => member === "tax")?.pid).not.toBe(victim);

  const pids = rows.map(({ pid }) => pid ?? 0);
  first.process.kill("SIGKILL");
  await eventually(
    async () => pids.filter(isAlive),
    (alive) => alive.length === 0,
  );
  // The dead supervisor's socket is still there and must not stand in the way.
  expect(existsSync(findSocketPlace(data, "control.sock"))).toBe(true);
  expect(await command("stop", "--data", data, "--json")).toMatchObject({ code: 0, out: expect.stringContaining("[]") });
  const again = await startConsortium("--data", data);
  expect(again.ready.isNew).toBe(false);
  await command("stop", "--data", data);
  expect((await again.ended).code).toBe(0);
});

test("a path longer than a socket address can be", async () => {
  const data = join(temporaryFolder(), "a".repeat(100), "电子口岸");
  const running = await startConsortium("--data", data, "--port", `${await freePorts(4)}`, "--no-sample");
  const socket = findSocketPlace(data, "control.sock");
  expect(Buffer.byteLength(socket)).toBeLessThan(100);
  expect(statSync(join(socket, "..")).mode & 0o777).toBe(0o700);
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  expect(await command("stop", "tax", "--data", data)).toMatchObject({ code: 0, out: expect.stringContaining("tax") });
  expect(await command("stop", "--data", data)).toMatchObject({ code: 0 });
  await running.ended;
  expect(existsSync(join(socket, ".."))).toBe(false);
});

test("what stands in the way is said in a sentence with a code, and nothing is left running", async () => {
  const { data, port } = await place();
  expect(await command("init", "--data", data, "--port", port)).toMatchObject({ code: 0 });
  const start = () => command("start", "--data", data, "--json");
  const paths = dataPaths(data).member("inspection");

  const other = createServer((socket) => socket.destroy()).listen(Number(port) + 1, "127.0.0.1");
  expect(await start()).toMatchObject({ code: 1, err: expect.stringMatching(/port-taken.*inspection.*\d+/) });
  await new Promise((resolve) => other.close(resolve));

  chmodSync(join(paths.keys, "sign.jwk"), 0o644);
  expect(await start()).toMatchObject({ code: 1, err: expect.stringMatching(/keys-readable-by-others.*chmod 600/) });
  chmodSync(join(paths.keys, "sign.jwk"), 0o600);

  const config = readFileSync(paths.config, "utf8");
  writeFileSync(paths.config, config.replace('"port"', '"prot"'));
  expect(await start()).toMatchObject({ code: 1, err: expect.stringMatching(/config-invalid.*config\.json:\d+.*prot/) });
  writeFileSync(paths.config, config);

  const database = new DatabaseSync(paths.database);
  const { user_version: layout } = database.prepare("PRAGMA user_version").get() ?? {};
  database.exec("PRAGMA user_version = 99");
  expect(await start()).toMatchObject({ code: 1, err: expect.stringContaining("storage-layout-newer") });
  database.exec(`PRAGMA user_version = ${Number(layout)}`);
  database.close();

  writeFileSync(join(paths.home, "ledger.sqlite"), "");
  const { code, err } = await start();
  const said = err.split("\n").filter((line) => line !== "" && !line.endsWith("…"));
  expect([code, said]).toEqual([1, [expect.stringMatching(/data-too-old.*version 0\.1.*由 0\.1 版写成/)]]);
  rmSync(join(paths.home, "ledger.sqlite"));

  const running = await startConsortium("--data", data);
  expect(await command("member", "tax", "--data", data)).toMatchObject({ code: 1, err: expect.stringContaining("already-running") });
  await command("stop", "--data", data);
  await running.ended;
});
