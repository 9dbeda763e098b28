import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { chainTable } from "@vermilion/aws/dynamodb/chain-table";
import type { Append, CommitCertificate, Message, Position } from "@vermilion/consensus";
import { operationCall } from "@vermilion/contracts";
import {
  acknowledgementTyp,
  encodeAcknowledgement,
  encodeAcknowledgementPayload,
  encodeHeader,
  encodeHeaderPayload,
  type HeaderPayload,
  headerHash,
  headerTyp,
  parseHeader,
  text,
} from "@vermilion/ledger";

import { type MemberPlatform, openChain, type RunningChain } from "@vermilion/member";

import { chainRules } from "@vermilion/member/rules";
import { checkGenesis, Fault, found, fsck, type GenesisFile, nativeCrypto } from "@vermilion/node";
import { sealBlock } from "@vermilion/node/chain/seal";
import type { NodeContext } from "@vermilion/node/context";
import { proposalOf } from "@vermilion/node/entries/proposal";
import { contextOf } from "@vermilion/node/open-node";
import { type BlockBody, bodyOf, encodeRaftCall, parseRaftCall, type RaftCall, type RaftMessage } from "@vermilion/node/peers/wire";
import type { ExecutedBlock, PeerCall } from "@vermilion/node/ports/index";
import { processPace } from "@vermilion/node/ports/pace";
import { entryOf, makeMember, signatureOf, type TestKey, type TestMember } from "../support/entries.ts";
import { type MemoryStores, memoryChain, memoryStores } from "../support/memory/index.ts";
import { memoryKeys } from "../support/memory-keys.ts";
import { memberIds } from "./fixtures.ts";

/** Keys and genesis are the same for all tests; stores are not. */
let consortium: ReturnType<typeof foundOnce> | undefined;

async function foundOnce() {
  const members = new Map(memberIds.map((id) => [id as string, makeMember(id)]));
  const keys = Object.fromEntries([...members.values()].map((member) => [member.id, memoryKeys(member)]));
  const founders = [...members.values()].map(({ id, uscc }) => {
    const names = { zh: id, en: id };
    return { about: { id, names, uscc, url: `http://${id}.test.example` }, keys: keys[id]! };
  });
  const id = randomBytes(16).toString("hex");
  const founded = { name: "test.example", names: { zh: "测试", en: "Test" }, time: Date.now() - 60_000, id };
  const genesis = await found(founded, founders, nativeCrypto, chainRules);
  if ("refused" in genesis) throw new Error(genesis.detail);
  const checked = checkGenesis(genesis, nativeCrypto, chainRules);
  if ("refused" in checked) throw new Error(checked.detail);
  return { members, keys, genesis, checked };
}

/** A real member, `platform`, whose three peers are played by the test: what they say is forged with their real keys. */
export class Victim {
  readonly chain: string;
  readonly genesis: GenesisFile;
  readonly stores: MemoryStores;
  readonly members: ReadonlyMap<string, TestMember>;
  readonly logged: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[];
  /** What the peers answer to the member's own calls; unreachable where nothing is set. */
  readonly peers = new Map<string, (call: PeerCall, body: Uint8Array) => Promise<Uint8Array>>();
  running: RunningChain;
  /** While false no timer of the member ever runs out: it does nothing but answer. */
  timers = false;
  private readonly sleepers = new Set<() => void>();
  /** An honest `inspection` that makes the blocks which the test sends or spoils. */
  private readonly author: NodeContext;
  private readonly platform: MemberPlatform;

  private constructor(
    parts: Pick<Victim, "genesis" | "stores" | "members" | "logged" | "running"> & { platform: MemberPlatform; author: NodeContext },
  ) {
    this.genesis = parts.genesis;
    this.stores = parts.stores;
    this.members = parts.members;
    this.logged = parts.logged;
    this.running = parts.running;
    this.author = parts.author;
    this.platform = {
      ...parts.platform,
      clock: { now: () => Date.now(), sleep: (ms) => (this.timers ? sleep(ms / 10) : new Promise((wake) => void this.sleepers.add(wake))) },
      peers: {
        call: async (to, call, body) => {
          await sleep(0);
          const answer = this.peers.get(to);
          if (answer === undefined) throw new Fault("peer-unreachable", `${to} does not answer`);
          return answer(call, body);
        },
      },
    };
    this.chain = parts.author.chain;
  }

  static async open(): Promise<Victim> {
    consortium ??= foundOnce();
    const { members, keys, genesis, checked } = await consortium;
    const logged: Victim["logged"] = [];
    const note = (event: string, fields: Readonly<Record<string, unknown>> = {}) => void logged.push({ event, fields });
    const platformOf = (member: string, stores: MemoryStores): MemberPlatform => ({
      crypto: nativeCrypto,
      ...stores,
      keys: keys[member]!,
      peers: { call: () => Promise.reject(new Fault("peer-unreachable", "nobody")) },
      clock: { now: () => Date.now(), sleep: (ms) => sleep(ms / 10) },
      random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
      log: { debug: () => undefined, info: note, warn: note, error: note },
      pace: processPace,
    });
    const authorPlatform = platformOf("inspection", memoryStores());
    await openChain(authorPlatform, { member: "inspection", genesis });
    const author = {
      ...authorPlatform,
      ...contextOf({ ...authorPlatform, rules: chainRules }, { member: "inspection", genesis }, checked),
    };
    const stores = memoryStores();
    const platform = platformOf("platform", stores);
    const placeholder = await openChain(platform, { member: "platform", genesis });
    const victim = new Victim({ genesis, stores, members, logged, running: placeholder, platform, author });
    await victim.reopen();
    return victim;
  }

