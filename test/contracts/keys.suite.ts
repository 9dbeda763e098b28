import { createPublicKey, diffieHellman, generateKeyPairSync, verify } from "node:crypto";
import { isLowS, type PublicJwk } from "@vermilion/ledger";
import type { Keys } from "@vermilion/node/ports/index";
import { describe, expect, test } from "vitest";
import { bytesOf } from "./chain.ts";
import { expectBug, expectFault } from "./opened.ts";

export interface OpenedKeys {
  readonly port: Keys;
  reopen(): Promise<Keys>;
  close(): Promise<void>;
}

/** Everything that the port `Keys` promises. */
export function keysSuite(suite: string, open: () => Promise<OpenedKeys>): void {
  const withKeys = (body: (keys: Keys, reopen: () => Promise<Keys>) => Promise<void>) => async () => {
    const opened = await open();
    try {
      await body(opened.port, opened.reopen);
    } finally {
      await opened.close();
    }
  };

  describe(`${suite}: Keys`, () => {
    test(
      "the four public keys differ, are of the right kind, hold nothing private, and stay over a restart",
      withKeys(async (keys, reopen) => {
        const { sign, log, cosign, agree } = keys.public;
        expect([sign.crv, log.crv, cosign.crv, agree.crv]).toEqual(["P-256", "Ed25519", "Ed25519", "P-256"]);
        expect(new Set([sign, log, cosign, agree].map(({ x }) => x)).size).toBe(4);
        for (const jwk of [sign, agree]) expect(Object.keys(jwk).sort()).toEqual(["crv", "kty", "x", "y"]);
        for (const jwk of [log, cosign]) expect(Object.keys(jwk).sort()).toEqual(["crv", "kty", "x"]);
        expect((await reopen()).public).toEqual(keys.public);
      }),
    );

    test(
      "sign gives ES256, 64 bytes with low S every time",
      withKeys(async (keys) => {
        const key = { key: keyOf(keys.public.sign), dsaEncoding: "ieee-p1363" } as const;
        for (let round = 0; round < 40; round++) {
          const message = bytesOf(`message ${round}`);
          const signature = await keys.sign(message);
          expect(signature.length).toBe(64);
          expect(isLowS(signature)).toBe(true);
          expect(verify("sha256", message, key, signature)).toBe(true);
          expect(verify("sha256", bytesOf("another"), key, signature)).toBe(false);
        }
      }),
    );

    test(
      "log and cosign give Ed25519, each by its own key, the same for the same message",
      withKeys(async (keys, reopen) => {
        const message = bytesOf("checkpoint");
        const [byLog, byCosign] = [await keys.signLog(message), await keys.cosign(message)];
        expect([byLog.length, byCosign.length]).toEqual([64, 64]);
        expect(verify(null, message, keyOf(keys.public.log), byLog)).toBe(true);
        expect(verify(null, message, keyOf(keys.public.cosign), byCosign)).toBe(true);
        expect(verify(null, message, keyOf(keys.public.cosign), byLog)).toBe(false);
        expect(Buffer.from(await (await reopen()).signLog(message)).equals(byLog)).toBe(true);
      }),
    );

    test(
      "the shared secret is the one that the other side computes",
      withKeys(async (keys) => {
        const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
        const publicJwk = other.publicKey.export({ format: "jwk" }) as unknown as PublicJwk;
        const secret = await keys.deriveSharedSecret(publicJwk);
        expect(secret.length).toBe(32);
        expect(diffieHellman({ privateKey: other.privateKey, publicKey: keyOf(keys.public.agree) }).equals(secret)).toBe(true);
      }),
    );

    test(
      "what is wrapped opens under the same context, also after a restart, and looks different each time",
      withKeys(async (keys, reopen) => {
        for (const secret of [new Uint8Array(0), Uint8Array.from({ length: 32 }, (_, place) => place), new Uint8Array(4_096).fill(9)]) {
          const wrapped = await keys.wrap(secret, "record/证照/1");
          expect(Buffer.from(await (await reopen()).unwrap(wrapped, "record/证照/1")).equals(secret)).toBe(true);
          expect(Buffer.from(wrapped).equals(await keys.wrap(secret, "record/证照/1"))).toBe(false);
          if (secret.length > 0) expect(Buffer.from(wrapped).includes(Buffer.from(secret))).toBe(false);
        }
        await expectBug(() => keys.wrap(new Uint8Array(4_097), "c"), /4096/);
      }),
    );

    test(
      "another context, any flipped bit, a cut or a lengthened one does not open",
      withKeys(async (keys) => {
        const wrapped = await keys.wrap(bytesOf("secret"), "context");
        await expectFault(keys.unwrap(wrapped, "other"), "key-unwrap-failed");
        await expectFault(keys.unwrap(wrapped, ""), "key-unwrap-failed");
        for (let place = 0; place < wrapped.length; place++) {
          const altered = Uint8Array.from(wrapped);
          altered[place] = (altered[place] ?? 0) ^ 1;
          await expectFault(keys.unwrap(altered, "context"), "key-unwrap-failed");
        }
        for (const length of [0, 1, 12, 28, wrapped.length - 1])
          await expectFault(keys.unwrap(wrapped.subarray(0, length), "context"), "key-unwrap-failed");
        await expectFault(keys.unwrap(Buffer.concat([wrapped, Uint8Array.of(0)]), "context"), "key-unwrap-failed");
      }),
    );
  });
}

function keyOf(jwk: PublicJwk) {
  return createPublicKey({ format: "jwk", key: { ...jwk } });
}
