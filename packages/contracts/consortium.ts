import { checkUscc } from "@vermilion/certificates";
import {
  checkEntry,
  formatPolicy,
  fromBase64url,
  genesisChain,
  memberPolicy,
  originOf,
  type PublicJwk,
  signersPerEntryMax,
  thumbprint,
} from "@vermilion/ledger";
import * as z from "zod";
import { contractName, ed25519Jwk, type Given, height, memberId, names, p256Jwk, version } from "./arguments.ts";
import { stateKeys } from "./keys.ts";
import { majorityOperation, memberOperation, type OperationContext, operation } from "./operation.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { MemberKeys } from "./rows.ts";

/** Contracts in force from the first block on, in version 1 unless the founders name another. This list never grows. */
export const FOUNDING_CONTRACTS: readonly string[] = [
  "accounts",
  "certificates",
  "consortium",
  "grants",
  "requests",
  "types",
  "verifications",
];

const FOUNDING_VERSIONS_MAX = 64;

/** Words that the policy format, or our group in it, has taken: a witness of that name would change what the quorum is. */
const NAMES_OF_THE_POLICY = ["all", "any", "members", "none"];

const foundArguments = z.strictObject({
  /** A key name of C2SP signed-note: no blanks, no plus; origin and cosigner names begin with it. */
  name: z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/),
  names,
  members: z
    .array(
      z.strictObject({
        id: memberId.refine((id) => !NAMES_OF_THE_POLICY.includes(id)),
        names,
        uscc: z.string().length(18),
        url: z
          .string()
          .max(256)
          .regex(/^https?:\/\/[!-~]+$/),
        keys: z.strictObject({ sign: p256Jwk, log: ed25519Jwk, cosign: ed25519Jwk, agree: p256Jwk }),
      }),
    )
    .min(1)
    .max(signersPerEntryMax),
  suites: z.strictObject({
    tree: z.literal("sha256"),
    signing: z.literal("ES256"),
    fields: z.literal("A256GCM-HKDF-SHA256"),
  }),
  quorum: z.int().min(1).max(signersPerEntryMax),
  /**
   * Versions of contracts that are in force from the first block on, where they are not those of the list above: a chain begins with the
   * newest rules that its founders know, and a genesis without this member means what it always meant.
   */
  contracts: z
    .record(contractName, version)
    .refine((record) => Object.keys(record).length <= FOUNDING_VERSIONS_MAX)
    .optional(),
});

export type FoundArguments = Given<typeof foundArguments>;

/** Entry 0: all founders sign who they are, their public keys, the suites and the quorum; its hash is the chain's id. */
const found = operation({
  contract: "consortium",
  operation: "found",
  version: 1,
  arguments: foundArguments,
  reads: () => [],
  apply: (context, given) => {
    const { view, block } = context;
    if (block.height !== 0) return refuse("already-founded");
    const bad = checkMembers(given, context) ?? checkFounders(given, context);
    if (bad !== undefined) return bad;

    for (const member of given.members) {
      view.put(stateKeys.member(member.id), { ...member, status: "active" });
      const owner = { kind: "member", id: member.id } as const;
      view.put(stateKeys.key(thumbprint(member.keys.sign, context.crypto)), { jwk: member.keys.sign, owner, status: "active" });
    }
    const versions = { ...Object.fromEntries(FOUNDING_CONTRACTS.map((contract) => [contract, 1])), ...given.contracts };
    for (const [contract, version] of Object.entries(versions)) view.put(stateKeys.rules(contract), [{ version, height: 0 }]);
    view.put(stateKeys.consortium(), {
      name: given.name,
      names: given.names,
      chain: block.chain,
      policy: policyOf(given, context),
      members: given.members.map(({ id }) => id),
      suites: given.suites,
      quorum: given.quorum,
    });
    return undefined;
  },
});

