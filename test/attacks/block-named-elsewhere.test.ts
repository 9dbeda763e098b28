import type { Position } from "@vermilion/consensus";
import type { RaftMessage } from "@vermilion/node/peers/wire";
import { describe, expect, test } from "vitest";
import { sent } from "../member/victim.ts";
import { genesis, goesOn, oneMemberAlone, victim } from "./support/one-member.ts";

/** A leader names a block that the member holds already as if it were another one. */

oneMemberAlone();

describe("blocks that are held already, named in another place", () => {
  const refused = { kind: "append-answer", ok: false, reason: "invalid-block" };
  const naming = (term: number, previous: Position, positions: readonly Position[]): RaftMessage => {
    const { message } = victim.append(term, previous, []);
    if (message.kind !== "append") throw new Error("an append");
    return { message: { ...message, positions, last: positions.at(-1) ?? previous }, blocks: [] };
  };

  /** A block that is refused may make the member ask the others for a better leader, beside its answer. */
  const answerTo = async (message: RaftMessage) => {
    const answers = await victim.call(message.message.from, { messages: [message], cosigned: [] });
    return answers.find(({ message: { kind } }) => kind === "append-answer")?.message;
  };

  test("the committed block, at the next height: nobody acknowledges it, also not after a restart", async () => {
    const block = await goesOn(1);
    const { position } = sent(block);
    const before = await victim.standing();
    const again: Position = { term: 2, height: 2, hash: position.hash };
    for (let times = 0; times < 2; times++) {
      expect(await answerTo(naming(2, position, [again]))).toMatchObject(refused);
      expect(await victim.standing()).toEqual(before);
      await victim.reopen();
    }
  });

  test("a block that is not committed yet, in another term", async () => {
    const block = await victim.block(1, genesis);
    await victim.say(victim.append(1, genesis, [sent(block)]));
    const { signed } = await victim.standing();
    expect(await answerTo(naming(2, genesis, [{ ...sent(block).position, term: 2 }]))).toMatchObject(refused);
    expect(await victim.standing()).toMatchObject({ signed, tail: [sent(block).position] });
  });

  test("a block that stands on another predecessor", async () => {
    const lower = await victim.block(1, genesis);
    await victim.say(victim.append(1, genesis, [sent(lower)]));
    const sibling = await victim.block(2, genesis);
    // The author's own blocks of term 3 stand on `lower`; the same is then named on top of `sibling`.
    const upper = await victim.block(3, sent(lower).position);
    await victim.say(victim.append(3, sent(lower).position, [sent(upper)]));
    const { signed, tail } = await victim.standing();
    expect(tail).toEqual([sent(lower).position, sent(upper).position]);
    expect(await answerTo(victim.append(4, genesis, [sent(sibling), sent(upper)]))).toMatchObject(refused);
    expect(await victim.standing()).toMatchObject({ signed, tail });
  });
});
