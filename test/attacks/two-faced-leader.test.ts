import { describe, expect, test } from "vitest";
import { resigned, sent } from "../member/victim.ts";
import { genesis, goesOn, oneMemberAlone, victim } from "./support/one-member.ts";

/** A leader says two things at one height and term. */

oneMemberAlone();

describe("a leader that says two things", () => {
  test("two blocks at one place: only the first is acknowledged, now and after a restart", async () => {
    const block = await victim.block(1, genesis);
    const other = resigned(block, { time: block.after.time + 1 }, victim.key("inspection"));
    expect(await victim.say(victim.append(1, genesis, [sent(block)]))).toMatchObject({ ok: true });
    for (let turn = 0; turn < 2; turn++) {
      expect(await victim.say(victim.append(1, genesis, [other]))).toMatchObject({ ok: false, reason: "conflict" });
      expect(victim.logged).toContainEqual(
        expect.objectContaining({ event: "member-misbehaved", fields: expect.objectContaining({ kind: "two-blocks-in-one-term" }) }),
      );
      await victim.reopen();
      victim.logged.splice(0);
    }
    expect((await victim.standing()).tail).toEqual([sent(block).position]);
    await victim.say(victim.append(1, sent(block).position, [], victim.certificate(sent(block).position)));
    expect(await victim.standing()).toMatchObject({ height: 1, signed: [expect.stringMatching(/^ack\//)] });
  });

  test("a second leader in one term is not obeyed", async () => {
    const block = await victim.block(1, genesis);
    await victim.say(victim.append(1, genesis, [sent(block)]));
    const rival = resigned(block, { proposer: "customs", time: block.after.time + 1 }, victim.key("customs"));
    expect(await victim.say(victim.append(1, genesis, [rival], null, "customs"))).toMatchObject({ ok: false, reason: "conflict" });
    expect(victim.logged.map(({ fields }) => fields["kind"])).toContain("two-leaders-in-one-term");
  });

  test("what is committed is never undone, whatever term and certificate come with the other block", async () => {
    await goesOn(1);
    const [, hash] = await victim.stores.ledger.hashesFrom(0, 2);
    const held = await victim.stores.ledger.readBlock(hash ?? "");
    if (held === undefined) throw new Error("the block is held");
    const other = resigned(held, { term: 9, time: held.after.time + 1 }, victim.key("inspection"));
    expect(await victim.say(victim.append(9, genesis, [other], victim.certificate(other.position)))).toMatchObject({ reason: "conflict" });
    expect(await victim.standing()).toMatchObject({ height: 1, head: hash });
    expect(victim.logged.map(({ fields }) => fields["kind"])).toContain("undoes-committed");
  });
});
