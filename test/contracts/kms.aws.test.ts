import { CreateKeyCommand, DisableKeyCommand, type KeySpec, type KeyUsageType } from "@aws-sdk/client-kms";
import { type KeyIds, kmsKeys } from "@vermilion/aws/kms/keys";
import { readPublicKeys } from "@vermilion/aws/kms/public-keys";
import { kmsClient } from "@vermilion/aws/lambda/clients";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientOptions } from "../aws/emulator/functions.ts";
import { type Emulator, startMiniStack } from "../aws/emulator/ministack.ts";
import { bytesOf } from "./chain.ts";
import { keysSuite } from "./keys.suite.ts";
import { expectFault } from "./opened.ts";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startMiniStack({ account: "555555555555" });
});
afterAll(async () => emulator.stop());

/** As another process makes it: nothing is shared but the account. */
const newClient = () => kmsClient(clientOptions(emulator));

async function createKey(spec: KeySpec, usage: KeyUsageType): Promise<string> {
  const { KeyMetadata } = await newClient().send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: usage }));
  if (KeyMetadata?.Arn === undefined) throw new Error("no key was made");
  return KeyMetadata.Arn;
}

async function createKeys(): Promise<KeyIds> {
  return {
    sign: await createKey("ECC_NIST_P256", "SIGN_VERIFY"),
    log: await createKey("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"),
    cosign: await createKey("ECC_NIST_EDWARDS25519", "SIGN_VERIFY"),
    agree: await createKey("ECC_NIST_P256", "KEY_AGREEMENT"),
    wrap: await createKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
  };
}

async function openKeys(ids: KeyIds) {
  const client = newClient();
  return kmsKeys({ client, ids, public: await readPublicKeys(client, ids) });
}

keysSuite("KMS", async () => {
  const ids = await createKeys();
  return { port: await openKeys(ids), reopen: () => openKeys(ids), close: async () => undefined };
});

test("KMS: a message of any length is signed with P-256", async () => {
  const keys = await openKeys(await createKeys());
  expect((await keys.sign(new Uint8Array(65_535))).length).toBe(64);
});

test("KMS: what was wrapped under another key does not open", async () => {
  const [ours, theirs] = [await createKeys(), await createKeys()];
  const wrapped = await (await openKeys(ours)).wrap(bytesOf("secret"), "context");
  await expectFault((await openKeys(theirs)).unwrap(wrapped, "context"), "key-unwrap-failed");
});

test("KMS: a key of another kind, a disabled one and one that is not there are faults", async () => {
  const ids = await createKeys();
  await expectFault(readPublicKeys(newClient(), { ...ids, log: ids.sign }), "keys-unavailable");
  await expectFault(readPublicKeys(newClient(), { ...ids, sign: ids.wrap }), "keys-unavailable");
  const keys = await openKeys(ids);
  await newClient().send(new DisableKeyCommand({ KeyId: ids.sign }));
  await expectFault(keys.sign(bytesOf("message")), "keys-unavailable");
  const absent = kmsKeys({ client: newClient(), ids: { ...ids, cosign: "00000000-0000-0000-0000-000000000000" }, public: keys.public });
  await expectFault(absent.cosign(bytesOf("message")), "keys-unavailable");
});
