import { randomBytes } from "node:crypto";
import type { CommitCertificate, Message, Position } from "@vermilion/consensus";
import {
  checkpointText,
  cosignatureKeyType,
  cosignatureLine,
  cosignatureMessage,
  cosignerName,
  encodeEntry,
  entryTyp,
  fromBase64url,
  frontierRoot,
  originOf,
  toHex,
  verifierKey,
} from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node";
import { frontierOf } from "@vermilion/node/chain/block";
import { encodeRaftCall, parseRaftCall, type RaftMessage } from "@vermilion/node/peers/wire";
import type { ExecutedBlock } from "@vermilion/node/ports/index";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../support/cluster.ts";
import { makeKey, signatureOf, signEntry } from "../support/entries.ts";
import { memoryKeys } from "../support/memory-keys.ts";
import { caller, permit } from "./fixtures.ts";
import { envelope, resigned, type Sent, sent, Victim } from "./victim.ts";

let victim: Victim;
let genesis: Position;

beforeEach(async () => {
  victim = await Victim.open();
  genesis = await victim.base();
});

/** Whatever was tried, the member goes on: a right block and its certificate are taken, and all of its bytes are sound. */
async function goesOn(term: number): Promise<void> {
  const block = await victim.block(term, genesis);
  const { position } = sent(block);
  const answer = await victim.say(victim.append(term, genesis, [sent(block)]));
  expect(answer).toMatchObject({ kind: "append-answer", ok: true, acknowledges: position });
  await victim.say(victim.append(term, position, [], victim.certificate(position)));
  expect(await victim.standing()).toMatchObject({ height: 1, head: position.hash, amnesic: false });
}

afterEach(async () => {
  expect(await victim.findings()).toEqual([]);
  await victim.close();
});

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

describe("commit certificates", () => {
  const names = ["inspection", "customs", "tax"];
  const forged: readonly (readonly [string, (position: Position) => CommitCertificate])[] = [
    ["too few", (at) => victim.certificate(at, ["inspection", "customs"])],
    ["none", (at) => victim.certificate(at, [])],
    [
      "one signature under two names",
      (at) => ({
        ...victim.certificate(at),
        acknowledgements: Object.fromEntries(names.map((name) => [name, victim.acknowledgement("tax", at)])),
      }),
    ],
    ["of another height", (at) => ({ ...victim.certificate({ ...at, height: 2 }), position: at })],
    ["of another term", (at) => ({ ...victim.certificate({ ...at, term: 2 }), position: at })],
    ["of another header", (at) => ({ ...victim.certificate({ ...at, hash: "0".repeat(64) }), position: at })],
    [
      "of another chain",
      (at) => ({
        position: at,
        acknowledgements: Object.fromEntries(names.map((name) => [name, victim.acknowledgement(name, at, { chain: "0".repeat(64) })])),
      }),
    ],
    [
      "by a stranger",
      (at) => ({
        position: at,
        acknowledgements: {
          ...victim.certificate(at).acknowledgements,
          stranger: victim.acknowledgement("", at, { key: makeKey("P-256") }),
        },
      }),
    ],
    [
      "with one that is no signature",
      (at) => ({ position: at, acknowledgements: { ...victim.certificate(at).acknowledgements, tax: "{}" } }),
    ],
  ];

  test.each(forged)("%s: refused by name, nothing is committed", async (_what, forge) => {
    const block = sent(await victim.block(1, genesis));
    await victim.say(victim.append(1, genesis, [block]));
    await expect(victim.say(victim.append(1, block.position, [], forge(block.position)))).rejects.toMatchObject({
      name: "Fault",
      code: "peer-refused",
      detail: "a commit certificate that does not verify",
    });
    expect(await victim.standing()).toMatchObject({ height: 0, head: genesis.hash });
    await victim.say(victim.append(1, block.position, [], victim.certificate(block.position)));
    expect(await victim.standing()).toMatchObject({ height: 1 });
  });
});

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

