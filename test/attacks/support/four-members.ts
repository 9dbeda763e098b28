import { operationCall } from "@vermilion/contracts";
import { formatOutcome, type Json, type JsonObject, type Operation } from "@vermilion/ledger";
import type { MemberPlatform, RunningChain } from "@vermilion/member";
import { encodeAttachmentCall } from "@vermilion/member/peers/wire";
import { chainRules } from "@vermilion/member/rules";
import { checkGenesis, nativeCrypto } from "@vermilion/node";
import { proposalOf } from "@vermilion/node/entries/proposal";
import { contextOf } from "@vermilion/node/open-node";
import { encodeProposalCall, parseProposalAnswer } from "@vermilion/node/peers/wire";
import type { Attachment } from "@vermilion/node/ports/index";
import { afterAll, beforeAll, expect } from "vitest";
import {
  caller,
  chainOf,
  equalHeads,
  good,
  leaderOf,
  openPermits,
  options,
  permitFields,
  problemsOf,
  runningIds,
  servicesOf,
} from "../../member/fixtures.ts";
import { type Cluster, eventually } from "../../support/cluster.ts";
import { entryOf } from "../../support/entries.ts";
import type { referenceTo } from "./attachments.ts";

/** Four members of which one cheats: it hands the others what its own use cases would never write. */

export let cluster: Cluster;
/** ms by which all clocks have been put forward. */
export let forward = 0;
/** Signatures that the members have made with their signing keys. */
export let signatures = 0;
/** The members that have made a record key, in order. */
export const recordKeysOf: string[] = [];
export const logged: { readonly event: string; readonly fields: unknown }[] = [];
export const platforms = new Map<string, MemberPlatform>();
/** The member to whom nothing of consensus gets through until the promise is kept. */
let heldBack: { readonly to: string; readonly until: Promise<void> } | undefined;

/** Opens the members once for the test file. After it, all agree, their bytes are sound, and no attack has reached a bug. */
export function fourMembers(types: readonly JsonObject[] = []): void {
  beforeAll(async () => {
    const platform = (node: { readonly id: string }, given: MemberPlatform): MemberPlatform => {
      const made = watched(node.id, given);
      platforms.set(node.id, made);
      return made;
    };
    cluster = await openPermits({ platform }, 10);
    for (const type of types) good(await services("platform").defineType({ type }, caller, options));
    await equalHeads(cluster);
  });

  afterAll(async () => {
    await equalHeads(cluster);
    expect(await problemsOf(cluster)).toEqual([]);
    expect([...cluster.nodes.values()].flatMap(({ errors }) => errors).filter(({ event }) => event === "bug")).toEqual([]);
    await cluster.close();
  });
}

function watched(id: string, platform: MemberPlatform): MemberPlatform {
  return {
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
    log: { ...platform.log, info: (event, fields) => void logged.push({ event, fields }) },
  };
}

export function putForward(ms: number): void {
  forward += ms;
}

export function holdBack(to: string, until: Promise<void>): void {
  heldBack = { to, until };
}

export function letThrough(): void {
  heldBack = undefined;
}

export const services = (id: string) => servicesOf(cluster, id);

export function running(id: string): RunningChain {
  const found = cluster.node(id).running;
  if (found === undefined) throw new Error(`${id} is not running`);
  return found;
}

/** The member's own context, as its use cases have it. */
export function contextAt(id: string) {
  const [platform, genesis] = [platforms.get(id), checkGenesis(cluster.genesis, nativeCrypto, chainRules)];
  if (platform === undefined || "refused" in genesis) throw new Error("the members run on a genesis that holds");
  return contextOf({ ...platform, rules: chainRules }, { member: id, genesis: cluster.genesis }, genesis);
}

export const entryBy = (
  id: string,
  operations: readonly Operation[],
  attachments: ReturnType<typeof referenceTo>[] = [],
  more: object = {},
) => entryOf(running(id).chain, [cluster.node(id).identity.keys.sign], operations, { time: Date.now() + forward, attachments, ...more });

