import { type ConsortiumRow, executeEntry, type FoundArguments, newestRules, StateView, stateKeys } from "@vermilion/contracts";
import {
  applied,
  type Crypto,
  checkEntry,
  checkHeader,
  defaultQuorum,
  type EntryPayload,
  emptyState,
  encodeEntry,
  encodeHeaderPayload,
  encodePayload,
  entryLifetimeDefaultMs,
  genesisChain,
  type HeaderPayload,
  type Json,
  type ParsedEntry,
  type ParsedHeader,
  type PublicJwk,
  parseEntry,
  parseHeader,
  signatureBytes,
  text,
  thumbprint,
  toHex,
  utf8,
} from "@vermilion/ledger";
import { emptyStanding, treeAfter } from "../chain/block.ts";
import type { Founder, GenesisFile } from "../context.ts";
import type { ExecutedBlock, Keys } from "../ports/index.ts";

/** What a founder says of itself; its private keys stay with it. */
export interface FounderStatement {
  readonly id: string;
  readonly names: { readonly zh: string; readonly en: string };
  readonly uscc: string;
  /** Base URL of its API. */
  readonly url: string;
  readonly keys: Keys["public"];
}

export interface FoundingInput {
  readonly name: string;
  readonly names: { readonly zh: string; readonly en: string };
  readonly members: readonly FounderStatement[];
  /** Cosignatures that make a checkpoint final; by default n − ⌊(n−1)/3⌋. */
  readonly quorum?: number;
  /** ms since 1970. */
  readonly time: number;
  /** 128 random bits, 32 hex. */
  readonly id: string;
}

/** A genesis that does not hold, with the reason in one sentence. */
export interface GenesisRefusal {
  readonly refused: "invalid-genesis";
  readonly detail: string;
}

/** Facts of a checked genesis, and its block ready to be stored. */
export interface Genesis {
  readonly chain: string;
  readonly founding: FoundArguments;
  readonly founders: ReadonlyMap<string, Founder>;
  /** C2SP tlog-policy: what a verifier needs besides a receipt. */
  readonly policyText: string;
  readonly block: ExecutedBlock;
}

/** What all founders sign: the one entry of height 0. */
export function foundingPayload(input: FoundingInput, crypto: Crypto): EntryPayload {
  const founding: FoundArguments = {
    name: input.name,
    names: input.names,
    members: input.members.map(({ id, names, uscc, url, keys }) => ({
      id,
      names,
      uscc,
      url,
      keys: { sign: keys.sign, log: keys.log, cosign: keys.cosign, agree: keys.agree },
    })),
    suites: { tree: "sha256", signing: "ES256", fields: "A256GCM-HKDF-SHA256" },
    quorum: input.quorum ?? defaultQuorum(input.members.length),
    contracts: newestRules(),
  };
  return {
    attachments: [],
    chain: genesisChain,
    id: input.id,
    operations: [{ contract: "consortium", operation: "found", arguments: founding as unknown as Record<string, Json> }],
    signers: input.members.map(({ keys }) => thumbprint(keys.sign, crypto)),
    time: input.time,
    until: input.time + entryLifetimeDefaultMs,
  };
}

/** The header of height 0, which the first founder signs when the entry is whole. */
export function genesisHeaderPayload(entryBytes: Uint8Array, crypto: Crypto): Uint8Array | GenesisRefusal {
  const entry = parseEntry(entryBytes, crypto);
  if ("refused" in entry) return refuse(`the founding entry is ${entry.refused}: ${entry.detail}`);
  const executed = executeGenesis(entry, crypto);
  if ("refused" in executed) return executed;
  const [first] = membersOf(entry.payload);
  return encodeHeaderPayload(headerPayloadOf(entry, first?.id ?? "", executed.state, executed.root));
}

function membersOf(payload: EntryPayload): FoundArguments["members"] {
  return (payload.operations[0]?.arguments as unknown as FoundArguments | undefined)?.members ?? [];
}

/** Whether the rules take this founding: said before anybody signs it. */
export function checkFounding(payload: EntryPayload, crypto: Crypto): GenesisRefusal | undefined {
  const members = membersOf(payload);
  // All that the rules ask but the signatures, which come later.
  const unsigned = encodeEntry(
    encodePayload(payload),
    members.map(({ keys }) => ({ jwk: keys.sign, kid: thumbprint(keys.sign, crypto), signature: new Uint8Array(signatureBytes) })),
  );
  const header = genesisHeaderPayload(unsigned, { ...crypto, verify: () => true });
  return "refused" in header ? header : undefined;
}