  /** The same member as a new process. */
  async reopen(): Promise<void> {
    await this.close();
    this.running = await openChain(this.platform, { member: "platform", genesis: this.genesis });
    this.running.start();
  }

  async close(): Promise<void> {
    const closing = this.running.close();
    this.wake();
    await closing;
  }

  startTimers(): void {
    this.timers = true;
    this.wake();
  }

  private wake(): void {
    for (const wake of this.sleepers) wake();
    this.sleepers.clear();
  }

  key(member: string): TestKey {
    const found = this.members.get(member);
    if (found === undefined) throw new Error(`no member ${member}`);
    return found.keys.sign;
  }

  async base(): Promise<Position> {
    const [hash = ""] = await this.author.ledger.hashesFrom(0, 1);
    return { term: 0, height: 0, hash };
  }

  /** An entry that changes nothing but its author's own rows. */
  entry(member = "tax", more: object = {}) {
    const key = this.key(member);
    const proof = { payload: "", signatures: [] };
    const call = operationCall("accounts.register", { kind: "holder", name: randomBytes(4).toString("hex"), jwk: key.jwk, proof } as never);
    return entryOf(this.chain, [key], [call], { time: Date.now() - 1_000, ...more });
  }

  /** A block of one entry or more, right in every way, on top of `previous`. */
  async block(
    term: number,
    previous: Position,
    entries = [this.entry()],
    attachments: readonly { sha256: string; bytes: Uint8Array }[] = [],
  ): Promise<ExecutedBlock> {
    for (const entry of entries) await this.author.raftStore.addProposal(proposalOf(entry, attachments));
    const block = await sealBlock(this.author, { term, height: previous.height + 1, previous: previous.hash, empty: entries.length === 0 });
    if (typeof block === "string") throw new Error(`nothing sealed: ${block}`);
    await this.author.raftStore.dropProposals(entries.map(({ transactionHash }) => transactionHash));
    return block;
  }

  append(
    term: number,
    previous: Position,
    blocks: readonly Sent[],
    certificate: CommitCertificate | null = null,
    from = "inspection",
  ): RaftMessage {
    const positions = blocks.map(({ position }) => position);
    const message: Append = {
      ...envelope(from, term),
      kind: "append",
      previous,
      positions,
      last: positions.at(-1) ?? previous,
      certificate,
    };
    return { message, blocks: blocks.map(({ body }) => body) };
  }

  async call(from: string, call: RaftCall): Promise<readonly RaftMessage[]> {
    return parseRaftCall(await this.running.peerDoor.handle(from, "raft", encodeRaftCall(call))).messages;
  }

  async say(message: RaftMessage, from = message.message.from): Promise<Message & { proof?: string }> {
    const [answer] = await this.call(from, { messages: [message], cosigned: [] });
    if (answer === undefined) throw new Error("no answer");
    return { ...answer.message, ...(answer.proof === undefined ? {} : { proof: answer.proof }) };
  }

  acknowledgement(member: string, position: Position, more: { chain?: string; key?: TestKey } = {}): string {
    const { term, height, hash } = position;
    const payload = encodeAcknowledgementPayload({ chain: more.chain ?? this.chain, term, height, header: hash });
    return text(encodeAcknowledgement(payload, signatureOf(acknowledgementTyp, payload, more.key ?? this.key(member))));
  }

  certificate(position: Position, members: readonly string[] = ["inspection", "customs", "tax"]): CommitCertificate {
    return { position, acknowledgements: Object.fromEntries(members.map((member) => [member, this.acknowledgement(member, position)])) };
  }

  /** What the member has bound itself to and what it holds as true. */
  async standing() {
    const { items } = await chainTable(this.stores.table, memoryChain).query("reservation", {});
    const { state } = await this.stores.raftStore.load();
    return {
      height: (await this.stores.ledger.published())?.height,
      head: (await this.stores.ledger.head())?.hash,
      signed: items.map(({ sort }) => sort).filter((sort) => !sort.startsWith("size/")),
      tail: state?.tail ?? [],
      amnesic: state?.amnesic ?? false,
    };
  }

  async findings() {
    return (await fsck({ ledger: this.stores.ledger, crypto: nativeCrypto, rules: chainRules }, this.genesis)).findings;
  }
}

export interface Sent {
  readonly position: Position;
  readonly body: BlockBody;
}

export const sent = (block: ExecutedBlock): Sent => ({
  position: { term: block.term, height: block.after.height, hash: block.after.hash },
  body: bodyOf(block),
});

/** The same block with other words in its header, signed again by whoever. */
export function resigned(block: ExecutedBlock, changes: Partial<HeaderPayload>, key: TestKey): Sent {
  const parsed = parseHeader(block.header, nativeCrypto);
  if ("refused" in parsed) throw new Error(parsed.refused);
  const payload = { ...parsed.payload, ...changes };
  const bytes = encodeHeaderPayload(payload);
  const header = encodeHeader(bytes, signatureOf(headerTyp, bytes, key));
  return {
    position: { term: payload.term, height: payload.height, hash: headerHash(header, nativeCrypto) },
    body: { ...bodyOf(block), header },
  };
}

export function envelope(from: string, term: number) {
  const nothing = { term: 0, height: 0, cosignedSize: 0 };
  return { from, to: "platform", term, signed: nothing, seen: nothing };
}
