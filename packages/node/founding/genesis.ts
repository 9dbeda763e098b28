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
import type { GenesisFile } from "../context.ts";
import type { ExecutedBlock } from "../ports/index.ts";
import type { Founding, Membership, Rules } from "../rules.ts";
import { askOver } from "../state/loaded-state.ts";

/** What a founder says of itself; its private keys stay with it. */
export type FounderStatement = Founding["members"][number];

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
  readonly founding: Founding;
  readonly membership: Membership;
  readonly block: ExecutedBlock;
}

/** What all founders sign: the one entry of height 0. */
export function foundingPayload(input: FoundingInput, crypto: Crypto, rules: Rules): EntryPayload {
  const { name, names, members, quorum = defaultQuorum(members.length) } = input;
  return {
    attachments: [],
    chain: genesisChain,
    id: input.id,
    operations: [rules.found({ name, names, members, quorum })],
    signers: members.map(({ keys }) => thumbprint(keys.sign, crypto)),
    time: input.time,
    until: input.time + entryLifetimeDefaultMs,
  };
}

/** The header of height 0, which the first founder signs when the entry is whole. */
export function genesisHeaderPayload(entryBytes: Uint8Array, crypto: Crypto, rules: Rules): Uint8Array | GenesisRefusal {
  const entry = parseEntry(entryBytes, crypto);
  if ("refused" in entry) return refuse(`the founding entry is ${entry.refused}: ${entry.detail}`);
  const executed = executeGenesis(entry, crypto, rules);
  if ("refused" in executed) return executed;
  return encodeHeaderPayload(headerPayloadOf(entry, executed));
}

/** Whether the rules take this founding: said before anybody signs it. */
export function checkFounding(input: FoundingInput, crypto: Crypto, rules: Rules): GenesisRefusal | undefined {
  // All that the rules ask but the signatures, which come later.
  const unsigned = encodeEntry(
    encodePayload(foundingPayload(input, crypto, rules)),
    input.members.map(({ keys }) => ({ jwk: keys.sign, kid: thumbprint(keys.sign, crypto), signature: new Uint8Array(signatureBytes) })),
  );
  const header = genesisHeaderPayload(unsigned, { ...crypto, verify: () => true }, rules);
  return "refused" in header ? header : undefined;
}

/** Everything about a genesis file that can be checked without trusting anybody: the chain id then stands for all of it. */
export function checkGenesis(file: GenesisFile, crypto: Crypto, rules: Rules): Genesis | GenesisRefusal {
  const entry = parseEntry(utf8(file.entry), crypto);
  if ("refused" in entry) return refuse(`the founding entry is ${entry.refused}: ${entry.detail}`);
  const header = parseHeader(utf8(file.header), crypto);
  if ("refused" in header) return refuse(`the header of height 0 is ${header.refused}: ${header.detail}`);
  const executed = executeGenesis(entry, crypto, rules);
  if ("refused" in executed) return executed;
  const { members } = executed.founding;
  const signKeys = new Map<string, PublicJwk>(members.map(({ keys }) => [thumbprint(keys.sign, crypto), keys.sign]));
  const unsigned = checkEntry(entry, { chain: genesisChain, keyOf: (kid) => signKeys.get(kid), crypto });
  if (unsigned !== undefined) return refuse(`the founding entry: ${unsigned.refused}: ${unsigned.detail}`);
  return checkHeaderOfGenesis(entry, header, executed, crypto);
}

function checkHeaderOfGenesis(entry: ParsedEntry, header: ParsedHeader, executed: Executed, crypto: Crypto): Genesis | GenesisRefusal {
  const { founding, membership } = executed;
  const [first] = founding.members;
  const expected = headerPayloadOf(entry, executed);
  if (text(encodeHeaderPayload(expected)) !== text(header.payloadBytes))
    return refuse("the header of height 0 is not that of the founding entry");
  const unsigned = checkHeader(header, first?.keys.sign, crypto);
  if (unsigned !== undefined) return refuse(`the header of height 0: ${unsigned.refused}`);
  return {
    chain: entry.transactionHash,
    founding,
    membership,
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

function headerPayloadOf(entry: ParsedEntry, { founding, state, root }: Executed): HeaderPayload {
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
    proposer: founding.members[0]?.id ?? "",
    pins: [],
  };
}

interface Executed {
  readonly founding: Founding;
  readonly membership: Membership;
  readonly writes: ExecutedBlock["writes"];
  readonly state: string;
  readonly root: string;
  readonly standing: ReturnType<typeof treeAfter>["standing"];
}

/** The founding entry over an empty state. */
function executeGenesis(entry: ParsedEntry, crypto: Crypto, rules: Rules): Executed | GenesisRefusal {
  const block = { chain: entry.transactionHash, height: 0, time: entry.payload.time, proposer: "" };
  const ran = askOver([], (state) => rules.run(state, block, [entry], crypto));
  if (!("results" in ran)) return refuse("the rules of the founding entry are not known");
  const { results, writes } = ran;
  const [result] = results;
  if (result?.outcome.kind !== "applied")
    return refuse(`the founding entry is refused as ${result?.outcome.code}: ${result?.detail ?? ""}`);
  const [operation] = entry.payload.operations;
  const founding = operation === undefined ? undefined : rules.foundingOf(operation);
  if (founding === undefined) return refuse("the founding entry founds nothing");
  const membership = askOver(writes, (state) => rules.membershipAt(state, 0));
  const before = emptyStanding(emptyState(crypto));
  const tree = treeAfter(before, [entry], [applied], crypto);
  return { founding, membership, writes, state: tree.stateAfter(before.state, writes), root: toHex(tree.root), standing: tree.standing };
}

function refuse(detail: string): GenesisRefusal {
  return { refused: "invalid-genesis", detail };
}
