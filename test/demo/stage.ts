import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { type Client, ClientProblem } from "@vermilion/client";
import { Story } from "./story.ts";

/** What every chapter of the demo plays with: the consortium that it was led to, its members' clients, and the story that it tells. */

export const { values: options } = parseArgs({
  options: { target: { type: "string" }, stop: { type: "string" }, start: { type: "string" } },
});
export const data = options.target ?? process.env["DATA"] ?? ".vermilion";
export const run = promisify(execFile);
const cli = new URL("../../packages/cli/bin/vermilion.js", import.meta.url).pathname;
export const vermilion = (...args: string[]) => run(process.execPath, [cli, ...args, "--data", data]);
export const story = new Story();
export const folder = mkdtempSync(join(tmpdir(), "vermilion-demo-"));

export const type = JSON.parse(readFileSync(new URL("../../packages/certificates/types/moc-filing.json", import.meta.url), "utf8"));
export const sample = JSON.parse(
  readFileSync(new URL("../../packages/certificates/types/moc-filing.sample.json", import.meta.url), "utf8"),
);
export const operators: Record<string, string> = { platform: "王经办", inspection: "陈检疫", customs: "李关员", tax: "赵税务" };
export const clients = new Map<string, Client>();
/** The demo may run again: what it makes has names of its own. */
export const runName = Date.now().toString(36);

export function as(member: string): Client {
  const client = clients.get(member);
  if (client === undefined) throw new Error(`no member ${member}`);
  return client;
}

/** `vermilion verify` in a process that has no network. */
export async function offline(...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
  const noNetwork = new URL("no-network.ts", import.meta.url).href;
  try {
    return { code: 0, out: (await run(process.execPath, ["--import", noNetwork, cli, "verify", ...args])).stdout };
  } catch (error) {
    const failed = error as { code: number; stdout: string };
    return { code: failed.code, out: failed.stdout };
  }
}

export async function problemOf(call: Promise<unknown>): Promise<ClientProblem | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof ClientProblem) return error;
    throw error;
  }
}

/** Tries again for up to 15 s: what one member has committed reaches the others a moment later. */
export async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof ClientProblem) || Date.now() > deadline) throw error;
    }
    if (Date.now() > deadline) throw new Error("something did not come about within 15 s");
    await sleep(100);
  }
}
