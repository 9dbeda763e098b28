import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { save } from "@vermilion/cli/files";
import { expect, test } from "vitest";
import { temporaryFolder } from "./spawn.ts";

test("a secret is written into no file that somebody else has put where it would first go", async () => {
  const folder = temporaryFolder();
  const guessed = join(folder, `.secret.${process.pid}`);
  const elsewhere = join(folder, "elsewhere");
  writeFileSync(elsewhere, "theirs");
  symlinkSync(elsewhere, guessed);
  await save(join(folder, "secret"), "the key", true);
  expect(readFileSync(elsewhere, "utf8")).toBe("theirs");

  writeFileSync(join(folder, `.other.${process.pid}`), "");
  chmodSync(join(folder, `.other.${process.pid}`), 0o666);
  await save(join(folder, "other"), "the key", true);
  for (const name of ["secret", "other"]) {
    expect(readFileSync(join(folder, name), "utf8")).toBe("the key");
    expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
  }
});
