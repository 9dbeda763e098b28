import { generateKeyPairSync, sign } from "node:crypto";
import { accountProofTyp, receiptOfHolderTyp } from "@vermilion/contracts";
import { canonical, encodeSigned, type JsonObject, lowS, type PublicJwk, signingInput, text, thumbprint } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";

/** A holder's key pair, made where a phone would make it, and what it signs there. */
export function newHolder() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const jwk: PublicJwk = { kty: "EC", crv: "P-256", x, y };
  const kid = thumbprint(jwk, nativeCrypto);
  const signed = (typ: string, of: JsonObject): string => {
    const payload = canonical(of);
    const signature = lowS(sign("sha256", signingInput(typ, payload, jwk, kid), { key: privateKey, dsaEncoding: "ieee-p1363" }));
    return text(encodeSigned(typ, payload, [{ jwk, kid, signature }]));
  };
  return {
    /** What the key asks for an account with, at one member of one chain. */
    account: (of: { readonly chain: string; readonly member: string; readonly name: string }) =>
      ({ kind: "holder", name: of.name, jwk, proof: signed(accountProofTyp, { ...of, kind: "holder" }) }) as const,
    /** Acknowledges one document of a certificate (收证). */
    received: (of: { readonly chain: string; readonly certificate: string; readonly document: string }) => signed(receiptOfHolderTyp, of),
  };
}
