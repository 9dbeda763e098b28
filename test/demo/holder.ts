import { generateKeyPairSync, sign } from "node:crypto";
import { accountProofTyp } from "@vermilion/contracts";
import { canonical, encodeSigned, lowS, type PublicJwk, signingInput, text, thumbprint } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/member/native-crypto";

/** A holder's key pair, made where a phone would make it, and the proof by which the key asks for its account. */
export function holderAccount(of: { readonly chain: string; readonly member: string; readonly name: string }) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const jwk: PublicJwk = { kty: "EC", crv: "P-256", x, y };
  const kid = thumbprint(jwk, nativeCrypto);
  const payload = canonical({ chain: of.chain, kind: "holder", member: of.member, name: of.name });
  const signature = lowS(sign("sha256", signingInput(accountProofTyp, payload, jwk, kid), { key: privateKey, dsaEncoding: "ieee-p1363" }));
  const proof = text(encodeSigned(accountProofTyp, payload, [{ jwk, kid, signature }]));
  return { kind: "holder", name: of.name, jwk, proof } as const;
}
