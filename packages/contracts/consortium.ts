import { checkUscc } from "@vermilion/certificates";
import {
  checkEntry,
  type Epoch,
  formatPolicy,
  fromBase64url,
  genesisChain,
  type MemberKeys,
  memberPolicy,
  originOf,
  type PublicJwk,
  signersPerEntryMax,
  thumbprint,
} from "@vermilion/ledger";
import * as z from "zod";
import { contractName, ed25519Jwk, type Given, height, memberId, names, p256Jwk, version } from "./operation/arguments.ts";
import { type OperationContext, operation } from "./operation/operation.ts";
import { type Refusal, refuse } from "./operation/refusals.ts";
import { stateKeys } from "./state/keys.ts";

const CONTRACTS_MAX = 64;

/** Words that the policy format, or our group in it, has taken: a witness of that name would change what the quorum is. */
const NAMES_OF_THE_POLICY = ["all", "any", "members", "none"];

const foundSchema = z.strictObject({
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
  /** The version of each contract that is in force from the first block on. Without `consortium` nothing could ever be added. */
  contracts: z
    .record(contractName, version)
    .refine((record) => Object.keys(record).length <= CONTRACTS_MAX && Object.hasOwn(record, "consortium")),
});

type Founding = Given<typeof foundSchema>;

/** Entry 0: all founders sign who they are, their public keys, the suites and the quorum; its hash is the chain's id. */
export const found = operation({
  contract: "consortium",
  operation: "found",
  version: 1,
  schema: foundSchema,
  authors: ["founders"],
  subjects: ({ name }) => [{ kind: "consortium", id: name }],
  counts: {},
  reads: () => [],
  apply: (context, given) => {
    const bad = checkMembers(given, context) ?? checkFounders(given, context);
    if (bad !== undefined) return bad;

    const { view, block, crypto } = context;
    for (const member of given.members) {
      view.put(stateKeys.member(member.id), { ...member, status: "active", incarnation: 0 });
      const owner = { kind: "member", id: member.id } as const;
      view.put(stateKeys.key(thumbprint(member.keys.sign, crypto)), { jwk: member.keys.sign, owner, status: "active" });
    }
    for (const [contract, version] of Object.entries(given.contracts)) view.put(stateKeys.rules(contract), [{ version, height: 0 }]);
    view.put(stateKeys.consortium(), { name: given.name, names: given.names, chain: block.chain, suites: given.suites });
    view.put(stateKeys.epochs(), [firstEpoch(given, context)]);
    return undefined;
  },
});

/** Distinct ids and keys, valid credit codes, and a quorum of which two always share a member (design, section 3). */
function checkMembers({ members, quorum }: Founding, { crypto }: OperationContext): Refusal | undefined {
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
function checkFounders({ members }: Founding, { entry, block, crypto }: OperationContext): Refusal | undefined {
  if (entry.payload.operations.length !== 1) return refuse("not-the-founders", "the genesis holds one operation");
  if (block.chain !== entry.transactionHash) return refuse("entry-of-another-chain", "the chain is named by its genesis entry");
  const founders = new Map(members.map(({ keys }) => [thumbprint(keys.sign, crypto), keys.sign]));
  const { signers } = entry.payload;
  if (signers.join() !== [...founders.keys()].join()) return refuse("not-the-founders", "the signers are the members in their order");
  const bad = checkEntry(entry, { chain: genesisChain, keyOf: (signer) => founders.get(signer), crypto });
  return bad === undefined ? undefined : refuse("not-the-founders", bad.refused);
}

function firstEpoch({ name, members, quorum }: Founding, { block, crypto }: OperationContext): Epoch {
  const keysOfMembers = members.map(({ id, keys }) => ({ id, logKey: rawKey(keys.log), cosignKey: rawKey(keys.cosign) }));
  const chain = { consortiumName: name, origin: originOf(name, block.chain), members: keysOfMembers, quorum };
  return {
    epoch: 1,
    from: 0,
    members: members.map((member) => ({ ...member, keysFrom: 0 })),
    quorum,
    policy: formatPolicy(memberPolicy(chain, crypto)),
  };
}

function rawKey(jwk: PublicJwk): Uint8Array {
  const raw = fromBase64url(jwk.x);
  if (raw === undefined) throw new Error("bug: a parsed key has its coordinates in base64url");
  return raw;
}

/** Puts the next version of a contract, or a new contract, in force from a later height on. */
const activate = operation({
  contract: "consortium",
  operation: "activate",
  version: 1,
  schema: z.strictObject({ contract: contractName, version, height }),
  authors: ["majority"],
  subjects: ({ contract }) => [{ kind: "rules", id: contract }],
  counts: {},
  reads: (given) => [stateKeys.rules(given.contract)],
  apply: ({ view, block }, given) => {
    const rules = view.get(stateKeys.rules(given.contract)) ?? [];
    const { version, height } = rules.at(-1) ?? { version: 0, height: 0 };
    if (given.version !== version + 1) return refuse("version-out-of-order", `the next version is ${version + 1}`);
    if (given.height <= Math.max(block.height, height)) return refuse("height-in-the-past");
    view.put(stateKeys.rules(given.contract), [...rules, { version: given.version, height: given.height }]);
    return undefined;
  },
});

/**
 * A member that has forgotten what it signed (its store was lost, or restored from a backup) begins a new incarnation (design, section 6).
 * That the entry is committed without the member's own acknowledgement is what lets it bind itself again; the number is for everybody to see.
 */
const rejoin = operation({
  contract: "consortium",
  operation: "rejoin",
  version: 1,
  schema: z.strictObject({ member: memberId }),
  authors: ["member"],
  subjects: ({ member }) => [{ kind: "member", id: member }],
  counts: {},
  reads: (given) => [stateKeys.member(given.member)],
  apply: ({ view, author: { id, member } }, given) => {
    if (given.member !== id) return refuse("not-the-member", given.member);
    view.put(stateKeys.member(id), { ...member, incarnation: member.incarnation + 1 });
    return undefined;
  },
});

export const consortiumOperations = [found, activate, rejoin] as const;
