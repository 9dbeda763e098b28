import { Fault } from "@vermilion/node";
import type { NodeContext } from "@vermilion/node/context";
import { noticeSetBack } from "@vermilion/node/driver/forgotten";
import { encodeRaftCall } from "@vermilion/node/peers/wire";
import type { Turns } from "@vermilion/node/turns/turns";
import { expect, test } from "vitest";

/** Asks three others of whom `answering` answer; whether the question counts as asked. */
async function isSettledBy(answering: number): Promise<boolean> {
  let noted = false;
  const call = async (to: string) => {
    if (Number(to.slice(1)) > answering) throw new Fault("peer-unreachable", `${to} does not answer`);
    return encodeRaftCall({ messages: [], cosigned: [] });
  };
  const context = {
    member: "m0",
    memberships: { now: async () => ({ members: new Map(["m0", "m1", "m2", "m3"].map((id) => [id, {}])) }) },
    ledger: { published: async () => undefined, finalSize: async () => 0 },
    raftStore: {
      isSetBack: async () => "maybe",
      noteOpened: async () => {
        noted = true;
      },
    },
    peers: { call },
    pace: { questionTimeoutMs: 10 },
  } as unknown as NodeContext;
  await noticeSetBack(context, { state: async () => ({ amnesic: false }) } as unknown as Turns);
  return noted;
}

test("what a member has signed counts as asked when enough others have answered that one of them must know", async () => {
  expect(await isSettledBy(0)).toBe(false);
  expect(await isSettledBy(1)).toBe(false);
  expect(await isSettledBy(2)).toBe(true);
  expect(await isSettledBy(3)).toBe(true);
});
