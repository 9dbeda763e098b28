import { createHash, randomBytes, randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  commitment,
  digest,
  disclosure,
  encodeSealedDisclosures,
  fieldsOf,
  formatIdentifier,
  issuerSignedInput,
  issuerSignedJws,
  openDisclosure,
  parseCertificateType,
  parseSealedDisclosures,
  schemaHash,
  sealDisclosure,
  typeUrn,
} from "@vermilion/certificates";
import type { Message, Position } from "@vermilion/consensus";
import { operationCall } from "@vermilion/contracts";
import {
  canonical,
  checkpointText,
  cosignatureKeyType,
  cosignatureLine,
  cosignatureMessage,
  cosignerName,
  type EntryPayload,
  formatOutcome,
  fromBase64url,
  frontierRoot,
  isJsonObject,
  type Json,
  lowS,
  type Operation,
  originOf,
  parseCanonical,
  parsePolicy,
  toBase64url,
  toHex,
  utf8,
  type VerifierKey,
  verifierKey,
  verifyCheckpoint,
} from "@vermilion/ledger";
import type { MemberPlatform, RunningMember } from "@vermilion/member";
import { encodeAttachmentCall, parseAttachmentAnswer } from "@vermilion/member/peers/wire";
import { grantContextOf, openGrant, sealGrant } from "@vermilion/member/requests/grant-keys";
import { checkGenesis, nativeCrypto } from "@vermilion/node";
import { blockBytesMax, frontierOf } from "@vermilion/node/chain/block";
import { proposalOf } from "@vermilion/node/entries/proposal";
import { refusalOf } from "@vermilion/node/entries/submission";
import { contextOf } from "@vermilion/node/open-node";
import { encodeProposalCall, encodeRaftCall, parseRaftCall, type RaftMessage } from "@vermilion/node/peers/wire";
import type { Attachment, ExecutedBlock } from "@vermilion/node/ports/index";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addApp, ask as askApi, startMember, tokenOf } from "../api/support/member.ts";
import { type Cluster, eventually } from "../support/cluster.ts";
import { entryOf, statusOf } from "../support/entries.ts";
import { memoryCalls } from "../support/memory/stores.ts";
import { memoryKeys } from "../support/memory-keys.ts";
import { caller, equalHeads, good, leaderOf, openPermits, options, permitFields, problemsOf, servicesOf } from "./fixtures.ts";
import { envelope, sent, Victim } from "./victim.ts";

/** Attacks that two hostile reviews found, each kept as a test: the first half against one member alone, the second against four. */

const attachmentOf = (bytes: Uint8Array): Attachment => ({ sha256: createHash("sha256").update(bytes).digest("hex"), bytes });
const referenceTo = (name: string, { sha256, bytes }: Attachment, audience?: readonly string[]) => ({
  name,
  sha256,
  size: bytes.length,
  ...(audience === undefined ? {} : { audience }),
});

