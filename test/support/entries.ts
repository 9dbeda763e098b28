import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign as signWith } from "node:crypto";
import { organisationCheckCharacter, usccCheckCharacter } from "@vermilion/certificates";
import { type AccountKind, type ArgumentsOf, accountProofTyp, newestRules, operationCall } from "@vermilion/contracts";
import {
  type AttachmentReference,
  canonical,
  defaultQuorum,
  type EntryPayload,
  encodeEntry,
  encodePayload,
  encodeSigned,
  entryLifetimeDefaultMs,
  entryTyp,
  genesisChain,
  type Json,
  lowS,
  type NewSignature,
  type Operation,
  type ParsedEntry,
  type PublicJwk,
  parseEntry,
  signingInput,
  thumbprint,
} from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";

/** Signed entries by throw-away keys, for every suite that needs a chain. */

export const crypto = nativeCrypto;

export interface TestKey {
  readonly jwk: PublicJwk;
  readonly thumbprint: string;
  readonly privateKey: KeyObject;
}

export interface TestMember {
  readonly id: string;
  readonly uscc: string;
  readonly keys: { readonly sign: TestKey; readonly log: TestKey; readonly cosign: TestKey; readonly agree: TestKey };
}

export function makeKey(curve: "P-256" | "Ed25519"): TestKey {
  const { privateKey, publicKey } = curve === "P-256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const jwk: PublicJwk = curve === "P-256" ? { kty: "EC", crv: "P-256", x, y } : { kty: "OKP", crv: "Ed25519", x };
  return { jwk, thumbprint: thumbprint(jwk, crypto), privateKey };
}

/** A member with fresh keys and a valid credit code made from its id. */
export function makeMember(id: string): TestMember {
  const digits = String(createHash("sha256").update(id).digest().readUInt32BE()).padStart(8, "0").slice(-8);
  const first17 = `12110000${digits}${organisationCheckCharacter(digits)}`;
  return {
    id,
    uscc: `${first17}${usccCheckCharacter(first17)}`,
    keys: { sign: makeKey("P-256"), log: makeKey("Ed25519"), cosign: makeKey("Ed25519"), agree: makeKey("P-256") },
  };
}

/** One signature over a payload under `typ`, low S. */
export function signatureOf(typ: string, payload: Uint8Array, key: TestKey): NewSignature {
  const input = signingInput(typ, payload, key.jwk, key.thumbprint);
  const signature =
    key.jwk.crv === "P-256"
      ? lowS(signWith("sha256", input, { key: key.privateKey, dsaEncoding: "ieee-p1363" }))
      : new Uint8Array(signWith(null, input, key.privateKey));
  return { jwk: key.jwk, kid: key.thumbprint, signature };
}

/** Stored bytes of a signed object of any kind. */
function signObject(typ: string, payload: Json, keys: readonly TestKey[]): Uint8Array {
  const bytes = canonical(payload);
  return encodeSigned(
    typ,
    bytes,
    keys.map((key) => signatureOf(typ, bytes, key)),
  );
}

/** Stored bytes of an entry, signed by these keys whatever its payload says. */
export function entryBytes(payload: EntryPayload, keys: readonly TestKey[]): Uint8Array {
  const bytes = encodePayload(payload);
  return encodeEntry(
    bytes,
    keys.map((key) => signatureOf(entryTyp, bytes, key)),
  );
}

export function signEntry(payload: EntryPayload, keys: readonly TestKey[]): ParsedEntry {
  const entry = parseEntry(entryBytes(payload, keys), crypto);
  if ("refused" in entry) throw new Error(`the test made a malformed entry: ${entry.refused} ${entry.detail}`);
  return entry;
}

export interface EntryOptions {
  readonly attachments?: readonly AttachmentReference[];
  readonly id?: string;
  /** ms since 1970. */
  readonly time: number;
  readonly until?: number;
}

export function payloadOf(chain: string, keys: readonly TestKey[], operations: readonly Operation[], options: EntryOptions): EntryPayload {
  return {
    attachments: options.attachments ?? [],
    chain,
    id: options.id ?? randomBytes(16).toString("hex"),
    operations,
    signers: keys.map((key) => key.thumbprint),
    time: options.time,
    until: options.until ?? options.time + entryLifetimeDefaultMs,
  };
}

/** An entry of `chain` by these keys, author first. */
export function entryOf(chain: string, keys: readonly TestKey[], operations: readonly Operation[], options: EntryOptions): ParsedEntry {
  return signEntry(payloadOf(chain, keys, operations, options), keys);
}

export function foundArgumentsOf(members: readonly TestMember[]): ArgumentsOf["consortium.found"] {
  return {
    name: "vermilion.example",
    names: { zh: "朱印联盟", en: "Vermilion" },
    members: members.map(({ id, uscc, keys }, at) => ({
      id,
      names: { zh: `成员${id}`, en: id },
      uscc,
      url: `http://127.0.0.1:${7301 + at}`,
      keys: { sign: keys.sign.jwk, log: keys.log.jwk, cosign: keys.cosign.jwk, agree: keys.agree.jwk },
    })),
    suites: { tree: "sha256", signing: "ES256", fields: "A256GCM-HKDF-SHA256" },
    quorum: defaultQuorum(members.length),
    contracts: newestRules(),
  };
}

/** Entry 0, signed by all members in their order; its transaction hash is the chain id. */
export function genesisOf(
  members: readonly TestMember[],
  options: { readonly time: number; readonly given?: ArgumentsOf["consortium.found"] },
): ParsedEntry {
  const keys = members.map((member) => member.keys.sign);
  return entryOf(genesisChain, keys, [operationCall("consortium.found", options.given ?? foundArgumentsOf(members))], options);
}

/** A signed object as the arguments of an operation carry it. */
export function signedObjectOf(
  typ: string,
  payload: Json,
  key: TestKey,
): { readonly payload: string; readonly signatures: readonly [{ readonly protected: string; readonly signature: string }] } {
  return JSON.parse(new TextDecoder().decode(signObject(typ, payload, [key])));
}

/** The proof in `accounts.register`: the new key asks for this account, at this member, on this chain. */
export function accountProof(
  key: TestKey,
  asked: { readonly chain: string; readonly kind: AccountKind; readonly name: string; readonly member: string },
): ReturnType<typeof signedObjectOf> {
  return signedObjectOf(accountProofTyp, asked, key);
}

/** An attachment of the entry; the bytes themselves are no matter of the contracts. */
export function attachmentOf(content: string, audience?: readonly string[]): AttachmentReference {
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { name: content, sha256, size: content.length, ...(audience === undefined ? {} : { audience }) };
}

/** What is asked of every new document beside its content; a slot in the status list of its own. */
export function statusOf(serial: number) {
  return { status: { list: 0, index: serial }, callKey: null, by: { app: "e-port", operator: "王敏" } };
}
