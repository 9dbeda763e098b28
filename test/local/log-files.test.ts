import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dailyLogFile } from "@vermilion/local/logs/daily-file";
import { expect, onTestFinished, test } from "vitest";

const DAY_MS = 86_400_000;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "vermilion-log-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test("each day has a file of its own, kept as long as it must be and no longer", () => {
  const at = folder();
  const path = join(at, "member.log");
  let now = Date.parse("2026-01-01T10:00:00Z");
  const log = dailyLogFile(path, 180, () => now);
  for (let day = 0; day < 200; day++) {
    log.write(`{"day":${day}}\n`);
    now += DAY_MS;
  }
  const files = readdirSync(at).sort();
  expect(files).toContain("member.log");
  expect(files.filter((name) => name !== "member.log")).toHaveLength(180);
  expect(readFileSync(join(at, "member.log.2026-07-18"), "utf8")).toBe('{"day":198}\n');
  expect(readFileSync(path, "utf8")).toBe('{"day":199}\n');
  expect(statSync(path).mode & 0o077).toBe(0);
});

test("what an earlier process wrote on another day gets that day's name, and other files are left alone", () => {
  const at = folder();
  const path = join(at, "member.log");
  writeFileSync(path, "yesterday\n");
  writeFileSync(join(at, "member.log.notes"), "mine");
  const yesterday = new Date("2026-03-09T23:00:00Z");
  utimesSync(path, yesterday, yesterday);
  dailyLogFile(path, 180, () => Date.parse("2026-03-10T00:30:00Z")).write("today\n");
  expect(readFileSync(`${path}.2026-03-09`, "utf8")).toBe("yesterday\n");
  expect(readFileSync(path, "utf8")).toBe("today\n");
  expect(readdirSync(at).sort()).toEqual(["member.log", "member.log.2026-03-09", "member.log.notes"]);
});