describe("one member against what its peers forge", () => {
  let victim: Victim;
  let genesis: Position;

  beforeEach(async () => {
    victim = await Victim.open();
    genesis = await victim.base();
  });

  afterEach(async () => {
    expect(victim.logged.filter(({ event }) => event === "bug")).toEqual([]);
    expect(await victim.findings()).toEqual([]);
    await victim.close();
  });

  const commit = async (term: number, block: ExecutedBlock, from = "inspection") =>
    victim.say(victim.append(term, sent(block).position, [], victim.certificate(sent(block).position), from));

  /** A right block on top of what is committed is acknowledged and becomes the head. */
  async function goesOn(term: number): Promise<ExecutedBlock> {
    const block = await victim.block(term, genesis);
    expect(await victim.say(victim.append(term, genesis, [sent(block)]))).toMatchObject({ ok: true, acknowledges: sent(block).position });
    await commit(term, block);
    expect(await victim.standing()).toMatchObject({ height: 1, head: block.after.hash, amnesic: false });
    return block;
  }

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

  describe("what this member is said to have signed", () => {
    const farAhead = { term: 0, height: 0, cosignedSize: 1_000_000_000 };
    const saysSeen = (from: string, seen: { term: number; height: number; cosignedSize: number }): RaftMessage => ({
      message: { ...envelope(from, 0), kind: "hello-answer", seen },
    });
    const tell = (message: RaftMessage) => victim.call(message.message.from, { messages: [message], cosigned: [] });
    const lineBy = async (signer: string, name: string, size: number, root: Uint8Array): Promise<string> => {
      const origin = originOf("test.example", victim.chain);
      const member = victim.members.get(signer);
      if (member === undefined) throw new Error(`no member ${signer}`);
      const signature = await memoryKeys(member).cosign(cosignatureMessage(1_700_000_000, checkpointText({ origin, size, root })));
      const raw = fromBase64url(member.keys.cosign.jwk.x) ?? new Uint8Array();
      const key = verifierKey(cosignerName("test.example", name), cosignatureKeyType, raw, nativeCrypto);
      return cosignatureLine(key, 1_700_000_000, signature).trimEnd();
    };
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
      await show("tax", 1_000, await lineBy("platform", "platform", 1_000, new Uint8Array(32)));
      expect((await victim.standing()).amnesic).toBe(true);
      expect(victim.logged).toContainEqual({ event: "own-signature-forgotten", fields: { size: 1_000 } });
    });

    test("it is believed before the first turn of a new process, though another member answers garbage", async () => {
      const line = await lineBy("platform", "platform", 1_000, new Uint8Array(32));
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
      await show("tax", 1_000, await lineBy("tax", "platform", 1_000, new Uint8Array(32)));
      await show("tax", 1_000, await lineBy("platform", "platform", 999, new Uint8Array(32)));
      const root = frontierRoot(frontierOf(block.after), nativeCrypto);
      await show("tax", size, await lineBy("platform", "platform", size, root), root);
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

  describe("cosignatures", () => {
    const keyOf = (member: string): VerifierKey => {
      const raw = fromBase64url(victim.members.get(member)?.keys.cosign.jwk.x ?? "") ?? new Uint8Array();
      return verifierKey(cosignerName("test.example", member), cosignatureKeyType, raw, nativeCrypto);
    };
    const lineOf = async (member: string, size: number, root: Uint8Array, change: (key: VerifierKey) => VerifierKey = (key) => key) => {
      const identity = victim.members.get(member);
      if (identity === undefined) throw new Error(`no member ${member}`);
      const origin = originOf("test.example", victim.chain);
      const seconds = Math.floor(Date.now() / 1_000);
      const signature = await memoryKeys(identity).cosign(cosignatureMessage(seconds, checkpointText({ origin, size, root })));
      return cosignatureLine(change(keyOf(member)), seconds, signature).trimEnd();
    };
    const head = async () => {
      const published = await victim.stores.ledger.published();
      if (published === undefined) throw new Error("genesis is published");
      return { size: published.size, root: frontierRoot(frontierOf(published), nativeCrypto) };
    };
    const offer = async (from: string, line: string, size: number, root: Uint8Array) =>
      victim.call(from, { messages: [], cosigned: [{ size, root: toHex(root), lines: { [from]: line } }] });
    const spoiled: readonly (readonly [string, "passed over" | "refused", (size: number, root: Uint8Array) => Promise<string>])[] = [
      [
        "under a stranger's name",
        "passed over",
        (size, root) => lineOf("customs", size, root, (key) => ({ ...key, name: "somebody/else" })),
      ],
      ["under another member's name", "passed over", (size, root) => lineOf("customs", size, root, () => keyOf("tax"))],
      ["under another key id", "passed over", (size, root) => lineOf("customs", size, root, (key) => ({ ...key, keyId: "00000000" }))],
      ["of another root", "passed over", (size) => lineOf("customs", size, new Uint8Array(32))],
      ["with words before it", "refused", async (size, root) => `any words\n\n${await lineOf("customs", size, root)}`],
      [
        "with a second line after it",
        "refused",
        async (size, root) => `${await lineOf("customs", size, root)}\n${await lineOf("tax", size, root)}`,
      ],
      ["with a line end", "refused", async (size, root) => `${await lineOf("customs", size, root)}\n`],
      ["with a carriage return", "refused", async (size, root) => `${await lineOf("customs", size, root)}\r`],
      ["that is empty", "refused", async () => ""],
    ];

    test.each(spoiled)("%s: %s; not kept, not counted", async (_what, how, spoil) => {
      await goesOn(1);
      const { size, root } = await head();
      const line = await spoil(size, root);
      if (how === "passed over") await offer("customs", line, size, root);
      else await expect(offer("customs", line, size, root)).rejects.toMatchObject({ name: "Fault", code: "peer-refused" });
      expect([...(await victim.stores.ledger.cosignatures(size)).keys()]).toEqual(["platform"]);
      await offer("tax", await lineOf("tax", size, root), size, root);
      expect(await victim.stores.ledger.finalSize()).toBe(0);
      await offer("customs", await lineOf("customs", size, root), size, root);
      expect(await victim.stores.ledger.finalSize()).toBe(size);
      const policy = parsePolicy(await victim.running.services.policy(), nativeCrypto);
      if ("refused" in policy) throw new Error(policy.refused);
      const note = await victim.running.services.checkpoint();
      if (typeof note !== "string") throw new Error(note.refused);
      expect(verifyCheckpoint(note, policy, nativeCrypto)).toMatchObject({ ok: true });
    });

    test("of no tree, or of the middle of a block: nothing becomes final and nothing breaks", async () => {
      await goesOn(1);
      const { root } = await head();
      for (const size of [0, 3]) await offer("customs", await lineOf("customs", size, root), size, root).catch(() => undefined);
      expect(await victim.stores.ledger.finalSize()).toBe(0);
    });

    test("in an answer they stop nothing", async () => {
      await goesOn(1);
      const { size, root } = await head();
      const evil = `${await lineOf("customs", size, root)}\n`;
      const answer = encodeRaftCall({ messages: [], cosigned: [{ size, root: toHex(root), lines: { customs: evil } }] });
      let asked = 0;
      for (const member of ["inspection", "customs", "tax"]) {
        victim.peers.set(member, async () => {
          asked += 1;
          return answer;
        });
      }
      await victim.reopen();
      await eventually(async () => asked >= 6);
      await sleep(20);
      expect([...(await victim.stores.ledger.cosignatures(size)).keys()]).toEqual(["platform"]);
      expect((await victim.running.services.health()).status).toBe("ok");
    });
  });
});

const deed: Json = {
  id: "deed",
  version: 1,
  names: { zh: "契据", en: "Deed" },
  code: "11100000000019991T003",
  issuers: ["platform"],
  validityDays: 1,
  parts: [{ id: "annex", names: { zh: "附页", en: "Annex" }, completers: ["inspection"] }],
  policies: [
    { reader: "customs", part: "main", fields: ["refused", "toString"], purposes: ["clearance"] },
    { reader: "customs", part: "annex", fields: ["note"], purposes: ["clearance"] },
  ],
  fields: [field("refused", "main", 1, true), field("toString", "main", 2, false), field("note", "annex", 3, true)],
};

function field(name: string, part: string, order: number, required: boolean): Json {
  const schema = { type: "string", maxLength: 100 };
  return { name, names: { zh: name, en: name }, part, schema, sensitivity: "internal", required, order };
}

describe("four members of which one cheats", () => {
  let cluster: Cluster;
  /** ms by which all clocks have been put forward. */
  let forward = 0;
  let signatures = 0;
  const recordKeysOf: string[] = [];
  /** The member to whom nothing of consensus gets through until the promise is kept. */
  let heldBack: { readonly to: string; readonly until: Promise<void> } | undefined;
  const platforms = new Map<string, MemberPlatform>();

  beforeAll(async () => {
    const watched = (id: string, platform: MemberPlatform): MemberPlatform => ({
      ...platform,
      peers: {
        call: async (to, call, body, timeoutMs) => {
          if (call === "raft" && to === heldBack?.to) await heldBack.until;
          return platform.peers.call(to, call, body, timeoutMs);
        },
      },
      recordKeys: {
        ...platform.recordKeys,
        saveFirst: (name, wrapped) => {
          recordKeysOf.push(id);
          return platform.recordKeys.saveFirst(name, wrapped);
        },
      },
      clock: { ...platform.clock, now: () => platform.clock.now() + forward },
      keys: {
        ...platform.keys,
        sign: (message) => {
          signatures += 1;
          return platform.keys.sign(message);
        },
      },
    });
    cluster = await openPermits(
      {
        platform: (node, platform) => {
          platforms.set(node.id, watched(node.id, platform));
          return watched(node.id, platform);
        },
      },
      10,
    );
    good(await services("platform").defineType(deed, caller, options));
    await equalHeads(cluster);
  });

  afterAll(async () => {
    await equalHeads(cluster);
    expect(await problemsOf(cluster)).toEqual([]);
    expect([...cluster.nodes.values()].flatMap(({ errors }) => errors).filter(({ event }) => event === "bug")).toEqual([]);
    await cluster.close();
  });

  const services = (id: string) => servicesOf(cluster, id);
  const running = (id: string): RunningMember => {
    const found = cluster.node(id).running;
    if (found === undefined) throw new Error(`${id} is not running`);
    return found;
  };
  const contextAt = (id: string) => {
    const [platform, genesis] = [platforms.get(id), checkGenesis(cluster.genesis, nativeCrypto)];
    if (platform === undefined || "refused" in genesis) throw new Error("the members run on a genesis that holds");
    return contextOf(platform, { member: id, genesis: cluster.genesis }, genesis);
  };
  const signed = (id: string, operations: readonly Operation[], attachments: ReturnType<typeof referenceTo>[] = [], more: object = {}) =>
    entryOf(running(id).chain, [cluster.node(id).identity.keys.sign], operations, { time: Date.now() + forward, attachments, ...more });
  /** Hands the leader what a member's own use cases would never write. Answers how it was committed. */
  const writeAs = async (
    id: string,
    operations: readonly Operation[],
    attachments: ReturnType<typeof referenceTo>[] = [],
    bodies: readonly Attachment[] = [],
  ): Promise<string> => {
    const entry = signed(id, operations, attachments);
    const call = encodeProposalCall([proposalOf(entry, bodies)]);
    return eventually(async () => {
      await running(await leaderOf(cluster)).peerDoor.handle("tax", "proposals", call);
      const answer = await services(id).submission(entry.transactionHash);
      return "refused" in answer || answer.outcome === undefined ? undefined : formatOutcome(answer.outcome);
    });
  };
  const issuePermit = async (id: string) => good(await services(id).issue({ type: "permit", fields: permitFields }, caller, options));
  const ask = async (id: string, certificate: string, more: object = {}) =>
    good(
      await services(id).openRequest(
        { certificate, part: "main", fields: ["name"], purpose: "audit", serviceItem: "import", basis: "customs-law", ...more },
        caller,
        options,
      ),
    ).request;
  /** Approves and grants a pending request with a key file of the owner's choice, held by the owner or not. */
  const approveWith = async (owner: string, request: string, file: Attachment, held = true): Promise<string> => {
    const { certificate, version, part, fields, reader } = good(await services(owner).request(request));
    const document = good(await services(owner).certificate(certificate)).parts[part]?.issuerSigned ?? "";
    if (held) await cluster.node(owner).stores.ledger.saveSealed(file);
    return writeAs(
      owner,
      [
        operationCall("requests.decide", { request, decision: "approve", reason: "lawful", by: caller }),
        operationCall("grants.give", { request, certificate, version, part, fields, document, attachment: file.sha256 }),
      ],
      [referenceTo("granted-keys", file, [owner, reader])],
    );
  };
  const fetchAs = (member: string, owner: string, sha256: string, request: string) =>
    running(owner).peerDoor.handle(member, "attachment", encodeAttachmentCall(sha256, request));
  const read = (request: string, app = caller.app) => services("customs").readGranted(request, { ...caller, app }, { waitMs: 5_000 });

  describe("proposals that no follower would take in a block", () => {
    const pieces = (bytes: number): Attachment[] => {
      const sizes = Array.from({ length: Math.ceil(bytes / 262_144) }, (_, at) => Math.min(262_144, bytes - at * 262_144));
      return sizes.map((size) => attachmentOf(new Uint8Array(randomBytes(size))));
    };
    const nothing = { contract: "nothing", operation: "nothing", arguments: {} };
    const proposed = async (named: readonly Attachment[], given: readonly Attachment[], more: object = {}) => {
      const leader = await leaderOf(cluster);
      const references = named.map((attachment, at) => referenceTo(`piece-${at}`, attachment));
      const entry = signed("tax", [nothing], references, more);
      await running(leader).peerDoor.handle("tax", "proposals", encodeProposalCall([proposalOf(entry, given)]));
      const { raftStore } = cluster.node(leader).stores;
      const held = (await raftStore.hasProposal(entry.transactionHash)) || (await services(leader).submission(entry.transactionHash));
      return { entry, isKnown: held === true || !("refused" in held) };
    };
    const year = 365 * 86_400_000;
    const surplus = attachmentOf(utf8("surplus"));
    const refused: readonly (readonly [string, () => Promise<{ isKnown: boolean }>])[] = [
      ["with an attachment that they do not name", () => proposed([], [surplus])],
      ["with an attachment under a false name", () => proposed([], [{ sha256: surplus.sha256, bytes: utf8("poison") }])],
      ["with an attachment twice", () => proposed([surplus], [surplus, surplus])],
      ["with an attachment that is for some members only", () => sealedOne()],
      ["of more than a block holds", () => proposed(...twice(pieces(blockBytesMax)))],
      ["of all that 16 attachments can hold", () => proposed(...twice(pieces(16 * 262_144)))],
      ["dated a year ahead", () => proposed([], [], { time: Date.now() + forward + year })],
    ];
    const twice = <T>(value: T): [T, T] => [value, value];
    const sealedOne = async () => {
      const leader = await leaderOf(cluster);
      const entry = signed("tax", [nothing], [referenceTo("keys", surplus, ["tax", "customs"])]);
      await running(leader).peerDoor.handle("tax", "proposals", encodeProposalCall([proposalOf(entry, [surplus])]));
      return { isKnown: await cluster.node(leader).stores.raftStore.hasProposal(entry.transactionHash) };
    };

    test.each(refused)("%s never enter the leader's store", async (_what, propose) => {
      expect((await propose()).isKnown).toBe(false);
      expect((await issuePermit("customs")).outcome).toEqual({ kind: "applied" });
      for (const { stores } of cluster.nodes.values()) expect(await stores.ledger.attachment(surplus.sha256)).toBeUndefined();
      await equalHeads(cluster);
    });

    test("one that just fits is taken by all", async () => {
      const { entry } = await proposed(...twice(pieces(blockBytesMax - 65_535)));
      const done = await eventually(async () => {
        const answer = await services("customs").submission(entry.transactionHash);
        return "outcome" in answer ? answer.outcome : undefined;
      });
      expect(done).toEqual({ kind: "refused", code: "unknown-operation" });
      await equalHeads(cluster);
    });
  });

  describe("key files", () => {
    const granted = async () => {
      const { certificate } = await issuePermit("platform");
      const request = await ask("customs", certificate, { purpose: "clearance" });
      good(await read(request));
      const { grantAttachment = "" } = good(await services("customs").request(request));
      const bytes = await cluster.node("platform").stores.ledger.sealed(grantAttachment);
      if (bytes === undefined) throw new Error("the owner holds its key file");
      return { request, file: { sha256: grantAttachment, bytes } };
    };

    test("of another owner's grant cannot be named again, and are handed over for their own grant alone", async () => {
      const { request, file } = await granted();
      const { certificate } = await issuePermit("tax");
      const theirs = await ask("inspection", certificate);
      expect(await approveWith("tax", theirs, file, false)).toBe("refused:attachment-used");
      expect(good(await services("inspection").request(theirs)).status).toBe("pending");
      await expect(fetchAs("inspection", "platform", file.sha256, theirs)).rejects.toMatchObject({ code: "peer-refused" });
      await expect(fetchAs("inspection", "platform", file.sha256, request)).rejects.toMatchObject({ code: "peer-refused" });
      await expect(fetchAs("customs", "platform", file.sha256, request)).resolves.toBeInstanceOf(Uint8Array);
    });

    test("of this member are not handed over for a grant of another owner that names them first", async () => {
      const file = attachmentOf(canonical({ keys: randomBytes(16).toString("hex") }));
      await cluster.node("platform").stores.ledger.saveSealed(file);
      const { certificate } = await issuePermit("tax");
      const request = await ask("customs", certificate);
      expect(await approveWith("tax", request, file, false)).toBe("applied");
      await eventually(async () => ((await services("platform").request(request)) as { status?: string }).status === "granted");
      for (const owner of ["platform", "tax"]) {
        await expect(fetchAs("customs", owner, file.sha256, request)).rejects.toMatchObject({ name: "Fault", code: "peer-refused" });
      }
    });

    test("are no attachments that an app may ask for, neither at the owner nor at the reader", async () => {
      const { file } = await granted();
      expect(await cluster.node("customs").stores.ledger.sealed(file.sha256)).toEqual(file.bytes);
      for (const id of cluster.nodes.keys()) {
        expect(await services(id).attachment(file.sha256)).toMatchObject({ refused: "unknown-attachment" });
      }
    });

    test("are handed over though the owner hears of its grant a moment after the reader", async () => {
      const file = attachmentOf(canonical({ keys: randomBytes(16).toString("hex") }));
      await cluster.node("tax").stores.ledger.saveSealed(file);
      const { certificate } = await issuePermit("tax");
      const request = await ask("customs", certificate);
      const { promise, resolve } = Promise.withResolvers<void>();
      await equalHeads(cluster);
      expect(await leaderOf(cluster)).not.toBe("tax");
      heldBack = { to: "tax", until: promise };
      const approving = approveWith("tax", request, file);
      await eventually(async () => good(await services("customs").request(request)).status === "granted");
      const fetched = fetchAs("customs", "tax", file.sha256, request);
      await sleep(10);
      heldBack = undefined;
      resolve();
      expect(parseAttachmentAnswer(await fetched)).toEqual(file.bytes);
      expect(await approving).toBe("applied");
    });

    test("with an ephemeral key that is off the curve are a wrong grant, not a bug", async () => {
      const { certificate } = await issuePermit("platform");
      const request = await ask("customs", certificate);
      const context = contextAt("platform");
      const reader = cluster.node("customs").identity.keys.agree.jwk;
      const row = good(await services("platform").request(request));
      const jwe = objectOf(sealGrant(context, grantContextOf(context, row), { name: new Uint8Array(32) }, reader));
      const header = objectOf(fromBase64url(String(jwe["protected"])) ?? new Uint8Array());
      const epk = header["epk"] as Readonly<Record<string, string>>;
      const spoiled = toBase64url(canonical({ ...header, epk: { ...epk, y: epk["x"] ?? "" } }));
      expect(await approveWith("platform", request, attachmentOf(canonical({ ...jwe, protected: spoiled })))).toBe("applied");
      expect(await read(request)).toMatchObject({ refused: "wrong-grant" });
    });

    test("open for the app that asked, not for another app of the same member", async () => {
      const { request } = await granted();
      expect(await read(request, "statistics")).toMatchObject({ refused: "not-the-requesting-app" });
      expect(good(await read(request)).fields).toEqual({ name: permitFields.name });
    });
  });

  describe("documents", () => {
    test("one that the ledger refused does not open with the keys of the one of record", async () => {
      const { certificate } = good(await services("platform").issue({ type: "deed", fields: { refused: "x" } }, caller, options));
      good(await services("inspection").certificate(certificate));
      const drafts = ["the draft", "the one of record"].map((note, at) =>
        services("inspection").complete(certificate, { part: "annex", fields: { note } }, { app: `desk-${at}`, operator: "o" }, options),
      );
      const answers = (await Promise.all(drafts)).map(good);
      expect(answers.map((answer) => refusalOf(answer) ?? "applied").sort()).toEqual(["applied", "part-exists"]);
      const loser = answers.find(({ outcome }) => outcome?.kind !== "applied");
      const { payload } = good(await services("customs").entry(loser?.transactionHash ?? ""));
      const lost = (payload as unknown as EntryPayload).operations[0]?.arguments as unknown as {
        disclosures: string;
        commitments: Readonly<Record<string, string>>;
      };

      const request = await ask("customs", certificate, { part: "annex", fields: ["note"], purpose: "clearance" });
      const { fields } = good(await read(request));
      const granted = good(await services("customs").request(request));
      const file = await cluster.node("customs").stores.ledger.sealed(granted.grantAttachment ?? "");
      const context = contextAt("customs");
      const { keys } = good(await openGrant(context, grantContextOf(context, granted), file ?? new Uint8Array()));
      const [key] = Object.values(keys);
      const type = parseCertificateType(deed);
      if (key === undefined || "refused" in type) throw new Error("one key of a type that holds");
      const open = async (disclosures: string, committed: string) => {
        const bytes = good({ bytes: await services("customs").attachment(disclosures) }).bytes as Uint8Array;
        const sealed = (parseSealedDisclosures(bytes) as Readonly<Record<string, Uint8Array>>)["note"] ?? new Uint8Array();
        const place = { certificate, version: granted.version, part: "annex", field: "note" };
        const where = { ...place, schemaHash: schemaHash(type, "annex", nativeCrypto) };
        return openDisclosure({ sealed, key, commitment: committed, context: where }, nativeCrypto);
      };
      const ofRecord = good(await services("customs").certificate(certificate)).parts["annex"];
      const committed = ofRecord?.commitments["note"] ?? "";
      expect(await open(ofRecord?.disclosures ?? "", committed)).toMatchObject({ value: fields["note"] });
      expect(await open(lost.disclosures, lost.commitments["note"] ?? "")).toHaveProperty("refused");
      // Neither with the commitment that the key does match.
      expect(await open(lost.disclosures, committed)).toHaveProperty("refused");
    });

    const forged: readonly (readonly [string, object, string])[] = [
      ["signed by nobody", {}, "nobody"],
      ["signed by another member", {}, "tax"],
      ["of another certificate", { jti: "1.2.156.3005.2.11100000000012154X001.11100000000012154X.A1.001.5" }, "platform"],
      ["of another part", { part: "annex" }, "platform"],
      ["of another type", { vct: typeUrn("permit", 1) }, "platform"],
      ["of another version of the type", { vct: typeUrn("deed", 2) }, "platform"],
      ["in another issuer's name", { iss: "test.example/tax" }, "platform"],
    ];

    test.each(forged)("%s are not read", async (_what, claims, signer) => {
      expect(await publishedAndRead(claims, signer)).toMatchObject({ refused: "record-not-signed" });
    });

    test("signed by their owner, made in the same way, are read", async () => {
      expect(good(await publishedAndRead({}, "platform")).fields).toEqual({ refused: "a value" });
    });

    /** The platform puts a record on the ledger past its own use cases and grants it with the right key. */
    const publishedAndRead = async (claims: object, signer: string) => {
      const type = parseCertificateType(deed);
      if ("refused" in type) throw new Error("the type holds");
      const [first] = fieldsOf(type, "main");
      if (first === undefined) throw new Error("the type has fields");
      const { uscc } = cluster.node("platform").identity;
      const serial = randomBytes(16).toString("hex").toUpperCase();
      const certificate = formatIdentifier({ type: type.code, issuer: uscc, serial, version: 1 });
      const { text } = disclosure(new Uint8Array(16), "refused", "a value");
      const key = new Uint8Array(randomBytes(32));
      const place = { certificate, version: 1, part: "main", field: "refused", schemaHash: schemaHash(type, "main", nativeCrypto) };
      const sealed = sealDisclosure({ disclosure: text, field: first, key, nonce: new Uint8Array(12), context: place }, nativeCrypto);
      const right = { vct: typeUrn("deed", 1), iss: "test.example/platform", iat: 1_700_000_000, jti: certificate, part: "main" };
      const kid = contextAt(signer === "tax" ? "tax" : "platform").signThumbprint;
      const input = issuerSignedInput({ ...right, ...claims }, [digest(text, nativeCrypto)], { alg: "ES256", kid });
      const signature = signer === "nobody" ? new Uint8Array(64).fill(1) : lowS(await contextAt(signer).keys.sign(input));
      const issuerSigned = attachmentOf(utf8(issuerSignedJws(input, signature)));
      const disclosures = attachmentOf(encodeSealedDisclosures({ refused: sealed }));
      const content = { fields: ["refused"], commitments: { refused: commitment(key, nativeCrypto) } };
      const named = { issuerSigned: issuerSigned.sha256, disclosures: disclosures.sha256 };
      const later = { expiresAt: Date.now() + 86_400_000, ...statusOf(randomInt(1_000_000)) };
      const call = { certificate, version: 1, type: "deed", typeVersion: 1, holder: null, ...later, ...content, ...named };
      const references = [referenceTo("issuer-signed", issuerSigned), referenceTo("disclosures", disclosures)];
      expect(await writeAs("platform", [operationCall("certificates.issue", call)], references, [issuerSigned, disclosures])).toBe(
        "applied",
      );
      const request = await ask("customs", certificate, { fields: ["refused"] });
      const context = contextAt("platform");
      const grant = grantContextOf(context, good(await services("platform").request(request)));
      const file = attachmentOf(sealGrant(context, grant, { refused: key }, cluster.node("customs").identity.keys.agree.jwk));
      expect(await approveWith("platform", request, file)).toBe("applied");
      return read(request);
    };

    test("with fields called `refused` and `toString` are issued, read and granted like others", async () => {
      const bare = good(await services("platform").issue({ type: "deed", fields: { refused: "yes" } }, caller, options));
      expect(good(await services("platform").readOwn(bare.certificate, "main", caller)).fields).toEqual({ refused: "yes" });
      const fields = { refused: "no", toString: "a text" };
      const { certificate } = good(await services("platform").issue({ type: "deed", fields: fields as never }, caller, options));
      expect(good(await services("platform").readOwn(certificate, "main", caller)).fields).toEqual(fields);
      const request = await ask("customs", certificate, { fields: ["refused", "toString"], purpose: "clearance" });
      expect(good(await read(request)).fields).toEqual(fields);
      const absent = await ask("customs", bare.certificate, { fields: ["refused"], purpose: "clearance" });
      expect(good(await read(absent)).fields).toEqual({ refused: "yes" });
    });

    test("of a member that may not issue are neither signed nor given a record key", async () => {
      await equalHeads(cluster);
      const before = signatures;
      const { certificate } = good(await services("platform").issue({ type: "deed", fields: { refused: "x" } }, caller, options));
      await equalHeads(cluster);
      const [after, keys] = [signatures, [...recordKeysOf]];
      expect(after).toBeGreaterThan(before);
      expect(await services("tax").issue({ type: "deed", fields: { refused: "x" } }, caller, options)).toMatchObject({
        refused: "not-an-issuer",
      });
      const annex = { part: "annex", fields: { note: "x" } };
      expect(await services("tax").complete(certificate, annex, caller, options)).toMatchObject({ refused: "not-a-completer" });
      expect(signatures).toBe(after);
      expect(recordKeysOf).toEqual(keys);
    });
  });

  test("an Idempotency-Key that the door has forgotten never answers with another call's transaction", async () => {
    const door = async () => {
      const api = await startMember({ id: "platform", services: services("platform"), calls: memoryCalls() });
      return { api, token: await tokenOf(api, await addApp(api, "desk", ["certificates:issue"])) };
    };
    const post = async ({ api, token }: Awaited<ReturnType<typeof door>>, name: string, operator = "zhang-san") => {
      const json = { type: "permit", fields: { ...permitFields, name } };
      const headers = { "idempotency-key": "order-1", "vermilion-operator": operator };
      const answer = await askApi(api, "/v1/certificates", { token, json, headers });
      expect(answer.status).toBe(201);
      return (await answer.json()) as { transactionHash: string; certificate: string };
    };
    const first = await post(await door(), "one company");
    const forgetful = await door();
    const second = await post(forgetful, "another company");
    expect(second.transactionHash).not.toBe(first.transactionHash);
    expect(second.certificate).not.toBe(first.certificate);
    expect(good(await services("platform").readOwn(second.certificate, "main", caller)).fields["name"]).toBe("another company");
    const third = await post(await door(), "one company", "li-si");
    expect([first.transactionHash, second.transactionHash]).not.toContain(third.transactionHash);
    // The very same call is answered with what it did.
    expect(await post(await door(), "one company")).toMatchObject({
      transactionHash: first.transactionHash,
      certificate: first.certificate,
    });
  });

  test("a certificate whose days are over is recorded as expired", async () => {
    const { sdJwt = "", issuerSignedSha256 } = good(
      await services("platform").issue({ type: "deed", fields: { refused: "x" } }, caller, options),
    );
    const verify = async () => {
      const given = { sdJwt, issuerCode: cluster.node("platform").identity.uscc };
      return good(await services("tax").verifyCertificate(given, caller, options));
    };
    const inTime = await verify();
    expect(inTime.verdicts).toMatchObject({ integrity: "holds", status: "valid", issuer: "holds" });
    forward += 2 * 86_400_000;
    const late = await verify();
    expect([late.outcome?.kind, late.verdicts.status, late.verdicts.integrity]).toEqual(["applied", "expired", "holds"]);
    const { payload } = good(await services("customs").entry(late.transactionHash));
    expect((payload as unknown as EntryPayload).operations[0]?.arguments).toMatchObject({
      issuerSigned: issuerSignedSha256,
      verdicts: { status: "expired" },
    });
  });
});

function objectOf(bytes: Uint8Array): Readonly<Record<string, Json>> {
  const parsed = parseCanonical(bytes);
  if ("refused" in parsed || !isJsonObject(parsed.value)) throw new Error("an object");
  return parsed.value;
}
