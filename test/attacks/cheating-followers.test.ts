import { randomBytes } from "node:crypto";
import type { Message, Position } from "@vermilion/consensus";
import { encodeRaftCall, parseRaftCall, type RaftMessage } from "@vermilion/node/peers/wire";
import { describe, expect, test } from "vitest";
import { caller, permit } from "../member/fixtures.ts";
import { envelope } from "../member/victim.ts";
import { eventually } from "../support/cluster.ts";
import { genesis, oneMemberAlone, victim } from "./support/one-member.ts";

/** Followers answer their leader with what they have not signed. */

oneMemberAlone();

describe("followers that cheat their leader", () => {
  type Cheat = (member: string, position: Position, message: Message) => RaftMessage[] | "garbage";
  const accepted = (member: string, position: Position, term: number, proof: string): RaftMessage => ({
    message: { ...envelope(member, term), kind: "append-answer", ok: true, matched: position, acknowledges: position, committedHeight: 0 },
    proof,
  });
  /** A peer that votes for the leader and answers its appends as told. */
  const play = (member: string, cheat: Cheat) => async (_call: string, body: Uint8Array) => {
    const answers = parseRaftCall(body).messages.map(({ message }): RaftMessage[] | "garbage" => {
      const { term } = message;
      if (message.kind === "pre-vote")
        return [{ message: { ...envelope(member, term), kind: "pre-vote-answer", nextTerm: message.nextTerm, granted: true } }];
      if (message.kind === "vote") return [{ message: { ...envelope(member, term), kind: "vote-answer", granted: true } }];
      const at = message.kind === "append" ? message.positions.at(-1) : undefined;
      return at === undefined ? [] : cheat(member, at, message);
    });
    if (answers.includes("garbage")) return new Uint8Array(randomBytes(64));
    return encodeRaftCall({ messages: answers.flatMap((answer) => (answer === "garbage" ? [] : answer)), cosigned: [] });
  };
  const honest: Cheat = (member, at, { term }) => [accepted(member, at, term, victim.acknowledgement(member, at))];
  const cheats: readonly (readonly [string, Cheat])[] = [
    ["garbage", () => "garbage"],
    ["nothing", () => []],
    [
      "an acknowledgement of another height",
      (member, at, { term }) => [accepted(member, at, term, victim.acknowledgement(member, { ...at, height: 9 }))],
    ],
    [
      "an acknowledgement of another block",
      (member, at, { term }) => [accepted(member, at, term, victim.acknowledgement(member, { ...at, hash: "0".repeat(64) }))],
    ],
    ["another member's signature", (member, at, { term }) => [accepted(member, at, term, victim.acknowledgement("inspection", at))]],
    ["no signature", (member, at, { term }) => [accepted(member, at, term, "{}")]],
    [
      "an answer in another's name",
      (_member, at, { term }) => [accepted("inspection", at, term, victim.acknowledgement("inspection", at))],
    ],
  ];

  test.each(cheats)("%s: nothing is committed until a majority has signed", async (_what, cheat) => {
    let calls = 0;
    const counted: Cheat = (...given) => {
      calls += 1;
      return cheat(...given);
    };
    for (const member of ["customs", "tax"]) victim.peers.set(member, play(member, counted));
    victim.startTimers();
    const submitted = await victim.running.services.defineType({ type: permit }, caller, { waitMs: 0 });
    await eventually(async () => calls >= 4);
    expect(await victim.standing()).toMatchObject({ height: 0, head: genesis.hash });
    for (const member of ["customs", "tax"]) victim.peers.set(member, play(member, honest));
    const { transactionHash } = submitted as { transactionHash: string };
    const done = await eventually(async () => {
      const answer = await victim.running.services.submission({ transactionHash });
      return "outcome" in answer ? answer : undefined;
    });
    expect(done.outcome).toEqual({ kind: "applied" });
  });

  test("one member that answers twice counts once", async () => {
    let calls = 0;
    victim.peers.set(
      "customs",
      play("customs", (...given) => {
        calls += 1;
        return [...(honest(...given) as RaftMessage[]), ...(honest(...given) as RaftMessage[])];
      }),
    );
    victim.peers.set(
      "tax",
      play("tax", () => []),
    );
    victim.startTimers();
    await victim.running.services.defineType({ type: permit }, caller, { waitMs: 0 });
    await eventually(async () => calls >= 1);
    await eventually(async () => Object.keys((await victim.stores.raftStore.load()).state?.acknowledgements ?? {}).length === 2);
    expect(await victim.standing()).toMatchObject({ height: 0 });
  });
});
