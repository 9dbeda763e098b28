import {
  type Crypto,
  canonical,
  encodeSigned,
  isJsonObject,
  type Json,
  lowS,
  parseCanonical,
  parsePublicJwk,
  parseSigned,
  signingInput,
  text,
  thumbprint,
  utf8,
  verifySigned,
} from "@vermilion/ledger";
import type { Keys } from "../ports/index.ts";
import type { FounderStatement } from "./genesis.ts";

/** Typ of the signed object by which a member says who it is, before there is a chain. */
const statementTyp = "vermilion-statement+json";
const statementBytesMax = 8_192;
const keyNames = ["agree", "cosign", "log", "sign"] as const;

/** Why a statement does not hold, in one sentence. */
export interface StatementRefusal {
  readonly refused: "invalid-statement";
  readonly detail: string;
}

/** A member's public keys and address, signed by the very identity key that it names. One JSON text. */
export async function makeStatement(
  about: Omit<FounderStatement, "keys">,
  keys: Pick<Keys, "public" | "sign">,
  crypto: Crypto,
): Promise<string> {
  const { id, names, uscc, url } = about;
  const { sign, log, cosign, agree } = keys.public;
  const payload = canonical({ id, keys: { agree, cosign, log, sign }, names, url, uscc, version: 1 } as unknown as Json);
  const kid = thumbprint(sign, crypto);
  const signature = lowS(await keys.sign(signingInput(statementTyp, payload, sign, kid)));
  return text(encodeSigned(statementTyp, payload, [{ jwk: sign, kid, signature }]));
}

/** The statement in `source`, whose signature is by the key that it names. What its parts are worth the rules of founding decide. */
export function readStatement(source: string, crypto: Crypto): FounderStatement | StatementRefusal {
  const signed = parseSigned(utf8(source.trim()), statementTyp, statementBytesMax);
  if ("refused" in signed) return refuse(`not a member's statement: ${signed.detail}`);
  const [signature, ...more] = signed.signatures;
  const statement = readPayload(signed.payload);
  if (signature === undefined || more.length > 0 || statement === undefined) return refuse("not a member's statement of version 1");
  if (signature.kid !== thumbprint(statement.keys.sign, crypto) || verifySigned(signature, statement.keys.sign, crypto) !== undefined)
    return refuse(`the statement of ${statement.id} is not signed by the key that it names`);
  return statement;
}

function readPayload(bytes: Uint8Array): FounderStatement | undefined {
  const parsed = parseCanonical(bytes);
  if ("refused" in parsed || !isJsonObject(parsed.value)) return undefined;
  const { id, names, uscc, url, keys, version, ...surplus } = parsed.value;
  if (version !== 1 || Object.keys(surplus).length > 0 || !isJsonObject(names) || !isJsonObject(keys)) return undefined;
  const jwks = keyNames.map((name) => parsePublicJwk(keys[name]));
  const [agree, cosign, log, sign] = jwks;
  const { zh, en } = names;
  if (agree === undefined || cosign === undefined || log === undefined || sign === undefined) return undefined;
  if (Object.keys(keys).length !== keyNames.length || Object.keys(names).length !== 2) return undefined;
  if (typeof id !== "string" || typeof uscc !== "string" || typeof url !== "string" || typeof zh !== "string" || typeof en !== "string")
    return undefined;
  return { id, names: { zh, en }, uscc, url, keys: { sign, log, cosign, agree } };
}

/** Whether two statements say the same of the same member. */
export function sameStatement(one: FounderStatement, other: FounderStatement): boolean {
  const comparable = ({ id, names, uscc, url, keys }: FounderStatement) =>
    text(canonical({ id, names: { ...names }, uscc, url, keys: { ...keys } } as unknown as Json));
  return comparable(one) === comparable(other);
}

function refuse(detail: string): StatementRefusal {
  return { refused: "invalid-statement", detail };
}
