import { encodeEntry, entryTyp } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node";
import type { ExecutedBlock } from "@vermilion/node/ports/index";
import { describe, expect, test } from "vitest";
import { resigned, type Sent, sent } from "../member/victim.ts";
import { makeKey, signatureOf, signEntry } from "../support/entries.ts";
import { genesis, goesOn, oneMemberAlone, victim } from "./support/one-member.ts";

/** A leader sends a block that is not right. */

oneMemberAlone();

const refusedBlock = (why: RegExp) =>
  expect.objectContaining({ event: "block-refused", fields: expect.objectContaining({ why: expect.stringMatching(why) }) });

describe("a leader that sends a block which is not right", () => {
  const inspection = () => victim.key("inspection");
  type Spoil = (block: ExecutedBlock) => Sent | Promise<Sent>;
  const withBody = (block: ExecutedBlock, changes: object): Sent => ({
    position: sent(block).position,
    body: { ...sent(block).body, ...changes },
  });
  const cases: readonly (readonly [string, "invalid-block" | "state-mismatch", RegExp, Spoil])[] = [
    [
      "other entries than its header's",
      "state-mismatch",
      /^(?:state|root)/,
      (b) => withBody(b, { entries: [victim.entry("customs").bytes] }),
    ],
    [
      "more entries than its header counts",
      "invalid-block",
      /counts other/,
      (b) => withBody(b, { entries: [...b.entries, victim.entry().bytes] }),
    ],
    ["no entries", "invalid-block", /counts other/, (b) => withBody(b, { entries: [] })],
    ["another state", "state-mismatch", /^state/, (b) => resigned(b, { state: "0".repeat(64) }, inspection())],
    ["another root", "state-mismatch", /^root/, (b) => resigned(b, { root: "0".repeat(64) }, inspection())],
    ["a header signed by another member", "invalid-block", /bad-signature/, (b) => resigned(b, {}, victim.key("tax"))],
    ["a proposer that nobody knows", "invalid-block", /unknown-key/, (b) => resigned(b, { proposer: "stranger" }, inspection())],
    ["another chain", "invalid-block", /another chain/, (b) => resigned(b, { chain: "0".repeat(64) }, inspection())],
    ["a predecessor that nobody has", "invalid-block", /predecessor/, (b) => resigned(b, { previous: "0".repeat(64) }, inspection())],
    ["another first leaf", "invalid-block", /continue/, (b) => resigned(b, { first: 7 }, inspection())],
    ["a time before its predecessor's", "invalid-block", /increase/, (b) => resigned(b, { time: 1 }, inspection())],
    ["a time 11 minutes ahead", "invalid-block", /ahead/, (b) => resigned(b, { time: Date.now() + 660_000 }, inspection())],
    ["a header that is none", "invalid-block", /^header: /, (b) => withBody(b, { header: new TextEncoder().encode("{}") })],
    [
      "a name that is another header's",
      "invalid-block",
      /position/,
      (b) => ({ ...sent(b), position: { ...sent(b).position, hash: "1".repeat(64) } }),
    ],
    ["an entry twice", "invalid-block", /entry 1: repeated/, (b) => withBody(b, { entries: [...b.entries, ...b.entries] })],
    ["an entry by an unknown key", "invalid-block", /unknown-key/, (b) => withBody(b, { entries: [byStranger()] })],
    ["an entry with a wrong signature", "invalid-block", /bad-signature/, (b) => withBody(b, { entries: [wronglySigned()] })],
    ["an entry of another chain", "invalid-block", /entry-of-another-chain/, (b) => withBody(b, { entries: [ofAnotherChain()] })],
    ["bytes that are no entry", "invalid-block", /entry 0: /, (b) => withBody(b, { entries: [new TextEncoder().encode("no entry")] })],
    ["an attachment that nobody names", "invalid-block", /no entry names/, (b) => withBody(b, { attachments: [attached("surplus")] })],
    [
      "more than 4 MB",
      "invalid-block",
      /bytes of entries/,
      (b) => withBody(b, { attachments: Array.from({ length: 17 }, (_, n) => large(n)) }),
    ],
  ];
  const attached = (content: string) => {
    const bytes = new TextEncoder().encode(content);
    return { sha256: Buffer.from(nativeCrypto.sha256(bytes)).toString("hex"), bytes };
  };
  const large = (n: number) => ({ sha256: String(n).padStart(64, "0"), bytes: new Uint8Array(250_000) });
  const byStranger = () => {
    const key = makeKey("P-256");
    return signEntry({ ...victim.entry().payload, signers: [key.thumbprint] }, [key]).bytes;
  };
  const wronglySigned = () => {
    const { payloadBytes } = victim.entry();
    return encodeEntry(payloadBytes, [signatureOf(entryTyp, new TextEncoder().encode("something else"), victim.key("tax"))]);
  };
  const ofAnotherChain = () => signEntry({ ...victim.entry().payload, chain: "0".repeat(64) }, [victim.key("tax")]).bytes;

  test.each(cases)("%s: %s", async (_what, reason, why, spoil) => {
    const block = await victim.block(1, genesis);
    const bad = await spoil(block);
    expect(await victim.say(victim.append(1, genesis, [bad]))).toMatchObject({ kind: "append-answer", ok: false, reason });
    expect(victim.logged).toContainEqual(refusedBlock(why));
    expect(await victim.standing()).toMatchObject({ height: 0, signed: [], tail: [] });
    expect(await victim.stores.ledger.readBlock(bad.position.hash)).toBeUndefined();
    // Not even a certificate of all others makes it right.
    await victim.say(victim.append(1, genesis, [bad], victim.certificate(bad.position)));
    expect(await victim.standing()).toMatchObject({ height: 0, signed: [], tail: [] });
    await goesOn(2);
  });

  test.each([
    ["is missing", /missing-attachment/, () => []],
    ["has other bytes", /wrong-attachment/, (right: Uint8Array) => [right.map((byte) => byte ^ 1)]],
  ])("an attachment that %s", async (_what, why, given) => {
    const { sha256, bytes } = attached("named by the entry");
    const entry = victim.entry("tax", { attachments: [{ name: "document", sha256, size: bytes.length }] });
    const block = await victim.block(1, genesis, [entry], [{ sha256, bytes }]);
    const attachments = given(bytes).map((altered) => ({ sha256, bytes: altered }));
    expect(await victim.say(victim.append(1, genesis, [withBody(block, { attachments })]))).toMatchObject({ reason: "invalid-block" });
    expect(victim.logged).toContainEqual(refusedBlock(why));
    expect(await victim.stores.ledger.attachment(sha256)).toBeUndefined();
    expect(await victim.say(victim.append(1, genesis, [sent(block)]))).toMatchObject({ ok: true });
  });

  test("the right block without its bytes, then with them, then again", async () => {
    const block = sent(await victim.block(1, genesis));
    const message = victim.append(1, genesis, [block]);
    expect(await victim.say({ ...message, blocks: [] })).toMatchObject({ ok: false, reason: "invalid-block" });
    const first = await victim.say(message);
    expect(first).toMatchObject({ ok: true, acknowledges: block.position });
    expect(await victim.say(message)).toMatchObject({ ok: true, acknowledges: block.position });
    expect((await victim.standing()).signed).toHaveLength(1);
  });
});
