import { canonical, equalBytes, type JsonObject, type PublicJwk, parseSigned, thumbprint, verifySigned } from "@vermilion/ledger";
import * as z from "zod";
import { type Given, publicJwk, signedObject } from "./arguments.ts";
import { addressOf, stateKeys } from "./keys.ts";
import { type MemberContext, memberOperation } from "./operation.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { AccountKind, AccountRow } from "./rows.ts";

/** `typ` of the signed object by which a new key shows that its owner wants this account. */
export const accountProofTyp = "vermilion-account+json";

/** Payload of the proof: bound to the chain and to the member that registers it, so that no other can use it. */
export type AccountProof = { readonly chain: string; readonly kind: AccountKind; readonly name: string; readonly member: string };

const NAME_CODE_POINTS_MAX = 64;
const PROOF_BYTES_MAX = 8192;

/** A person's or an agency's name as it stands in Unicode NFC, without control characters and outer blanks: one name, one spelling. */
const accountName = z
  .string()
  .min(1)
  .max(2 * NAME_CODE_POINTS_MAX)
  .refine(
    (name) => [...name].length <= NAME_CODE_POINTS_MAX && name.normalize("NFC") === name && !/\p{Cc}/u.test(name) && name.trim() === name,
    "1 to 64 code points in NFC",
  );

const registerArguments = z.strictObject({
  kind: z.enum(["holder", "issuer", "verifier"]),
  name: accountName,
  jwk: publicJwk,
  proof: signedObject,
});

export type RegisterArguments = Given<typeof registerArguments>;

/**
 * Account name → address. The key was made on the user's device; the member that registers it vouches for the name (mission C3, C4). A known
 * user is told by his key: two citizens may have one name.
 */
const register = memberOperation({
  contract: "accounts",
  operation: "register",
  version: 1,
  arguments: registerArguments,
  reads: () => [],
  apply: (context, { kind, name, jwk, proof }) => {
    const { view, crypto, block, entry, member } = context;
    const bad = checkProof(context, { chain: block.chain, kind, name, member: member.id }, jwk, proof);
    if (bad !== undefined) return bad;
    const key = thumbprint(jwk, crypto);
    if (view.get(stateKeys.key(key)) !== undefined) return refuse("account-exists", "the key is known");
    const address = addressOf(key, crypto);
    const row: AccountRow = { address, kind, name, jwk, member: member.id, at: block.time, transaction: entry.transactionHash };
    view.put(stateKeys.account(address), row);
    view.put(stateKeys.key(key), { jwk, owner: { kind: "account", id: address }, status: "active" });
    return undefined;
  },
});

/** The proof is a signed object of exactly this payload by exactly this key. */
function checkProof(context: MemberContext, expected: AccountProof, jwk: PublicJwk, proof: JsonObject): Refusal | undefined {
  const signed = parseSigned(canonical(proof), accountProofTyp, PROOF_BYTES_MAX);
  if ("refused" in signed) return refuse("bad-proof", signed.refused);
  if (!equalBytes(signed.payload, canonical(expected))) return refuse("bad-proof", "the payload is not for this account");
  const [signature, ...others] = signed.signatures;
  if (signature === undefined || others.length > 0) return refuse("bad-proof", "one signature is asked");
  if (signature.kid !== thumbprint(jwk, context.crypto)) return refuse("bad-proof", "signed by another key");
  const bad = verifySigned(signature, jwk, context.crypto);
  return bad === undefined ? undefined : refuse("bad-proof", bad.refused);
}

export const accountOperations = [register];
