import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { pinoLog } from "@vermilion/local";
import { expect, test } from "vitest";
import { temporaryFolder } from "./local-support.ts";

function linesOf(file: string): readonly Record<string, unknown>[] {
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("one JSON line an event, for the owner alone, with level, time, member and fields", () => {
  const file = join(temporaryFolder(), "member.log");
  const log = pinoLog(file, "info", { member: "tax" });
  log.debug("not at this level");
  log.warn("call", { requestId: "r1", status: 503 });
  expect(linesOf(file)).toEqual([
    { level: "warn", time: expect.stringMatching(/^\d{4}-.*Z$/), member: "tax", requestId: "r1", status: 503, event: "call" },
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("what may be a secret does not reach the file", () => {
  const file = join(temporaryFolder(), "member.log");
  const secret = "hush-hush";
  pinoLog(file, "info", {}).info("call", {
    token: secret,
    value: secret,
    lines: [{ reference: secret }],
    headers: { authorization: secret },
    key: { d: secret },
    sdJwt: secret,
  });
  expect(readFileSync(file, "utf8")).not.toContain(secret);
});

test("a member that an event is about does not stand for the one whose log it is", () => {
  const file = join(temporaryFolder(), "member.log");
  pinoLog(file, "info", { member: "tax" }).info("peer-unreachable", { member: "customs" });
  expect(readFileSync(file, "utf8").match(/"member"/g)).toHaveLength(1);
  expect(linesOf(file)).toMatchObject([{ member: "tax", about: "customs" }]);
});

test.runIf(existsSync("/dev/full"))("a full disk costs log lines, never the process", async () => {
  const log = pinoLog("/dev/full", "info", {});
  for (let written = 0; written < 3; written++) log.info("event");
  await setImmediate();
  expect(() => log.flush()).not.toThrow();
});
