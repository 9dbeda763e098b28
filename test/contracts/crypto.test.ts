import { nobleCrypto } from "@vermilion/client/noble-crypto";
import { createNativeCrypto, nativeCrypto } from "@vermilion/node/host/native-crypto";
import { expect, test } from "vitest";
import { ed25519Key, p256Key, signWith } from "../ledger/fixtures.ts";
import { cryptoContract } from "./crypto.suite.ts";

cryptoContract("native", nativeCrypto);
cryptoContract("noble", nobleCrypto);

test("the native key cache stays right when more keys come than it holds", () => {
  const crypto = createNativeCrypto({ importedKeysMax: 8 });
  const message = new Uint8Array(3);
  const keys = Array.from({ length: 20 }, (_, i) => p256Key(`cache ${i}`));
  for (const round of [keys, keys.toReversed()]) {
    for (const [i, key] of round.entries()) {
      expect(crypto.verify(key.jwk, message, signWith(key, message))).toBe(true);
      expect(crypto.verify(key.jwk, message, signWith(round[(i + 1) % 20]!, message))).toBe(false);
    }
  }
});

test("a signature checked apart is answered as one that is checked at once", async () => {
  const key = p256Key("apart");
  const holds = (message: Uint8Array, signature: Uint8Array) => nativeCrypto.verifyApart(key.jwk, message, signature);
  const signatures = Array.from(
    { length: 600 },
    (_, i) => [Uint8Array.of(i >> 8, i & 255), signWith(key, Uint8Array.of(i >> 8, i & 255))] as const,
  );
  // One r or s in 256 begins with a zero byte, every other one with a high bit: each has its own form in DER.
  expect(signatures.some(([, signature]) => signature[0] === 0 || signature[32] === 0)).toBe(true);
  for (const [message, signature] of signatures) {
    expect(await holds(message, signature)).toBe(true);
    expect(nativeCrypto.verify(key.jwk, message, signature)).toBe(true);
    expect(await holds(message, signature.with(40, signature[40]! ^ 1))).toBe(false);
  }
  for (const malformed of [new Uint8Array(64), new Uint8Array(64).fill(255), new Uint8Array(63)])
    expect(await holds(new Uint8Array(), malformed)).toBe(false);
  const edwards = ed25519Key("apart");
  expect(await nativeCrypto.verifyApart(edwards.jwk, Uint8Array.of(1), signWith(edwards, Uint8Array.of(1)))).toBe(true);
  expect(await nativeCrypto.verifyApart(edwards.jwk, Uint8Array.of(2), signWith(edwards, Uint8Array.of(1)))).toBe(false);
});
