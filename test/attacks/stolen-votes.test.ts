import type { Message, Position } from "@vermilion/consensus";
import { encodeRaftCall, parseRaftCall, type RaftMessage } from "@vermilion/node/peers/wire";
import { describe, expect, test } from "vitest";
import { envelope } from "../member/victim.ts";
import { genesis, goesOn, oneMemberAlone, victim } from "./support/one-member.ts";

/** A peer speaks in another name, asks for a second vote, or runs away with the term. */

oneMemberAlone();

describe("votes, names and terms", () => {
  const vote = (from: string, term: number): RaftMessage => ({ message: { ...envelope(from, term), kind: "vote", last: genesis } });

  test("one vote a term, also after a restart", async () => {
    expect(await victim.say(vote("customs", 5))).toMatchObject({ kind: "vote-answer", granted: true });
    await victim.reopen();
    expect(await victim.say(vote("tax", 5))).toMatchObject({ granted: false });
    expect(await victim.say(vote("customs", 5))).toMatchObject({ granted: true });
    expect(await victim.say(vote("tax", 4))).toMatchObject({ granted: false, term: 5 });
    await goesOn(6);
  });

  test("nobody speaks in another's name, to another, or as a stranger", async () => {
    const message = vote("customs", 3);
    for (const [from, given] of [
      ["tax", message],
      ["customs", { message: { ...message.message, to: "tax" } }],
      ["stranger", vote("stranger", 3)],
    ] as const) {
      await expect(victim.say(given, from)).rejects.toMatchObject({ name: "Fault", code: "peer-refused" });
    }
    const answer: Message = {
      ...envelope("inspection", 1),
      kind: "append-answer",
      ok: true,
      matched: genesis,
      acknowledges: { ...genesis, height: 1 },
      committedHeight: 0,
    };
    await expect(victim.call("inspection", { messages: [{ message: answer, proof: "{}" }], cosigned: [] })).rejects.toMatchObject({
      code: "peer-refused",
    });
    await goesOn(1);
  });

  test("a term that leaves no numbers to elect with is passed over", async () => {
    for (const term of [Number.MAX_SAFE_INTEGER, 1_000_000_000_000]) {
      for (const message of [vote("customs", term), victim.append(term, genesis, [])]) {
        expect(await victim.call(message.message.from, { messages: [message], cosigned: [] })).toEqual([]);
      }
    }
    expect((await victim.stores.raftStore.load()).state?.term ?? 0).toBe(0);
    await goesOn(1);
  });

  test("one member alone cannot talk this one into having forgotten what it signed", async () => {
    const seen = { term: 1, height: 99, cosignedSize: 1_000 };
    const hello: Message = { ...envelope("customs", 1), seen, kind: "hello", committed: genesis, wanted: false };
    await victim.call("customs", { messages: [{ message: hello }], cosigned: [] });
    await goesOn(2);
  });

  test("every kind of message crosses the wire as it is", () => {
    const acknowledged: Position = { term: 1, height: 1, hash: "1".repeat(64) };
    const messages: Message[] = [
      { ...envelope("tax", 1), kind: "pre-vote", nextTerm: 2, last: genesis },
      { ...envelope("tax", 1), kind: "pre-vote-answer", nextTerm: 2, granted: true },
      { ...envelope("tax", 1), kind: "vote", last: genesis },
      { ...envelope("tax", 1), kind: "vote-answer", granted: false },
      {
        ...envelope("tax", 1),
        kind: "append",
        previous: genesis,
        positions: [acknowledged],
        last: acknowledged,
        certificate: victim.certificate(acknowledged),
      },
      { ...envelope("tax", 1), kind: "append-answer", ok: true, matched: genesis, acknowledges: null, committedHeight: 0 },
      { ...envelope("tax", 1), kind: "append-answer", ok: false, reason: "behind", next: 1, committedHeight: 0 },
      { ...envelope("tax", 1), kind: "hello", committed: genesis, wanted: true },
      { ...envelope("tax", 1), kind: "hello-answer" },
    ];
    const call = { messages: messages.map((message) => ({ message })), cosigned: [] };
    expect(parseRaftCall(encodeRaftCall(call))).toEqual(call);
  });
});
