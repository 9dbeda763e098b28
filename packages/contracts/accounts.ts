import { thumbprint } from "@vermilion/ledger";
import * as z from "zod";
import { publicJwk, signedObject } from "./operation/arguments.ts";
import { operation } from "./operation/operation.ts";
import { checkProof } from "./operation/proof.ts";
import { refuse } from "./operation/refusals.ts";
import { type AccountKind, type AccountRow, addressOf } from "./state/accounts.ts";
import { stateKeys } from "./state/keys.ts";

/** `typ` of the signed object by which a new key shows that its owner wants this account. */
export const accountProofTyp = "vermilion-account+json";

/** Payload of the proof: bound to the chain and to the member that registers it, so that no other can use it. */
export type AccountProof = { readonly chain: string; readonly kind: AccountKind; readonly name: string; readonly member: string };

const NAME_CODE_POINTS_MAX = 64;

/** A person's or an agency's name as it stands in Unicode NFC, without control characters and outer blanks: one name, one spelling. */
const accountName = z
  .string()
  .min(1)
  .max(2 * NAME_CODE_POINTS_MAX)
  .refine(
    (name) => [...name].length <= NAME_CODE_POINTS_MAX && name.normalize("NFC") === name && !/\p{Cc}/u.test(name) && name.trim() === name,
    "1 to 64 code points in NFC",
  );

/**
 * A key gets an account and its address. The key was made on the user's device; the member that registers it vouches for the name (mission
 * C3, C4), which need not be the only one of its kind: an account is known by its key alone.
 */
const register = operation({
  contract: "accounts",
  operation: "register",
  version: 1,
  schema: z.strictObject({
    kind: z.enum(["holder", "issuer", "verifier"]),
    name: accountName,
    jwk: publicJwk,
    proof: signedObject,
  }),
  authors: ["member"],
  subjects: ({ jwk }, { crypto }) => [{ kind: "account", id: addressOf(thumbprint(jwk, crypto), crypto) }],
  counts: {},
  reads: () => [],
  apply: ({ view, crypto, block, entry, author }, { kind, name, jwk, proof }) => {
    const payload: AccountProof = { chain: block.chain, kind, name, member: author.id };
    const bad = checkProof(proof, { typ: accountProofTyp, payload, jwk, otherKey: "bad-proof" }, crypto);
    if (bad !== undefined) return bad;
    const key = thumbprint(jwk, crypto);
    if (view.get(stateKeys.key(key)) !== undefined) return refuse("account-exists", "the key is known");
    const address = addressOf(key, crypto);
    const row: AccountRow = { address, kind, name, jwk, member: author.id, at: block.time, transaction: entry.transactionHash };
    view.put(stateKeys.account(address), row);
    view.put(stateKeys.key(key), { jwk, owner: { kind: "account", id: address }, status: "active" });
    return undefined;
  },
});

export const accountOperations = [register] as const;
