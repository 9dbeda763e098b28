import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { deflateSync, inflateSync } from "node:zlib";
import {
  assemble,
  type CertificateClaims,
  type CertificateType,
  type Disclosure,
  digest,
  disclosure,
  type FieldValues,
  type Inflate,
  issuerSignedInput,
  issuerSignedJws,
  parseCertificateType,
} from "@vermilion/certificates";
import { type Json, lowS, type PublicJwk, parseStrict, thumbprint } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";

export const crypto = nativeCrypto;

const root = new URL("../../", import.meta.url);

function readJson(path: string): Json {
  const parsed = parseStrict(readFileSync(new URL(path, root)), { bytesMax: 1 << 20, depthMax: 16 });
  if ("refused" in parsed) throw new Error(`${path}: ${parsed.refused} ${parsed.detail}`);
  return parsed.value;
}

export function vectors<T>(name: string): T {
  return readJson(`test/vectors/certificates/${name}.json`) as T;
}

export const filingJson = readJson("packages/certificates/types/moc-filing.json");

export function filingType(): CertificateType {
  const type = parseCertificateType(filingJson);
  if ("refused" in type) throw new Error(JSON.stringify(type.problems));
  return type;
}

export const sample = readJson("packages/certificates/types/moc-filing.sample.json") as unknown as {
  readonly main: FieldValues;
  readonly inspection: FieldValues;
};

export interface SignKey {
  readonly jwk: PublicJwk;
  readonly privateKey: KeyObject;
}

function publicPart(privateKey: KeyObject): PublicJwk {
  const { kty, crv, x, y } = privateKey.export({ format: "jwk" });
  return { kty, crv, x, y } as PublicJwk;
}

export function newSignKey(): SignKey {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { jwk: publicPart(privateKey), privateKey };
}

export function signKeyOf(jwk: { readonly [member: string]: string }): SignKey {
  const privateKey = createPrivateKey({ key: jwk, format: "jwk" });
  return { jwk: publicPart(privateKey), privateKey };
}

export function signEs256(bytes: Uint8Array, key: SignKey): Uint8Array {
  return lowS(sign("sha256", bytes, { key: key.privateKey, dsaEncoding: "ieee-p1363" }));
}

/** Bytes that look random and are the same in every run. */
export function testBytes(seed: string, length: number): Uint8Array {
  return new Uint8Array(createHash("shake256", { outputLength: length }).update(seed).digest());
}

export const sampleClaims: CertificateClaims = {
  vct: "urn:vermilion:type:moc-filing:1",
  iss: "vermilion.example/platform",
  iat: 1_700_000_000,
  jti: "1.2.156.3005.2.11100000000019991T001.91350200MA2XQ7K095.0F3A1C2B4D5E6F708192A3B4C5D6E7F8.001.H",
  part: "main",
};

export interface Issued {
  readonly text: string;
  readonly jws: string;
  readonly disclosures: readonly Disclosure[];
}

/** Issues a certificate over the given fields as a member would, with salts derived from the field names. */
export function issue(fields: FieldValues, key: SignKey, claims: CertificateClaims = sampleClaims): Issued {
  const disclosures = Object.entries(fields).map(([name, value]) => disclosure(testBytes(`salt ${name}`, 16), name, value));
  const digests = disclosures.map(({ text }) => digest(text, crypto));
  const input = issuerSignedInput(claims, digests, { alg: "ES256", kid: thumbprint(key.jwk, crypto) });
  const jws = issuerSignedJws(input, signEs256(input, key));
  return {
    text: assemble(
      jws,
      disclosures.map(({ text }) => text),
    ),
    jws,
    disclosures,
  };
}

export const deflate = (bytes: Uint8Array): Uint8Array => new Uint8Array(deflateSync(bytes, { level: 9 }));

export const inflate: Inflate = (bytes, bytesMax) => {
  try {
    return new Uint8Array(inflateSync(bytes, { maxOutputLength: bytesMax }));
  } catch {
    return undefined;
  }
};