/** Distinct ids and keys, valid credit codes, and a quorum of which two always share a member (design, section 3). */
function checkMembers({ members, quorum }: FoundArguments, { crypto }: OperationContext): Refusal | undefined {
  if (new Set(members.map(({ id }) => id)).size < members.length) return refuse("duplicate-member", "two of one id");
  if (new Set(members.map(({ uscc }) => uscc)).size < members.length) return refuse("duplicate-member", "two of one credit code");
  const keys = members.flatMap((member) => allKeys(member.keys).map((jwk) => thumbprint(jwk, crypto)));
  if (new Set(keys).size < keys.length) return refuse("duplicate-key");
  const invalid = members.find(({ uscc }) => checkUscc(uscc) !== undefined);
  if (invalid !== undefined) return refuse("invalid-uscc", invalid.id);
  if (quorum * 2 <= members.length || quorum > members.length) {
    return refuse("quorum-out-of-range", `more than half of ${members.length}, at most all`);
  }
  return undefined;
}

function allKeys(keys: MemberKeys): PublicJwk[] {
  return [keys.sign, keys.log, keys.cosign, keys.agree];
}

/** No state knows these keys yet, so the signatures are checked here, against the keys that the entry itself brings. */
function checkFounders({ members }: FoundArguments, { entry, block, crypto }: OperationContext): Refusal | undefined {
  if (entry.payload.operations.length !== 1) return refuse("not-the-founders", "the genesis holds one operation");
  if (block.chain !== entry.transactionHash) return refuse("entry-of-another-chain", "the chain is named by its genesis entry");
  const founders = new Map(members.map(({ keys }) => [thumbprint(keys.sign, crypto), keys.sign]));
  const { signers } = entry.payload;
  if (signers.join() !== [...founders.keys()].join()) return refuse("not-the-founders", "the signers are the members in their order");
  const bad = checkEntry(entry, { chain: genesisChain, keyOf: (signer) => founders.get(signer), crypto });
  return bad === undefined ? undefined : refuse("not-the-founders", bad.refused);
}

/** The C2SP tlog-policy text by which anyone judges the chain's receipts. */
function policyOf({ name, members, quorum }: FoundArguments, { block, crypto }: OperationContext): string {
  const keysOfMembers = members.map(({ id, keys }) => ({ id, logKey: rawKey(keys.log), cosignKey: rawKey(keys.cosign) }));
  const chain = { consortiumName: name, origin: originOf(name, block.chain), members: keysOfMembers, quorum };
  return formatPolicy(memberPolicy(chain, crypto));
}

function rawKey(jwk: PublicJwk): Uint8Array {
  const raw = fromBase64url(jwk.x);
  if (raw === undefined) throw new Error("bug: a parsed key has its coordinates in base64url");
  return raw;
}

const activateArguments = z.strictObject({ contract: contractName, version, height });

export type ActivateArguments = Given<typeof activateArguments>;

/** Puts the next version of a contract, or a new contract, in force from a later height on. */
const activate = majorityOperation({
  contract: "consortium",
  operation: "activate",
  version: 1,
  arguments: activateArguments,
  reads: (given) => [stateKeys.rules(given.contract)],
  apply: ({ view, block }, given) => {
    const rules = view.get(stateKeys.rules(given.contract)) ?? [];
    const last = rules.at(-1);
    if (given.version !== (last?.version ?? 0) + 1)
      return refuse("version-out-of-order", `the next version is ${(last?.version ?? 0) + 1}`);
    if (given.height <= Math.max(block.height, last?.height ?? 0)) return refuse("height-in-the-past");
    view.put(stateKeys.rules(given.contract), [...rules, { version: given.version, height: given.height }]);
    return undefined;
  },
});

const rejoinArguments = z.strictObject({ member: memberId });

export type RejoinArguments = Given<typeof rejoinArguments>;

/**
 * A member that has forgotten what it signed (its store was lost, or restored from a backup) begins a new incarnation (design, section 6).
 * That the entry is committed without the member's own acknowledgement is what lets it bind itself again; the number is for everybody to see.
 */
const rejoin = memberOperation({
  contract: "consortium",
  operation: "rejoin",
  version: 2,
  arguments: rejoinArguments,
  reads: (given) => [stateKeys.member(given.member)],
  apply: ({ view, member }, given) => {
    if (given.member !== member.id) return refuse("not-the-member", given.member);
    view.put(stateKeys.member(member.id), { ...member, incarnation: (member.incarnation ?? 0) + 1 });
    return undefined;
  },
});

export const consortiumOperations = [found, activate, rejoin];