/** Everything about a genesis file that can be checked without trusting anybody: the chain id then stands for all of it. */
export function checkGenesis(file: GenesisFile, crypto: Crypto): Genesis | GenesisRefusal {
  const entry = parseEntry(utf8(file.entry), crypto);
  if ("refused" in entry) return refuse(`the founding entry is ${entry.refused}: ${entry.detail}`);
  const header = parseHeader(utf8(file.header), crypto);
  if ("refused" in header) return refuse(`the header of height 0 is ${header.refused}: ${header.detail}`);
  const executed = executeGenesis(entry, crypto);
  if ("refused" in executed) return executed;
  const founding = entry.payload.operations[0]?.arguments as unknown as FoundArguments;
  const signKeys = new Map<string, PublicJwk>(founding.members.map(({ keys }) => [thumbprint(keys.sign, crypto), keys.sign]));
  const unsigned = checkEntry(entry, { chain: genesisChain, keyOf: (kid) => signKeys.get(kid), crypto });
  if (unsigned !== undefined) return refuse(`the founding entry: ${unsigned.refused}: ${unsigned.detail}`);
  return checkHeaderOfGenesis(entry, header, founding, executed, crypto);
}

function checkHeaderOfGenesis(
  entry: ParsedEntry,
  header: ParsedHeader,
  founding: FoundArguments,
  executed: Executed,
  crypto: Crypto,
): Genesis | GenesisRefusal {
  const [first] = founding.members;
  const expected = headerPayloadOf(entry, first?.id ?? "", executed.state, executed.root);
  if (text(encodeHeaderPayload(expected)) !== text(header.payloadBytes))
    return refuse("the header of height 0 is not that of the founding entry");
  const unsigned = checkHeader(header, first?.keys.sign, crypto);
  if (unsigned !== undefined) return refuse(`the header of height 0: ${unsigned.refused}`);
  const consortium = executed.writes.find(({ key }) => key === stateKeys.consortium())?.value as unknown as ConsortiumRow;
  const founders = founding.members.map(({ id, uscc, url, keys }): [string, Founder] => [id, { id, uscc, url, ...keys }]);
  return {
    chain: entry.transactionHash,
    founding,
    founders: new Map(founders),
    policyText: consortium.policy,
    block: {
      term: 0,
      previous: "",
      header: header.bytes,
      entries: [entry.bytes],
      outcomes: [applied],
      attachments: [],
      writes: executed.writes,
      after: executed.standing(header.bytes, header.payload),
    },
  };
}

function headerPayloadOf(entry: ParsedEntry, proposer: string, state: string, root: string): HeaderPayload {
  return {
    chain: entry.transactionHash,
    height: 0,
    previous: "",
    first: 0,
    count: 1,
    root,
    state,
    time: entry.payload.time,
    term: 0,
    proposer,
    pins: [],
  };
}

interface Executed {
  readonly writes: ExecutedBlock["writes"];
  readonly state: string;
  readonly root: string;
  readonly standing: ReturnType<typeof treeAfter>["standing"];
}

/** The founding entry over an empty state: every key it asks for is absent. */
function executeGenesis(entry: ParsedEntry, crypto: Crypto): Executed | GenesisRefusal {
  const block = { chain: entry.transactionHash, height: 0, time: entry.payload.time, proposer: "", index: 0 };
  const absent = new Set<string>();
  for (let round = 0; round < 8; round++) {
    const view = new StateView();
    for (const key of absent) view.load(key, undefined);
    const result = executeEntry(view, block, entry, crypto);
    if (view.hasMisses) {
      for (const key of view.misses.keys) absent.add(key);
      continue;
    }
    if ("rulesUnknown" in result) return refuse("the rules of the founding entry are not known");
    if (result.outcome.kind === "refused") return refuse(`the founding entry is refused as ${result.outcome.code}: ${result.detail ?? ""}`);
    const writes = view.writes();
    const before = emptyStanding(emptyState(crypto));
    const tree = treeAfter(before, [entry], [applied], crypto);
    return { writes, state: tree.stateAfter(before.state, writes), root: toHex(tree.root), standing: tree.standing };
  }
  throw new Error("bug: the founding entry asks for something new in every round");
}

function refuse(detail: string): GenesisRefusal {
  return { refused: "invalid-genesis", detail };
}
