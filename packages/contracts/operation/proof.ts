import { type Crypto, canonical, equalBytes, type Json, type PublicJwk, parseSigned, thumbprint, verifySigned } from "@vermilion/ledger";
import { type Refusal, type RefusalCode, refuse } from "./refusals.ts";

const BYTES_MAX = 8192;

/** What a signed object among the arguments of an operation must be. */
export interface ExpectedProof {
  readonly typ: string;
  readonly payload: Json;
  readonly jwk: PublicJwk;
  /** Code for one that another key has signed. */
  readonly otherKey: RefusalCode;
}

/** Whether `proof` is a signed object of exactly this payload by exactly this key. */
export function checkProof(proof: Json, expected: ExpectedProof, crypto: Crypto): Refusal | undefined {
  const signed = parseSigned(canonical(proof), expected.typ, BYTES_MAX);
  if ("refused" in signed) return refuse("bad-proof", signed.refused);
  if (!equalBytes(signed.payload, canonical(expected.payload))) return refuse("bad-proof", "the payload is another one");
  const [signature, ...others] = signed.signatures;
  if (signature === undefined || others.length > 0) return refuse("bad-proof", "one signature is asked");
  if (signature.kid !== thumbprint(expected.jwk, crypto)) return refuse(expected.otherKey, "signed by another key");
  const bad = verifySigned(signature, expected.jwk, crypto);
  return bad === undefined ? undefined : refuse("bad-proof", bad.refused);
}
