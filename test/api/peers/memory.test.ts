import { request as sendRequest } from "node:http";
import { createRoom } from "@vermilion/api/limits/room";
import { peerRoom } from "@vermilion/api/peers/peer-door";
import type { PeerDoor } from "@vermilion/member/peers/peer-door";
import { describe, expect, test } from "vitest";
import { chain, outcomeOf, p256, startMember, type TestMember } from "../support/member.ts";
import { forge, pair, post, realSession, signedBy } from "./pair.ts";

/** What strangers and members may hold of a member’s memory. */

describe("what strangers and members may hold in memory", () => {
  /** Sends the head of a call and never its body; answers the status and the code that came all the same. */
  async function headOnly(url: string, headers: Record<string, string>): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const sent = sendRequest(url, { method: "POST", headers: { ...headers, "content-length": `${8 * 1024 * 1024}` } }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      resolve(`${answer.statusCode} ${(JSON.parse(Buffer.concat(chunks).toString()) as { code: string }).code}`);
      sent.destroy();
    });
    sent.on("error", reject);
    sent.flushHeaders();
    return promise;
  }

  test("who has not signed is refused before his body is read", async () => {
    const { customs, tax } = await pair();
    const url = `${customs.baseUrl}/peer/v1/chains/${chain}/raft`;
    const right = await signedBy(tax, url);
    const session = { "vermilion-session": forge({ ...realSession(customs), member: "tax" }, p256()) };
    const wrong: [string, Record<string, string>][] = [
      ["401 peer-signature-missing", { "content-type": "application/json", signature: "x", "vermilion-session": "x" }],
      ["401 peer-signature-malformed", { ...right, signature: "x" }],
      ["401 peer-session-invalid", { ...right, ...session }],
      ["401 peer-signature-invalid", { ...right, "content-digest": `sha-256=:${"A".repeat(43)}=:` }],
    ];
    for (const [outcome, headers] of wrong) expect(await headOnly(url, headers)).toBe(outcome);
    customs.clock.time += 600_000;
    expect(await headOnly(url, right)).toBe("401 peer-expired");
  });

  test("a member has room for 32 calls at one time; the others' room is their own, and it comes back", async () => {
    const open = Promise.withResolvers<void>();
    const full = Promise.withResolvers<void>();
    let running = 0;
    const peers: PeerDoor = {
      async handle(from, _call, given) {
        if (from !== "tax") return given;
        if (++running === 32) full.resolve();
        await open.promise;
        return given;
      },
    };
    const both = await pair({ peers });
    const other = await startMember({ id: "inspection", members: both.members, clock: both.customs.clock });
    const url = `${both.customs.baseUrl}/peer/v1/chains/${chain}/raft`;
    const call = async (sender: TestMember) => post(url, await signedBy(sender, url));
    const held = Array.from({ length: 32 }, () => call(both.tax));
    await full.promise;
    expect(await outcomeOf(await call(both.tax))).toBe("503 peer-busy");
    expect((await call(other)).status).toBe(200);
    open.resolve();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual(Array(32).fill(200));
    expect((await call(both.tax)).status).toBe(200);
  });

  test("and for 32 MB of bodies, counted as they are announced", async () => {
    const room = createRoom(peerRoom);
    const megabyte = 1024 * 1024;
    const leaves = [1, 2, 3, 4].map(() => room.enter("tax", 8 * megabyte));
    expect(leaves.every((leave) => leave !== undefined)).toBe(true);
    expect(room.enter("tax", 1)).toBeUndefined();
    leaves[0]?.();
    expect(room.enter("tax", 8 * megabyte)).toBeDefined();
    const many = Array.from({ length: 20 }, (_, at) => room.enter(`m${at}`, 8 * megabyte));
    expect(many.filter((leave) => leave !== undefined)).toHaveLength(12);
  });
});
