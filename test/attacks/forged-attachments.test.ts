import { utf8 } from "@vermilion/ledger";
import type { Attachment } from "@vermilion/node/ports/index";
import { describe, expect, test } from "vitest";
import { sent } from "../member/victim.ts";
import { attachmentOf, referenceTo } from "./support/attachments.ts";
import { genesis, oneMemberAlone, victim } from "./support/one-member.ts";

/** A leader sends a right block with attachments that are not what its entries name. */

oneMemberAlone();

describe("attachments of a block that are not what they should be", () => {
  const right = attachmentOf(utf8("what the entry names"));
  const other = attachmentOf(utf8("what no entry names."));
  const cases: readonly (readonly [string, readonly Attachment[]])[] = [
    ["one that no entry names", [right, other]],
    ["one that is there twice", [right, right]],
    ["one under another's name", [{ sha256: right.sha256, bytes: other.bytes }]],
    ["a surplus one under another's name", [right, { sha256: other.sha256, bytes: right.bytes }]],
  ];

  test.each(cases)("%s: the block is refused and nothing is kept under that hash", async (_what, attachments) => {
    const entry = victim.entry("tax", { attachments: [referenceTo("document", right)] });
    const block = await victim.block(1, genesis, [entry], [right]);
    const bad = { ...sent(block), body: { ...sent(block).body, attachments } };
    expect(await victim.say(victim.append(1, genesis, [bad]))).toMatchObject({ ok: false, reason: "invalid-block" });
    expect(await victim.standing()).toMatchObject({ height: 0, signed: [], tail: [] });
    for (const { sha256 } of [right, other]) expect(await victim.stores.ledger.attachment(sha256)).toBeUndefined();
    expect(await victim.stores.ledger.readBlock(block.after.hash)).toBeUndefined();
    expect(await victim.say(victim.append(1, genesis, [sent(block)]))).toMatchObject({ ok: true });
    expect(await victim.stores.ledger.attachment(right.sha256)).toEqual(right.bytes);
  });
});
