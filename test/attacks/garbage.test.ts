import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { goesOn, oneMemberAlone, victim } from "./support/one-member.ts";

/** A peer sends what is no message at all. */

oneMemberAlone();

describe("garbage", () => {
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const deep = (depth: number): Uint8Array => new TextEncoder().encode("[".repeat(depth) + "]".repeat(depth));

  test.each([
    ["nothing", () => new Uint8Array()],
    ["noise", () => new Uint8Array(randomBytes(500))],
    ["bytes that are not UTF-8", () => Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ["deep JSON", () => deep(100_000)],
    ["a member twice", () => new TextEncoder().encode('{"messages":[],"messages":[]}')],
    ["a surplus member", () => json({ messages: [], more: 1 })],
    ["more than 8 MB", () => json({ messages: ["x".repeat(8_100_000)] })],
    ["17 messages", () => json({ messages: Array.from({ length: 17 }, () => ({})) })],
    ["a number that is none", () => new TextEncoder().encode('{"messages":[{"message":{"kind":"vote","term":1e999}}]}')],
  ])("%s, at every door", async (_what, make) => {
    for (const call of ["raft", "attachment"] as const) {
      await expect(victim.running.peerDoor.handle("tax", call, make())).rejects.toMatchObject({ name: "Fault", code: "peer-refused" });
    }
    expect(await victim.standing()).toMatchObject({ height: 0, signed: [] });
    await goesOn(1);
  });
});
