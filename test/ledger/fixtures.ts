import { createECDH, createHash, createPrivateKey, type KeyObject, sign } from "node:crypto";
import {
  appendToTiles,
  applied,
  checkpointText,
  cosignatureKeyType,
  cosignatureLine,
  cosignatureMessage,
  cosignerName,
  formatReceipt,
  inclusionProof,
  leafHash,
  leafRecord,
  logKeyType,
  logSignatureLine,
  logSignatureMessage,
  lowS,
  memberPolicy,
  type NewSignature,
  type Outcome,
  type PublicJwk,
  rootFromTiles,
  signingInput,
  thumbprint,
  tileKey,
  toBase64url,
  verifierKey,
} from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";

/** Keys made from names, so that vectors and tests have the same ones on every machine. They protect nothing. */
export type SignKey = { readonly privateKey: KeyObject; readonly jwk: PublicJwk; readonly kid: string };

function seedOf(name: string): Buffer {
  return createHash("sha256").update(`vermilion test key: ${name}`).digest();
}

export function p256Key(name: string): SignKey {
  const d = seedOf(name);
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(d);
  const point = ecdh.getPublicKey();
  const jwk: PublicJwk = { kty: "EC", crv: "P-256", x: toBase64url(point.subarray(1, 33)), y: toBase64url(point.subarray(33)) };
  const privateKey = createPrivateKey({ key: { ...jwk, d: toBase64url(d) }, format: "jwk" });
  return { privateKey, jwk, kid: thumbprint(jwk, nativeCrypto) };
}

export function ed25519Key(name: string): SignKey & { readonly publicKey: Uint8Array } {
  // RFC 8410 section 7: the PKCS#8 form of a 32-byte seed has a fixed prefix.
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seedOf(name)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const x = String(privateKey.export({ format: "jwk" }).x);
  const jwk: PublicJwk = { kty: "OKP", crv: "Ed25519", x };
  return { privateKey, jwk, kid: thumbprint(jwk, nativeCrypto), publicKey: new Uint8Array(Buffer.from(x, "base64url")) };
}

export function signWith(key: SignKey, message: Uint8Array): Uint8Array {
  return key.jwk.kty === "EC"
    ? lowS(new Uint8Array(sign("sha256", message, { key: key.privateKey, dsaEncoding: "ieee-p1363" })))
    : new Uint8Array(sign(null, message, key.privateKey));
}

export function newSignature(key: SignKey, typ: string, payloadBytes: Uint8Array): NewSignature {
  return { jwk: key.jwk, kid: key.kid, signature: signWith(key, signingInput(typ, payloadBytes, key.jwk, key.kid)) };
}

export const consortiumName = "vermilion.example";
export const chainId = createHash("sha256").update("vermilion test chain").digest("hex");
export const origin = `${consortiumName}/${chainId.slice(0, 16)}`;
export const memberIds = ["platform", "inspection", "customs", "tax"] as const;

export const members = memberIds.map((id) => ({ id, log: ed25519Key(`${id} log`), cosign: ed25519Key(`${id} cosign`) }));

export function policyOf(quorum: number) {
  const rows = members.map(({ id, log, cosign }) => ({ id, logKey: log.publicKey, cosignKey: cosign.publicKey }));
  return memberPolicy({ consortiumName, origin, members: rows, quorum }, nativeCrypto);
}

/** A leaf record that is told apart by `number`. */
export function recordOf(number: number, outcome: Outcome = applied): Uint8Array {
  return leafRecord({ kind: "entry", outcome, sha256: createHash("sha256").update(`entry ${number}`).digest("hex") });
}

export type TestLog = { readonly records: readonly Uint8Array[]; readonly tiles: ReadonlyMap<string, Uint8Array> };

export function logOf(records: readonly Uint8Array[]): TestLog {
  const hashes = records.map((record) => leafHash(record, nativeCrypto));
  const tiles = appendToTiles(0, hashes, new Map(), nativeCrypto).map((tile) => [tileKey(tile), tile.bytes] as const);
  return { records, tiles: new Map(tiles) };
}

/** The checkpoint of `size` leaves, signed by `logBy` and cosigned by `cosignedBy`, at whole seconds. */
export function finalCheckpoint(
  log: TestLog,
  size: number,
  cosignedBy: readonly string[],
  logBy = "platform",
  timeSeconds = 1_790_000_000,
) {
  const text = checkpointText({ origin, size, root: rootFromTiles(size, log.tiles, nativeCrypto) });
  const lines = members.flatMap(({ id, log: logKey, cosign }) => {
    const asLog = verifierKey(origin, logKeyType, logKey.publicKey, nativeCrypto);
    const asCosigner = verifierKey(cosignerName(consortiumName, id), cosignatureKeyType, cosign.publicKey, nativeCrypto);
    return [
      ...(id === logBy ? [logSignatureLine(asLog, signWith(logKey, logSignatureMessage(text)))] : []),
      ...(cosignedBy.includes(id)
        ? [cosignatureLine(asCosigner, timeSeconds, signWith(cosign, cosignatureMessage(timeSeconds, text)))]
        : []),
    ];
  });
  return `${text}\n${lines.join("")}`;
}

export function receiptOf(log: TestLog, index: number, size: number, cosignedBy: readonly string[]): string {
  const record = log.records[index];
  if (record === undefined) throw new Error(`no record ${index}`);
  const proof = inclusionProof(index, size, log.tiles, nativeCrypto);
  return formatReceipt({ record, index, proof, checkpoint: finalCheckpoint(log, size, cosignedBy) });
}

/** RFC 9162 section 2.1.1 word by word over all leaves: the oracle for everything faster. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const sha256 = (...parts: readonly Uint8Array[]) => {
    const hash = createHash("sha256");
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  };
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}