describe("garbage", () => {
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const deep = (depth: number): Uint8Array => new TextEncoder().encode("[".repeat(depth) + "]".repeat(depth));

  test.each([
    ["nothing", () => new Uint8Array()],
    ["noise", () => new Uint8Array(randomBytes(500))],
    ["bytes that are not UTF-8", () => Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ["deep JSON", () => deep(100_000)],
    ["a member twice", () => new TextEncoder().encode('{"messages":[],"messages":[]}')],
    ["a surplus member", () => json({ messages: [], more: 1 })],
    ["more than 8 MB", () => json({ messages: ["x".repeat(8_100_000)] })],
    ["17 messages", () => json({ messages: Array.from({ length: 17 }, () => ({})) })],
    ["a number that is none", () => new TextEncoder().encode('{"messages":[{"message":{"kind":"vote","term":1e999}}]}')],
  ])("%s, at every door", async (_what, make) => {
    for (const call of ["raft", "attachment"] as const) {
      await expect(victim.running.peerDoor.handle("tax", call, make())).rejects.toMatchObject({ name: "Fault", code: "peer-refused" });
    }
    expect(await victim.standing()).toMatchObject({ height: 0, signed: [] });
    await goesOn(1);
  });
});

describe("cosignatures", () => {
  const lineOf = async (member: string, root: Uint8Array, size: number): Promise<string> => {
    const { keys } = victim.members.get(member)!;
    const origin = originOf("test.example", victim.chain);
    const seconds = Math.floor(Date.now() / 1_000);
    const signature = await memoryKeys(victim.members.get(member)!).cosign(
      cosignatureMessage(seconds, checkpointText({ origin, size, root })),
    );
    const raw = fromBase64url(keys.cosign.jwk.x) ?? new Uint8Array();
    const key = verifierKey(cosignerName("test.example", member), cosignatureKeyType, raw, nativeCrypto);
    return cosignatureLine(key, seconds, signature).trimEnd();
  };

  test("of another root, in another's name, of a size that is not here: not kept, nothing becomes final", async () => {
    await goesOn(1);
    const published = (await victim.stores.ledger.published())!;
    const { size } = published;
    const root = frontierRoot(frontierOf(published), nativeCrypto);
    const offer = async (from: string, lines: Record<string, string>, at = size, claimed = root) => {
      await victim.call(from, { messages: [], cosigned: [{ size: at, root: toHex(claimed), lines }] });
      return [...(await victim.stores.ledger.cosignatures(at)).keys()].sort();
    };
    const lie = await lineOf("customs", new Uint8Array(32), size);
    expect(await offer("customs", { customs: lie, tax: await lineOf("customs", root, size), stranger: lie })).toEqual(["platform"]);
    expect(victim.logged.map(({ event }) => event)).toContain("cosignature-does-not-verify");
    expect(await offer("customs", { customs: await lineOf("customs", root, size + 5) }, size + 5)).toEqual([]);
    expect(await victim.stores.ledger.finalSize()).toBe(0);
    expect(await offer("customs", { customs: await lineOf("customs", root, size) })).toEqual(["customs", "platform"]);
    expect(await victim.stores.ledger.finalSize()).toBe(0);
    expect(await offer("tax", { tax: await lineOf("tax", root, size) })).toEqual(["customs", "platform", "tax"]);
    expect(await victim.stores.ledger.finalSize()).toBe(size);
  });
});

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
    const submitted = await victim.running.services.defineType(permit, caller, { waitMs: 0 });
    await eventually(async () => calls >= 4);
    expect(await victim.standing()).toMatchObject({ height: 0, head: genesis.hash });
    for (const member of ["customs", "tax"]) victim.peers.set(member, play(member, honest));
    const { transactionHash } = submitted as { transactionHash: string };
    const done = await eventually(async () => {
      const answer = await victim.running.services.submission(transactionHash);
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
    await victim.running.services.defineType(permit, caller, { waitMs: 0 });
    await eventually(async () => calls >= 1);
    await eventually(async () => Object.keys((await victim.stores.raftStore.load()).state?.acknowledgements ?? {}).length === 2);
    expect(await victim.standing()).toMatchObject({ height: 0 });
  });
});
