import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const repository = new URL("../..", import.meta.url).pathname;
/** What is installed once for the tests and may be deleted at any time. */
export const cacheFolder = join(repository, "node_modules", ".cache", "vermilion");

/**
 * Installs a program with every package that it needs, in the exact versions of a requirements file, into a Python environment of its own; answers the path of its `python`. The environment appears whole under its name or not at all, so what is there is complete.
 * Throws where it cannot be made (no `python3` of 3.10 or later with the module `venv`, no package index): a test that needs it must fail,
 * not skip.
 */
export async function installPython(program: string, requirements: URL): Promise<string> {
  const requirementsFile = requirements.pathname;
  const pins = createHash("sha256").update(readFileSync(requirementsFile)).digest("hex").slice(0, 12);
  const folder = join(cacheFolder, `${program}-${pins}`);
  const python = join(folder, "bin", "python");
  if (existsSync(folder)) return python;
  mkdirSync(cacheFolder, { recursive: true });
  const unfinished = join(cacheFolder, `unfinished-${randomUUID()}`);
  try {
    await step("make a Python environment", "python3", ["-m", "venv", unfinished]);
    const pip = ["-m", "pip", "--disable-pip-version-check", "--quiet"];
    const inside = join(unfinished, "bin", "python");
    await step(`install ${program}`, inside, [...pip, "install", "--no-deps", "--requirement", requirementsFile]);
    await step(`check what ${program} needs`, inside, [...pip, "check"]);
    renameIfFirst(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return python;
}

/** Another test process may have been faster; its environment is as good. Scripts of an environment name its old path: only `-m` is used. */
function renameIfFirst(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

async function step(what: string, command: string, parameters: readonly string[]): Promise<void> {
  try {
    await run(command, [...parameters], { timeout: 300_000 });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? "";
    throw new Error(`cannot ${what}: ${command} ${parameters.join(" ")}\n${said}`, { cause: error });
  }
}
