import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openChainDatabase, sqliteLedger, sqliteRaftStore } from "@vermilion/local/sqlite/index";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Acknowledged, checkAfterCrash, nothingAcknowledged } from "./crash-chain.ts";
import { temporaryFolder } from "./sqlite-open.ts";

const writer = join(import.meta.dirname, "crash-writer.ts");
let folder: ReturnType<typeof temporaryFolder>;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, "member", "chain.db");
});
afterEach(() => folder.remove());

function startWriter(arguments_: readonly string[]): {
  readonly child: ChildProcess;
  readonly ended: Promise<{ output: string; errors: string }>;
} {
  const child = spawn(process.execPath, [writer, ...arguments_], { stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (data) => {
    output += data;
  });
  child.stderr.on("data", (data) => {
    errors += data;
  });
  return { child, ended: new Promise((resolve) => child.on("close", () => resolve({ output, errors }))) };
}

/** Of each kind of answer the last; a line that was cut was not said. */
function lastOf(output: string, before: Acknowledged): Acknowledged {
  const last = { ...before };
  for (const line of output.split("\n").slice(0, -1)) {
    const [what, height] = line.split(" ");
    if (what !== undefined && what in last) last[what as keyof Acknowledged] = Number(height);
  }
  return last;
}

async function check(path: string, acknowledged: Acknowledged): Promise<void> {
  const database = openChainDatabase(path);
  try {
    expect(database.connection.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    await checkAfterCrash(sqliteLedger(database), sqliteRaftStore(database), acknowledged);
  } finally {
    database.close();
  }
}

test("kill -9 at random moments, 40 times over: everything acknowledged is there and the published standing agrees with its rows", async () => {
  let acknowledged = nothingAcknowledged;
  let killedWhileWriting = 0;
  for (let round = 0; round < 40; round++) {
    const { child, ended } = startWriter([file]);
    const said = new Promise((resolve) => child.stdout?.once("data", resolve));
    // A writer that says nothing has failed: the errors are shown below.
    await Promise.race([said, ended]);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
    child.kill("SIGKILL");
    const { output, errors } = await ended;
    expect(errors).toBe("");
    const now = lastOf(output, acknowledged);
    if (now.final < now.reserved) killedWhileWriting += 1;
    expect(now.final).toBeGreaterThanOrEqual(acknowledged.final);
    acknowledged = now;
    await check(file, acknowledged);
  }
  // Otherwise the writer was always caught between two blocks, and this has shown nothing.
  expect(killedWhileWriting).toBeGreaterThan(5);
  expect(acknowledged.moved).toBeGreaterThan(40);
});

test("a power cut leaves a beginning of the commit order: the log cut at any byte opens, and what was published agrees with its rows", async () => {
  // Few enough for one generation of the log: it is not yet written over from its start.
  const { errors } = await startWriter([file, "12"]).ended;
  expect(errors).toBe("");
  const log = `${file}-wal`;
  expect(existsSync(log)).toBe(true);
  const bytes = readFileSync(log);
  expect(bytes.length).toBeGreaterThan(100_000);
  const heights = new Set<number>();
  for (let round = 0; round < 60; round++) {
    const copy = join(folder.path, "member", `cut-${round}.db`);
    copyFileSync(file, copy);
    // Odd rounds: the disk has the length but not the content of the last sectors.
    const end = Math.floor(Math.random() * bytes.length);
    const cut = round % 2 === 0 ? bytes.subarray(0, end) : Buffer.concat([bytes.subarray(0, end), Buffer.alloc(bytes.length - end)]);
    writeFileSync(`${copy}-wal`, cut);
    const database = openChainDatabase(copy);
    heights.add((await sqliteLedger(database).published())?.height ?? -1);
    database.close();
    await check(copy, nothingAcknowledged);
  }
  expect(heights.size).toBeGreaterThan(8);
});

test("kill -9 while the file is made for the first time: the next start finds nothing half-made", async () => {
  for (let round = 0; round < 15; round++) {
    const path = join(folder.path, `first-${round}`, "chain.db");
    const { child, ended } = startWriter([path, "3"]);
    const deadline = 20 + Math.random() * 60;
    for (const start = performance.now(); performance.now() - start < 5_000 && !existsSync(path); )
      await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, deadline / 8));
    child.kill("SIGKILL");
    const { output, errors } = await ended;
    expect(errors).toBe("");
    await check(path, lastOf(output, nothingAcknowledged));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = startWriter([path, "3"]);
    const { output: secondOutput, errors: secondErrors } = await again.ended;
    expect(secondErrors).toBe("");
    await check(path, lastOf(secondOutput, nothingAcknowledged));
  }
});
