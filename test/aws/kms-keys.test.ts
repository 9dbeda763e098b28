import { generateKeyPairSync, type KeyObject, sign as signWith, verify } from "node:crypto";
import {
  DecryptCommand,
  DeriveSharedSecretCommand,
  DisabledException,
  EncryptCommand,
  InvalidCiphertextException,
  KMSClient,
  KMSServiceException,
  SignCommand,
} from "@aws-sdk/client-kms";
import { type KmsKeysOptions, kmsKeys } from "@vermilion/aws/kms/keys";
import { isLowS, type PublicJwk } from "@vermilion/ledger";
import { rawSignature } from "@vermilion/node/host/der-signature";
import type { Keys } from "@vermilion/node/ports/index";
import { mockClient } from "aws-sdk-client-mock";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { bytesOf } from "../contracts/chain.ts";
import { expectBug, expectFault } from "../contracts/opened.ts";

/** How the adapter stands what no emulator does: throttling, lost answers, answers that make no sense. */

const pairs = {
  sign: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  log: generateKeyPairSync("ed25519"),
  cosign: generateKeyPairSync("ed25519"),
  agree: generateKeyPairSync("ec", { namedCurve: "P-256" }),
};
const jwkOf = (key: KeyObject) => key.export({ format: "jwk" }) as unknown as PublicJwk;
const publicKeys: Keys["public"] = {
  sign: jwkOf(pairs.sign.publicKey),
  log: jwkOf(pairs.log.publicKey),
  cosign: jwkOf(pairs.cosign.publicKey),
  agree: jwkOf(pairs.agree.publicKey),
};
const ids = { sign: "key/sign", log: "key/log", cosign: "key/cosign", agree: "key/agree", wrap: "key/wrap" };
const kms = mockClient(KMSClient);
beforeEach(() => void kms.reset());

function open(options: Partial<KmsKeysOptions> = {}): Keys {
  const client = new KMSClient({ region: "eu-central-1", credentials: { accessKeyId: "a", secretAccessKey: "s" } });
  return kmsKeys({ client, ids, public: publicKeys, ...options });
}

function serviceError(name: string, message = "said by KMS"): KMSServiceException {
  return new KMSServiceException({ name, message, $fault: "client", $metadata: { requestId: "request-1" } });
}

const signsWith = (key: KeyObject) => kms.on(SignCommand).callsFake(({ Message }) => ({ Signature: signWith(null, Message, key) }));

describe("faults of KMS", () => {
  test.each([
    serviceError("ThrottlingException"),
    serviceError("AccessDeniedException"),
    new DisabledException({ message: "disabled", $metadata: {} }),
    Object.assign(new Error("socket hang up"), { name: "TimeoutError" }),
  ])("$name: keys-unavailable", async (error) => {
    for (const command of [SignCommand, DeriveSharedSecretCommand, EncryptCommand, DecryptCommand]) kms.on(command as never).rejects(error);
    const keys = open();
    const calls = [
      keys.sign(bytesOf("m")),
      keys.signLog(bytesOf("m")),
      keys.cosign(bytesOf("m")),
      keys.deriveSharedSecret(publicKeys.sign),
      keys.wrap(bytesOf("s"), "c"),
      keys.unwrap(Uint8Array.of(1, 2, 3), "c"),
    ];
    for (const call of calls) await expectFault(call, "keys-unavailable");
  });

  test("say what KMS said, and nothing of an answer that could not be read", async () => {
    kms.on(SignCommand).rejects(serviceError("AccessDeniedException", "not authorized to perform kms:Sign"));
    await expect(open().sign(bytesOf("m"))).rejects.toThrow(
      /AccessDeniedException: not authorized to perform kms:Sign \(request request-1\)/,
    );
    const unreadable = Object.assign(new SyntaxError(`Unexpected end of JSON input: {"Plaintext":"c2VjcmV0`), {
      $responseBodyText: `{"Plaintext":"c2VjcmV0`,
    });
    kms.on(DecryptCommand).rejects(unreadable);
    const error = await open()
      .unwrap(Uint8Array.of(1, 2), "c")
      .catch((thrown: unknown) => thrown as Error & { cause?: unknown });
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain("c2VjcmV0");
    expect((error as { cause?: unknown }).cause).toBeUndefined();
  });

  test("an answer without a signature, with that of another key, or with one of another form is a fault", async () => {
    const stranger = generateKeyPairSync("ed25519").privateKey;
    const wrong = [undefined, new Uint8Array(64), new Uint8Array(0), signWith(null, bytesOf("m"), stranger)];
    for (const Signature of wrong) {
      kms.on(SignCommand).resolves(Signature === undefined ? {} : { Signature });
      await expectFault(open().sign(bytesOf("m")), "keys-unavailable");
      await expectFault(open().cosign(bytesOf("m")), "keys-unavailable");
    }
    kms.on(DeriveSharedSecretCommand).resolves({ SharedSecret: new Uint8Array(31) });
    await expectFault(open().deriveSharedSecret(publicKeys.sign), "keys-unavailable");
  });

  test("what does not open is told apart from what cannot be tried", async () => {
    kms.on(DecryptCommand).rejects(new InvalidCiphertextException({ message: "", $metadata: {} }));
    await expectFault(open().unwrap(Uint8Array.of(1, 2, 3), "c"), "key-unwrap-failed");
    kms.on(DecryptCommand).rejects(serviceError("IncorrectKeyException"));
    await expectFault(open().unwrap(Uint8Array.of(1, 2, 3), "c"), "key-unwrap-failed");
    kms.reset();
    for (const never of [Uint8Array.of(), Uint8Array.of(1), Uint8Array.of(0, 5), Uint8Array.of(3, 5)])
      await expectFault(open().unwrap(never, "c"), "key-unwrap-failed");
    expect(kms.calls()).toEqual([]);
  });
});

