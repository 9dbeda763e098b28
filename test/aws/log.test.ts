import { lambdaLog } from "@vermilion/aws/lambda/log";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.restoreAllMocks();
});

/** The one line that an event gives. */
function lineOf(event: string, fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  let line = "";
  const taken = (text: unknown) => {
    line += String(text);
    return true;
  };
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "write").mockImplementation(taken);
  lambdaLog("info", "tax").info(event, fields);
  return JSON.parse(line);
}

test("what may be a secret does not reach the log, in lists neither", () => {
  const secret = "hush-hush";
  const fields = {
    token: secret,
    reference: secret,
    headers: { authorization: secret },
    sent: [{ value: secret, at: 3 }],
    seen: [[{ key: secret }]],
  };
  const line = lineOf("call", fields);
  expect(JSON.stringify(line)).not.toContain(secret);
  expect(line).toMatchObject({ token: "[redacted]", sent: [{ value: "[redacted]", at: 3 }] });
});

test("a member that an event is about does not stand for the one whose log it is", () => {
  expect(lineOf("peer-unreachable", { member: "customs", size: 4 })).toMatchObject({ member: "tax", about: "customs", size: 4 });
});
