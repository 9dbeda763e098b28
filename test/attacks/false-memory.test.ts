import type { Message } from "@vermilion/consensus";
import { frontierRoot, toHex, utf8 } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node";
import { frontierOf } from "@vermilion/node/chain/block";
import { encodeRaftCall, parseRaftCall, type RaftMessage } from "@vermilion/node/peers/wire";
import { describe, expect, test } from "vitest";
import { envelope, sent } from "../member/victim.ts";
import { eventually } from "../support/cluster.ts";
import { cosigned, cosignerKeyOf, genesis, goesOn, oneMemberAlone, victim } from "./support/one-member.ts";

/** A peer tells the member that it has signed more than it knows of, so that it stops signing. */

oneMemberAlone();

describe("what this member is said to have signed", () => {
  const farAhead = { term: 0, height: 0, cosignedSize: 1_000_000_000 };
  const saysSeen = (from: string, seen: { term: number; height: number; cosignedSize: number }): RaftMessage => ({
    message: { ...envelope(from, 0), kind: "hello-answer", seen },
  });
  const tell = (message: RaftMessage) => victim.call(message.message.from, { messages: [message], cosigned: [] });
  const show = async (from: string, size: number, line: string, root: Uint8Array = new Uint8Array(32)) =>
    victim.call(from, { messages: [], cosigned: [{ size, root: toHex(root), lines: { platform: line } }] });

  test("one member's word makes nobody amnesic, however often it is said", async () => {
    for (let times = 0; times < 3; times++) await tell(saysSeen("tax", farAhead));
    await tell(saysSeen("tax", { term: 3, height: 7, cosignedSize: 0 }));
    await victim.reopen();
    await tell(saysSeen("tax", farAhead));
    expect((await victim.standing()).amnesic).toBe(false);
    await goesOn(4);
  });

  test("in a term of which one says so, this member gives no vote; in the next one it does", async () => {
    await tell(saysSeen("tax", { term: 3, height: 7, cosignedSize: 0 }));
    const vote = (term: number): RaftMessage => ({ message: { ...envelope("customs", term), kind: "vote", last: genesis } });
    expect(await victim.say(vote(3))).toMatchObject({ kind: "vote-answer", granted: false });
    expect(await victim.say(vote(4))).toMatchObject({ kind: "vote-answer", granted: true });
  });

  test("two of four are believed", async () => {
    await tell(saysSeen("tax", farAhead));
    await tell(saysSeen("customs", { ...farAhead, cosignedSize: 9 }));
    expect((await victim.standing()).amnesic).toBe(true);
    const block = await victim.block(1, genesis);
    expect(await victim.say(victim.append(1, genesis, [sent(block)]))).toMatchObject({ ok: true, acknowledges: null });
    expect((await victim.standing()).signed).toEqual([]);
  });

  test("its own cosignature of a larger tree is believed of anybody", async () => {
    await show("tax", 1_000, await cosigned("platform", 1_000, new Uint8Array(32)));
    expect((await victim.standing()).amnesic).toBe(true);
    expect(victim.logged).toContainEqual({ event: "own-signature-forgotten", fields: { size: 1_000 } });
  });

  test("it is believed before the first turn of a new process, though another member answers garbage", async () => {
    const line = await cosigned("platform", 1_000, new Uint8Array(32));
    const shown = [{ size: 1_000, root: "0".repeat(64), lines: { platform: line } }];
    victim.peers.set("inspection", async () => utf8("no answer at all"));
    victim.peers.set("tax", async (_call, body) => {
      // The first question alone has no messages: whoever says nothing later has still told it.
      const isQuestion = parseRaftCall(body).messages.length === 0;
      return encodeRaftCall({ messages: [], cosigned: isQuestion ? shown : [] });
    });
    await victim.reopen();
    await eventually(async () => (await victim.standing()).amnesic);
  });

  test("a cosignature by another key, of another size or of a tree that it knows to have signed is no reason", async () => {
    const block = await goesOn(1);
    const { size } = block.after;
    await show("tax", 1_000, await cosigned("tax", 1_000, new Uint8Array(32), cosignerKeyOf("platform")));
    await show("tax", 1_000, await cosigned("platform", 999, new Uint8Array(32)));
    const root = frontierRoot(frontierOf(block.after), nativeCrypto);
    await show("tax", size, await cosigned("platform", size, root), root);
    expect((await victim.standing()).amnesic).toBe(false);
  });

  test("terms beyond all reach are passed over, wherever they stand", async () => {
    const term = Number.MAX_SAFE_INTEGER;
    const last = genesis;
    const messages: Message[] = [
      { ...envelope("tax", term), kind: "hello-answer" },
      { ...envelope("tax", term), kind: "vote", last },
      { ...envelope("tax", term), kind: "hello", committed: genesis, wanted: true },
      { ...envelope("tax", term), kind: "append-answer", ok: false, reason: "stale-term", next: 1, committedHeight: 0 },
      { ...envelope("tax", 0), kind: "pre-vote", nextTerm: term, last },
      { ...envelope("tax", 0), kind: "hello-answer", seen: { term, height: 0, cosignedSize: 0 } },
    ];
    for (const message of messages) await tell({ message });
    expect((await victim.stores.raftStore.load()).state?.term ?? 0).toBe(0);
    await goesOn(1);
  });
});
