import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { DecryptCommand, DeriveSharedSecretCommand, EncryptCommand, type KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { lowS, type PublicJwk } from "@vermilion/ledger";
import { Fault } from "@vermilion/node/fault";
import { rawSignature } from "@vermilion/node/host/der-signature";
import type { Keys } from "@vermilion/node/ports/index";
import { ensure } from "@vermilion/node/ports/limits";
import { bytesOf, kmsCall } from "./call.ts";

/** KMS takes at most this much to sign RAW and to encrypt. */
const kmsBytesMax = 4_096;

/** Key ids or ARNs by what the key is for. */
export interface KeyIds {
  readonly sign: string;
  readonly log: string;
  readonly cosign: string;
  readonly agree: string;
  readonly wrap: string;
}

export interface KmsKeysOptions {
  /** Made with adaptive retries (`kmsClient`): what is still throttled after them becomes a `Fault`. */
  readonly client: KMSClient;
  /** The keys that this function was given; using another is a bug. */
  readonly ids: Partial<KeyIds>;
  /** As the genesis states them, so that starting costs no call. */
  readonly public: Keys["public"];
}

/**
 * A member's keys in KMS. Each signature is checked against the public key before it is given out: a key id that was set wrong is a `Fault`
 * `keys-unavailable`, not a chain of signatures that nobody can verify.
 */
export function kmsKeys({ client, ids, public: publicKeys }: KmsKeysOptions): Keys {
  const id = (role: keyof KeyIds): string => {
    const given = ids[role];
    ensure(given !== undefined, `this function was not given the ${role} key`);
    return given;
  };
  const signer = { sign: keyOf(publicKeys.sign), log: keyOf(publicKeys.log), cosign: keyOf(publicKeys.cosign) };
  return {
    public: publicKeys,
    sign: async (message) => es256(client, id("sign"), signer.sign, message),
    signLog: remembered(async (message) => ed25519(client, id("log"), signer.log, message)),
    cosign: async (message) => ed25519(client, id("cosign"), signer.cosign, message),
    deriveSharedSecret: async (publicKey) => sharedSecret(client, id("agree"), publicKey),
    wrap: async (secret, context) => wrap(client, id("wrap"), secret, context),
    unwrap: async (wrapped, context) => unwrap(client, id("wrap"), wrapped, context),
  };
}

/** The digest is made here, so that a message of any length can be signed. */
async function es256(client: KMSClient, keyId: string, publicKey: KeyObject, message: Uint8Array): Promise<Uint8Array> {
  const digest = createHash("sha256").update(message).digest();
  const command = new SignCommand({ KeyId: keyId, Message: digest, MessageType: "DIGEST", SigningAlgorithm: "ECDSA_SHA_256" });
  const { Signature } = await kmsCall("Sign", () => client.send(command));
  const raw = rawSignature(bytesOf("Sign", Signature));
  if (raw === undefined || !verify("sha256", message, { key: publicKey, dsaEncoding: "ieee-p1363" }, raw)) throw doesNotFit(keyId);
  return lowS(raw);
}

async function ed25519(client: KMSClient, keyId: string, publicKey: KeyObject, message: Uint8Array): Promise<Uint8Array> {
  ensure(message.length <= kmsBytesMax, `KMS signs at most ${kmsBytesMax} bytes with Ed25519, not ${message.length}`);
  const command = new SignCommand({ KeyId: keyId, Message: message, MessageType: "RAW", SigningAlgorithm: "ED25519_SHA_512" });
  const { Signature } = await kmsCall("Sign", () => client.send(command));
  const signature = bytesOf("Sign", Signature, 64);
  if (!verify(null, message, publicKey, signature)) throw doesNotFit(keyId);
  return signature;
}

function doesNotFit(keyId: string): Fault {
  return new Fault("keys-unavailable", `what KMS signs with ${keyId} does not fit the member's public key`);
}

const rememberedMax = 64;

/** Ed25519 gives the same signature for the same message (RFC 8032): all receipts of one size cost one call. Failures are not remembered. */
function remembered(sign: (message: Uint8Array) => Promise<Uint8Array>): (message: Uint8Array) => Promise<Uint8Array> {
  const signatures = new Map<string, Promise<Uint8Array>>();
  return async (message) => {
    const key = createHash("sha256").update(message).digest("hex");
    const signature = signatures.get(key) ?? sign(message);
    signatures.delete(key);
    signatures.set(key, signature);
    const oldest = signatures.keys().next().value;
    if (signatures.size > rememberedMax && oldest !== undefined) signatures.delete(oldest);
    try {
      return Uint8Array.from(await signature);
    } catch (error) {
      if (signatures.get(key) === signature) signatures.delete(key);
      throw error;
    }
  };
}

async function sharedSecret(client: KMSClient, keyId: string, publicKey: PublicJwk): Promise<Uint8Array> {
  ensure(publicKey.crv === "P-256", "keys are agreed with P-256 keys only");
  const der = keyOf(publicKey).export({ format: "der", type: "spki" });
  const command = new DeriveSharedSecretCommand({ KeyId: keyId, KeyAgreementAlgorithm: "ECDH", PublicKey: der });
  const { SharedSecret } = await kmsCall("DeriveSharedSecret", () => client.send(command));
  return bytesOf("DeriveSharedSecret", SharedSecret, 32);
}

/** KMS encrypts no empty plaintext; such a secret is one byte under a form of its own. The form is authenticated with the context. */
const forms = { secret: 1, empty: 2 } as const;
type Form = keyof typeof forms;

function encryptionContext(form: Form, context: string): Record<string, string> {
  return { vermilion: `${form}:${context}` };
}

/** A form byte, then what KMS gave. */
async function wrap(client: KMSClient, keyId: string, secret: Uint8Array, context: string): Promise<Uint8Array> {
  ensure(secret.length <= kmsBytesMax, `a secret has at most ${kmsBytesMax} bytes, not ${secret.length}`);
  const form: Form = secret.length === 0 ? "empty" : "secret";
  const command = new EncryptCommand({
    KeyId: keyId,
    Plaintext: form === "empty" ? Uint8Array.of(0) : secret,
    EncryptionContext: encryptionContext(form, context),
  });
  const { CiphertextBlob } = await kmsCall("Encrypt", () => client.send(command));
  return Uint8Array.from([forms[form], ...bytesOf("Encrypt", CiphertextBlob)]);
}

async function unwrap(client: KMSClient, keyId: string, wrapped: Uint8Array, context: string): Promise<Uint8Array> {
  const form = wrapped[0] === forms.secret ? "secret" : "empty";
  if (wrapped.length < 2 || wrapped[0] !== forms[form]) throw new Fault("key-unwrap-failed", "not a wrapped secret");
  const command = new DecryptCommand({
    KeyId: keyId,
    CiphertextBlob: wrapped.subarray(1),
    EncryptionContext: encryptionContext(form, context),
  });
  const { Plaintext } = await kmsCall("Decrypt", () => client.send(command));
  const secret = bytesOf("Decrypt", Plaintext);
  return form === "empty" ? new Uint8Array(0) : secret;
}

function keyOf(jwk: PublicJwk): KeyObject {
  return createPublicKey({ format: "jwk", key: { ...jwk } });
}
