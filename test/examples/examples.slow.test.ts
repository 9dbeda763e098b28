import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { dataPaths } from "@vermilion/local";
import { expect, test } from "vitest";
import { freshData } from "../journeys/agencies.ts";
import { startConsortium } from "../local/running-consortium.ts";
import { freePorts } from "../support/ports.ts";
import { installPython } from "../support/python.ts";

/** The examples that users copy are run as they stand: those for TypeScript, and the blocks of the walk-through for other languages. */

const run = promisify(execFile);
const here = new URL(".", import.meta.url).pathname;
const walkThrough = readFileSync(new URL("../../packages/api/walk-through.md", import.meta.url), "utf8");

test("every example does what it shows, on a consortium that npm start makes", async () => {
  const data = freshData();
  await startConsortium("--data", data, "--port", String(await freePorts()));
  const said: Record<string, string> = {};
  for (const file of readdirSync(here).filter((name) => name.endsWith(".ts") && name !== "support.ts" && !name.includes(".test."))) {
    const { stdout } = await run(process.execPath, [join(here, file)], { env: { ...process.env, DATA: data } });
    said[file] = stdout;
  }
  expect(said).toEqual({
    "ask-and-read.ts": expect.stringMatching(/^{"text":"内容"}\ngranted by platform tax-registration\n(.*\n)*issued by platform \n$/),
    "bulk.ts": expect.stringMatching(/^1: committed .*\n2: committed .*\n3: committed .*\n$/),
    "deposit.ts": expect.stringMatching(/^3 digests as .* final: true\n$/),
    "find.ts": expect.stringMatching(/ valid\n/),
    "issue.ts": expect.stringMatching(/ in block \d+, final\n$/),
    "renew-and-revoke.ts": expect.stringMatching(/: replaced\n.*: revoked\n$/),
    "verify-offline.ts": expect.stringContaining("凭据在该策略下成立"),
  });

  const folder = join(data, "..", "walk-through");
  mkdirSync(folder);
  for (const [, file = "", text = ""] of walkThrough.matchAll(/```\w+ file=(\S+)\n(.*?)```/gs)) writeFileSync(join(folder, file), text);
  const python = await installPython("joserfc", new URL("joserfc-requirements.txt", import.meta.url));
  const env = {
    ...process.env,
    APP: dataPaths(data).app("platform", "desk"),
    KEY: "1",
    PATH: `${join(python, "..")}:${process.env["PATH"]}`,
  };
  const walk = async (command: string, ...args: string[]) => (await run(command, args, { cwd: folder, env })).stdout;
  expect(await walk("sh", "walk.sh")).toMatch(/^valid\n\S+ is final: True\n$/);
  const { issued, again } = { issued: readFileSync(join(folder, "issued.json"), "utf8"), again: await walk("sh", "walk.sh") };
  expect(again).toContain(JSON.parse(issued).certificate);
  expect(await walk(python, "walk.py")).toMatch(/ is final: True\n$/);
  expect(await walk("java", "Walk.java")).toMatch(/ is final: true\n$/);
});