describe("calls to KMS", () => {
  test("a signature of the log is asked for once a message, also by many at the same time, and again after a failure", async () => {
    kms.on(SignCommand).rejectsOnce(serviceError("ThrottlingException"));
    const keys = open();
    await expectFault(keys.signLog(bytesOf("checkpoint")), "keys-unavailable");
    kms.reset();
    signsWith(pairs.log.privateKey);
    const signatures = await Promise.all(Array.from({ length: 50 }, () => keys.signLog(bytesOf("checkpoint"))));
    signatures[0]?.fill(0);
    const later = await keys.signLog(bytesOf("checkpoint"));
    expect(verify(null, bytesOf("checkpoint"), pairs.log.publicKey, later)).toBe(true);
    expect(kms.commandCalls(SignCommand).length).toBe(1);
    for (let size = 0; size < 64; size++) await keys.signLog(bytesOf(`checkpoint ${size}`));
    await keys.signLog(bytesOf("checkpoint"));
    expect(kms.commandCalls(SignCommand).length).toBe(66);
  });

  test("a digest is signed with P-256, the message itself with Ed25519, of at most 4,096 bytes", async () => {
    signsWith(pairs.cosign.privateKey);
    const keys = open();
    await keys.cosign(new Uint8Array(4_096));
    expect(kms.commandCalls(SignCommand)[0]?.args[0].input).toMatchObject({ MessageType: "RAW", SigningAlgorithm: "ED25519_SHA_512" });
    await expectBug(() => keys.cosign(new Uint8Array(4_097)), /4096/);
    await expectBug(() => keys.signLog(new Uint8Array(4_097)), /4096/);
    await expectBug(() => keys.deriveSharedSecret(publicKeys.log), /P-256/);
    expect(kms.commandCalls(SignCommand).length).toBe(1);
  });

  test("using a key that the function was not given is a bug that names it", async () => {
    const keys = open({ ids: { log: ids.log } });
    await expectBug(() => keys.sign(bytesOf("m")), /not given the sign key/);
    await expectBug(() => keys.cosign(bytesOf("m")), /not given the cosign key/);
    await expectBug(() => keys.deriveSharedSecret(publicKeys.sign), /not given the agree key/);
    await expectBug(() => keys.wrap(bytesOf("s"), "c"), /not given the wrap key/);
    await expectBug(() => keys.unwrap(Uint8Array.of(1, 2), "c"), /not given the wrap key/);
  });
});

describe("ECDSA signatures in DER", () => {
  test("are read for every r and s, short ones and those with a leading zero", () => {
    for (let round = 0; round < 2_000; round++) {
      const message = bytesOf(`message ${round}`);
      const raw = rawSignature(signWith("sha256", message, pairs.sign.privateKey));
      expect(raw !== undefined && verify("sha256", message, { key: pairs.sign.publicKey, dsaEncoding: "ieee-p1363" }, raw)).toBe(true);
    }
    expect(rawSignature(Uint8Array.of(0x30, 6, 2, 1, 5, 2, 1, 7))).toEqual(
      Uint8Array.from({ length: 64 }, (_, at) => (at === 31 ? 5 : at === 63 ? 7 : 0)),
    );
  });

  test("are refused when anything is missing or too much, and nothing throws", () => {
    const der = Uint8Array.from(signWith("sha256", bytesOf("m"), pairs.sign.privateKey));
    for (let length = 0; length < der.length; length++) expect(rawSignature(der.subarray(0, length))).toBeUndefined();
    expect(rawSignature(Uint8Array.from([...der, 0]))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => [undefined, 64].includes(rawSignature(bytes)?.length)));
  });

  test("come out of the port with low S", async () => {
    kms.on(SignCommand).callsFake(({ Message }) => {
      // A stub that signs a digest as KMS does: node:crypto signs messages, so the message is put back in its place.
      expect(Message.length).toBe(32);
      return { Signature: signWith("sha256", bytesOf("m"), pairs.sign.privateKey) };
    });
    for (let round = 0; round < 20; round++) expect(isLowS(await open().sign(bytesOf("m")))).toBe(true);
  });
});
