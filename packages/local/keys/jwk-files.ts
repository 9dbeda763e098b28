import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { lowS, type PublicJwk, parsePublicJwk } from "@vermilion/ledger";
import { Fault } from "@vermilion/node/fault";
import { rawSignature } from "@vermilion/node/host/der-signature";
import type { Keys } from "@vermilion/node/ports/index";
import { ensure } from "@vermilion/node/ports/limits";

type KeyName = "sign" | "log" | "cosign" | "agree";

const curves: Readonly<Record<KeyName, "P-256" | "Ed25519">> = { sign: "P-256", log: "Ed25519", cosign: "Ed25519", agree: "P-256" };
const keyNames: readonly KeyName[] = ["sign", "log", "cosign", "agree"];
const wrapFile = "wrap.key";
const wrapKeyBytes = 32;
/** KMS `Encrypt` takes 4,096 bytes; the same bound holds here. */
const secretBytesMax = 4_096;
/** First byte of what `wrap` answers: AES-256-GCM, 12-byte nonce, 16-byte tag. */
const wrapFormat = 1;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Makes a member's keys in a new folder: `sign.jwk`, `log.jwk`, `cosign.jwk`, `agree.jwk` (RFC 7517, private) and `wrap.key` (32 bytes),
 * each 0600 in a folder 0700. The folder appears whole or not at all. Throws `Fault` `keys-unavailable` where there is one already:
 * keys are never overwritten.
 */
export function createKeyFiles(folder: string): void {
  if (existsSync(folder)) throw new Fault("keys-unavailable", `${folder} is there already; keys are never overwritten`);
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  for (const name of keyNames) {
    const { privateKey } = curves[name] === "P-256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
    writeSecret(join(unfinished, `${name}.jwk`), `${JSON.stringify(privateKey.export({ format: "jwk" }))}\n`);
  }
  writeSecret(join(unfinished, wrapFile), randomBytes(wrapKeyBytes));
  syncFolder(unfinished);
  renameSync(unfinished, folder);
  syncFolder(dirname(folder));
}

/**
 * Opens the keys of `createKeyFiles`. Throws `Fault` `keys-unavailable` where a file is missing, holds something else, does not fit its
 * public half, or can be read or written by anybody but its owner.
 */
export function openKeyFiles(folder: string): Keys {
  checkOwnerOnly(folder, 0o700);
  const pairs = {
    sign: openPair(folder, "sign"),
    log: openPair(folder, "log"),
    cosign: openPair(folder, "cosign"),
    agree: openPair(folder, "agree"),
  };
  const wrapKey = openWrapKey(folder);
  return {
    public: { sign: pairs.sign.public, log: pairs.log.public, cosign: pairs.cosign.public, agree: pairs.agree.public },
    sign: async (message) => es256(pairs.sign.private, message),
    signLog: async (message) => ed25519(pairs.log.private, message),
    cosign: async (message) => ed25519(pairs.cosign.private, message),
    deriveSharedSecret: async (publicKey) =>
      diffieHellman({ privateKey: pairs.agree.private, publicKey: createPublicKey({ format: "jwk", key: { ...publicKey } }) }),
    wrap: async (secret, context) => wrap(wrapKey, secret, context),
    unwrap: async (wrapped, context) => unwrap(wrapKey, wrapped, context),
  };
}

function es256(key: KeyObject, message: Uint8Array): Uint8Array {
  const raw = rawSignature(sign("sha256", message, key));
  if (raw === undefined) throw new Error("bug: OpenSSL has made a signature that is not DER");
  return lowS(raw);
}

function ed25519(key: KeyObject, message: Uint8Array): Uint8Array {
  return sign(null, message, key);
}

/** Format byte, nonce, ciphertext, tag. The nonce is random: fine for 2³² secrets under one key (NIST SP 800-38D section 8.3). */
function wrap(key: Uint8Array, secret: Uint8Array, context: string): Uint8Array {
  ensure(secret.length <= secretBytesMax, `a secret has at most ${secretBytesMax} bytes, not ${secret.length}`);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(context, "utf8"));
  return Buffer.concat([Uint8Array.of(wrapFormat), nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

function unwrap(key: Uint8Array, wrapped: Uint8Array, context: string): Uint8Array {
  if (wrapped[0] !== wrapFormat || wrapped.length < 1 + nonceBytes + tagBytes) throw new Fault("key-unwrap-failed", "not a wrapped secret");
  const sealed = wrapped.subarray(1 + nonceBytes, wrapped.length - tagBytes);
  const decipher = createDecipheriv("aes-256-gcm", key, wrapped.subarray(1, 1 + nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context, "utf8"));
  decipher.setAuthTag(wrapped.subarray(wrapped.length - tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  } catch (error) {
    throw new Fault("key-unwrap-failed", "wrapped under another key or context, or altered", error);
  }
}

interface Pair {
  readonly private: KeyObject;
  readonly public: PublicJwk;
}

function openPair(folder: string, name: KeyName): Pair {
  const file = join(folder, `${name}.jwk`);
  const bytes = readSecret(file);
  try {
    const jwk: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof jwk !== "object" || jwk === null) throw new Error("no JSON object");
    const privateKey = createPrivateKey({ format: "jwk", key: { ...jwk } });
    const publicJwk = parsePublicJwk(createPublicKey(privateKey).export({ format: "jwk" }));
    if (publicJwk === undefined || publicJwk.crv !== curves[name]) throw new Error(`no ${curves[name]} key`);
    // The public half in the file is only a copy: a key whose halves differ would sign what nobody can verify.
    const stated = createPublicKey({ format: "jwk", key: { ...publicJwk } });
    const probe = Buffer.from("vermilion: does this key fit its public half?");
    const algorithm = publicJwk.crv === "P-256" ? "sha256" : null;
    if (!verify(algorithm, probe, stated, sign(algorithm, probe, privateKey)))
      throw new Error("the private key does not fit its public half");
    return { private: privateKey, public: publicJwk };
  } catch (error) {
    throw new Fault("keys-unavailable", `${file} holds no usable private ${curves[name]} key (JWK)`, error);
  }
}

function openWrapKey(folder: string): Uint8Array {
  const file = join(folder, wrapFile);
  const bytes = readSecret(file);
  if (bytes.length !== wrapKeyBytes) throw new Fault("keys-unavailable", `${file} has ${bytes.length} bytes, not ${wrapKeyBytes}`);
  return bytes;
}

function readSecret(file: string): Buffer {
  checkOwnerOnly(file, 0o600);
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Fault("keys-unavailable", `${file} cannot be read`, error);
  }
}

function checkOwnerOnly(path: string, wanted: number): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Fault("keys-unavailable", `${path} is missing`);
  if ((stat.mode & 0o077) === 0) return;
  const mode = (stat.mode & 0o777).toString(8);
  throw new Fault(
    "keys-unavailable",
    `${path} is open to others (mode ${mode}): run chmod ${wanted.toString(8)} ${path}, and think of who has read it`,
  );
}

function writeSecret(file: string, content: string | Uint8Array): void {
  const descriptor = openSync(file, "wx", 0o600);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
