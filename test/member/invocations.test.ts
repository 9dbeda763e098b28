import type { Driver } from "@vermilion/node/driver/driver";
import { createInvocations } from "@vermilion/node/driver/invocations";
import { expect, test } from "vitest";

/** A process that led when it last took a turn, and saw there a block that was not handed round yet. */
function driverThatLed(given: { readonly hasBegun: boolean }): Driver {
  const lastState = { role: "leader", waiting: 0, committed: { height: 3 }, summoned: false };
  const drive = async (isOver: () => boolean) => isOver();
  const nothing = () => undefined;
  return {
    loop: { ...given, lastState, drive, nudge: nothing },
    isQuiet: false,
    background: { isIdle: true, hasErrands: false },
    pause: nothing,
  } as unknown as Driver;
}

const duties = { look: () => undefined, start: () => undefined, close: () => undefined };

test("a call that only reads asks for nobody, though its process remembers work that others have done since", async () => {
  const invocations = createInvocations({} as never, driverThatLed({ hasBegun: false }), duties);
  expect(await invocations.attend(Promise.resolve("read"), "entries", () => 0)).toEqual({ answer: "read", isLeft: false });
});

test("a call that took a turn asks for somebody while its block is not handed round", async () => {
  const invocations = createInvocations({} as never, driverThatLed({ hasBegun: true }), duties);
  expect(await invocations.attend(Promise.resolve("written"), "entries", () => 0)).toEqual({ answer: "written", isLeft: true });
});

test("a leader is settled with entries before it that no block may take yet", async () => {
  const driver = driverThatLed({ hasBegun: true });
  const leader = { role: "leader", term: 1, leader: "tax", waiting: 0 };
  const loop = { ...driver.loop, lastState: leader };
  const quiet = { ...driver, loop, isQuiet: true, turns: { state: async () => leader }, sayHello: async () => undefined };
  const invocations = createInvocations({ raftStore: { proposalCount: async () => 1 } } as never, quiet as unknown as Driver, duties);
  expect(await invocations.look(100)).toMatchObject({ waiting: 0, isSettled: true });
});
