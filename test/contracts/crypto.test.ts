import { nobleCrypto } from "@vermilion/client/noble-crypto";
import { createNativeCrypto, nativeCrypto } from "@vermilion/member/native-crypto";
import { expect, test } from "vitest";
import { p256Key, signWith } from "../ledger/fixtures.ts";
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
