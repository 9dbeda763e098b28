import {
  type Crypto,
  canonical,
  encodeSigned,
  fromBase64url,
  isJsonObject,
  type Json,
  lowS,
  type PublicJwk,
  parseCanonical,
  parsePublicJwk,
  parseSigned,
  signatureBytes,
  signingInput,
  text,
  thumbprint,
  toBase64url,
  utf8,
  verifySigned,
} from "@vermilion/ledger";
import type { Keys } from "../ports/index.ts";
import type { FounderStatement } from "./genesis.ts";

/** The keys that prove themselves in a statement. */
export type StatementKeys = Pick<Keys, "public" | "sign" | "signLog" | "cosign">;

/** Typ of the signed object by which a member says who it is, before there is a chain. */
const statementTyp = "vermilion-statement+json";
const statementBytesMax = 8_192;
const proofTyps = { cosign: "vermilion-statement-cosign+json", log: "vermilion-statement-log+json" } as const;
const proofNames = ["cosign", "log"] as const;
const keyNames = ["agree", "cosign", "log", "sign"] as const;

/** Why a statement does not hold, in one sentence. */
export interface StatementRefusal {
  readonly refused: "invalid-statement";
  readonly detail: string;
}

/**
 * A member's public keys and address, signed by the very identity key that it names. One canonical JSON text. `proofs` in it are signatures
 * by the log and the cosign key over the same without `proofs`, each under a typ of its own, so that nobody names as its own a key that is
 * another's. The agree key cannot sign: who names another's is found out only in that it opens nothing that is sealed for it.
 */
export async function makeStatement(about: Omit<FounderStatement, "keys">, keys: StatementKeys, crypto: Crypto): Promise<string> {
  const { sign } = keys.public;
  const proven = canonical(contentOf({ ...about, keys: keys.public }));
  const proofs = {
    cosign: toBase64url(await keys.cosign(proofInput("cosign", keys.public.cosign, proven, crypto))),
    log: toBase64url(await keys.signLog(proofInput("log", keys.public.log, proven, crypto))),
  };
  const payload = canonical({ ...contentOf({ ...about, keys: keys.public }), proofs });
  const kid = thumbprint(sign, crypto);
  const signature = lowS(await keys.sign(signingInput(statementTyp, payload, sign, kid)));
  return text(encodeSigned(statementTyp, payload, [{ jwk: sign, kid, signature }]));
}

function contentOf({ id, names, uscc, url, keys }: FounderStatement): { readonly [name: string]: Json } {
  const { agree, cosign, log, sign } = keys;
  return {
    id,
    keys: { agree: { ...agree }, cosign: { ...cosign }, log: { ...log }, sign: { ...sign } },
    names: { ...names },
    url,
    uscc,
    version: 1,
  };
}

function proofInput(name: keyof typeof proofTyps, jwk: PublicJwk, proven: Uint8Array, crypto: Crypto): Uint8Array {
  return signingInput(proofTyps[name], proven, jwk, thumbprint(jwk, crypto));
}

/** The statement in `source`, whose signature and proofs are by the keys that it names. What its parts are worth the rules of founding decide. */
export function readStatement(source: string, crypto: Crypto): FounderStatement | StatementRefusal {
  const signed = parseSigned(utf8(source.trim()), statementTyp, statementBytesMax);
  if ("refused" in signed) return refuse(`not a member's statement: ${signed.detail}`);
  const [signature, ...more] = signed.signatures;
  const read = readPayload(signed.payload);
  if (signature === undefined || more.length > 0 || read === undefined) return refuse("not a member's statement of version 1");
  const { statement, proofs } = read;
  if (signature.kid !== thumbprint(statement.keys.sign, crypto) || verifySigned(signature, statement.keys.sign, crypto) !== undefined)
    return refuse(`the statement of ${statement.id} is not signed by the key that it names`);
  const proven = canonical(contentOf(statement));
  for (const name of proofNames) {
    const jwk = statement.keys[name];
    if (!crypto.verify(jwk, proofInput(name, jwk, proven, crypto), proofs[name]))
      return refuse(`the statement of ${statement.id} names a ${name} key that has not signed it`);
  }
  return statement;
}

interface ReadPayload {
  readonly statement: FounderStatement;
  readonly proofs: Readonly<Record<keyof typeof proofTyps, Uint8Array>>;
}

function readPayload(bytes: Uint8Array): ReadPayload | undefined {
  const parsed = parseCanonical(bytes);
  if ("refused" in parsed || !isJsonObject(parsed.value)) return undefined;
  const { id, names, uscc, url, keys, version, proofs, ...surplus } = parsed.value;
  if (version !== 1 || Object.keys(surplus).length > 0 || !isJsonObject(names) || !isJsonObject(keys)) return undefined;
  const proven = readProofs(proofs);
  if (proven === undefined) return undefined;
  const jwks = keyNames.map((name) => parsePublicJwk(keys[name]));
  const [agree, cosign, log, sign] = jwks;
  const { zh, en } = names;
  if (agree === undefined || cosign === undefined || log === undefined || sign === undefined) return undefined;
  if (Object.keys(keys).length !== keyNames.length || Object.keys(names).length !== 2) return undefined;
  if (typeof id !== "string" || typeof uscc !== "string" || typeof url !== "string" || typeof zh !== "string" || typeof en !== "string")
    return undefined;
  return { statement: { id, names: { zh, en }, uscc, url, keys: { sign, log, cosign, agree } }, proofs: proven };
}

function readProofs(proofs: Json | undefined): ReadPayload["proofs"] | undefined {
  if (!isJsonObject(proofs) || Object.keys(proofs).length !== proofNames.length) return undefined;
  const [cosign, log] = proofNames.map((name) => {
    const given = proofs[name];
    const bytes = typeof given === "string" ? fromBase64url(given) : undefined;
    return bytes?.length === signatureBytes ? bytes : undefined;
  });
  return cosign === undefined || log === undefined ? undefined : { cosign, log };
}

/** Whether two statements say the same of the same member. */
export function sameStatement(one: FounderStatement, other: FounderStatement): boolean {
  const comparable = (statement: FounderStatement) => text(canonical(contentOf(statement)));
  return comparable(one) === comparable(other);
}

function refuse(detail: string): StatementRefusal {
  return { refused: "invalid-statement", detail };
}
