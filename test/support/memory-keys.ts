import { createCipheriv, createDecipheriv, createPublicKey, diffieHellman, randomBytes, sign as signWith } from "node:crypto";
import { lowS } from "@vermilion/ledger";
import { Fault } from "@vermilion/node";
import type { Keys } from "@vermilion/node/ports/index";
import type { TestMember } from "./entries.ts";

/** A test member's keys behind the port, in memory. Held to the same contract suite as the key files. */
export function memoryKeys(member: TestMember): Keys {
  const { sign, log, cosign, agree } = member.keys;
  const wrapKey = randomBytes(32);
  return {
    public: { sign: sign.jwk, log: log.jwk, cosign: cosign.jwk, agree: agree.jwk },
    sign: async (message) => lowS(signWith("sha256", message, { key: sign.privateKey, dsaEncoding: "ieee-p1363" })),
    signLog: async (message) => new Uint8Array(signWith(null, message, log.privateKey)),
    cosign: async (message) => new Uint8Array(signWith(null, message, cosign.privateKey)),
    deriveSharedSecret: async (jwk) => {
      const publicKey = createPublicKey({ key: { ...jwk }, format: "jwk" });
      return new Uint8Array(diffieHellman({ privateKey: agree.privateKey, publicKey }));
    },
    wrap: async (secret, context) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", wrapKey, nonce).setAAD(Buffer.from(context));
      return new Uint8Array(Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]));
    },
    unwrap: async (wrapped, context) => {
      try {
        const decipher = createDecipheriv("aes-256-gcm", wrapKey, wrapped.subarray(0, 12)).setAAD(Buffer.from(context));
        decipher.setAuthTag(wrapped.subarray(-16));
        return new Uint8Array(Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()]));
      } catch (cause) {
        throw new Fault("key-unwrap-failed", "another context or altered bytes", cause);
      }
    },
  };
}