/** Hands the leader what a member's own use cases would never write. Answers how it was committed. */
export async function writeAs(
  id: string,
  operations: readonly Operation[],
  attachments: ReturnType<typeof referenceTo>[] = [],
  bodies: readonly Attachment[] = [],
): Promise<string> {
  const entry = entryBy(id, operations, attachments);
  const call = encodeProposalCall([proposalOf(entry, bodies)]);
  return eventually(async () => {
    await running(await leaderOf(cluster)).peerDoor.handle("tax", "proposals", call);
    const answer = await services(id).submission({ transactionHash: entry.transactionHash });
    return "refused" in answer || answer.outcome === undefined ? undefined : formatOutcome(answer.outcome);
  });
}

/** Hands a member the bytes of an entry, as its peer `tax` would. */
export async function propose(to: string, entry: Uint8Array, attachments: readonly Attachment[] = []) {
  const call = encodeProposalCall([{ transactionHash: "", author: "", id: "", entry, attachments, until: 0 }]);
  return parseProposalAnswer(await running(to).peerDoor.handle("tax", "proposals", call));
}

export const tryToIssue = (fields: object, more: object = {}, id = "platform") =>
  services(id).issueCertificate({ type: "permit", fields: { ...fields } as typeof permitFields, ...more }, caller, options);

export const issuePermit = async (id = "platform") => good(await tryToIssue(permitFields, {}, id));

/** Opens a request for a name; by the standing policy of the type it is granted at once to customs for clearance, and pends else. */
export const tryToAsk = (certificate: string, more: object = {}, id = "customs") =>
  services(id).openRequest(
    { certificate, part: "main", fields: ["name"], purpose: "clearance", serviceItem: "import", basis: "customs-law", ...more },
    caller,
    options,
  );

/** The same for a purpose that the owner has to decide on. Answers the request's id. */
export const ask = async (id: string, certificate: string, more: object = {}) =>
  good(await tryToAsk(certificate, { purpose: "audit", ...more }, id)).request;

/** Approves and grants a pending request with a key file of the owner's choice, held by the owner or not. */
export async function approveWith(owner: string, request: string, file: Attachment, held = true): Promise<string> {
  const { certificate, version, part, fields, reader } = good(await services(owner).request({ request }));
  const document = good(await services(owner).certificate({ certificate })).parts[part]?.issuerSigned ?? "";
  if (held) await cluster.node(owner).stores.ledger.saveSealed(file);
  const reference = { name: "granted-keys", sha256: file.sha256, size: file.bytes.length, audience: [owner, reader] };
  return writeAs(
    owner,
    [
      operationCall("requests.decide", { request, decision: "approve", reason: "lawful", by: caller }),
      operationCall("grants.give", { request, certificate, version, part, fields, document, attachment: file.sha256 }),
    ],
    [reference],
  );
}

export const fetchAs = (member: string, owner: string, sha256: string, request: string) =>
  running(owner).peerDoor.handle(member, "attachment", encodeAttachmentCall(sha256, request));

export const read = (request: string, app = caller.app, waitMs = 5_000) =>
  services("customs").grantedFields({ request }, { ...caller, app }, { waitMs });

/** Heights of all members and proposals that wait anywhere: what must not change where nothing may be written. */
async function written(): Promise<unknown> {
  return Promise.all(
    runningIds(cluster).map(async (id) => [
      (await chainOf(cluster, id)).height,
      await cluster.node(id).stores.raftStore.proposalCount(),
      (await cluster.node(id).stores.ledger.published())?.state,
    ]),
  );
}

export async function nothingWritten<T>(work: () => Promise<T>): Promise<T> {
  await equalHeads(cluster);
  const before = await written();
  const answer = await work();
  await equalHeads(cluster);
  expect(await written()).toEqual(before);
  return answer;
}

/** A type of one day's validity whose field names are those of every JavaScript object; an agency completes its annex. */
export const deed: JsonObject = {
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
