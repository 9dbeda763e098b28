import { createPublicKey } from "node:crypto";
import { GetPublicKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { type PublicJwk, parsePublicJwk } from "@vermilion/ledger";
import { Fault } from "@vermilion/node/fault";
import type { Keys } from "@vermilion/node/ports/index";
import { bytesOf, kmsCall } from "./call.ts";
import type { KeyIds } from "./keys.ts";

type PublicRole = keyof Keys["public"];

const curves: Readonly<Record<PublicRole, PublicJwk["crv"]>> = { sign: "P-256", log: "Ed25519", cosign: "Ed25519", agree: "P-256" };

/** The public halves of a member's keys, for its statement. Throws `Fault` `keys-unavailable` where a key is of another kind. */
export async function readPublicKeys(client: KMSClient, ids: Pick<KeyIds, PublicRole>): Promise<Keys["public"]> {
  const read = (role: PublicRole) => readPublicKey(client, ids[role], role);
  const [sign, log, cosign, agree] = await Promise.all([read("sign"), read("log"), read("cosign"), read("agree")]);
  return { sign, log, cosign, agree };
}

async function readPublicKey(client: KMSClient, keyId: string, role: PublicRole): Promise<PublicJwk> {
  const { PublicKey } = await kmsCall("GetPublicKey", () => client.send(new GetPublicKeyCommand({ KeyId: keyId })));
  const jwk = jwkOf(bytesOf("GetPublicKey", PublicKey));
  if (jwk?.crv !== curves[role]) throw new Fault("keys-unavailable", `${keyId} is no ${curves[role]} key, as the ${role} key must be`);
  return jwk;
}

/** A SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), as KMS gives it; undefined for a key of a kind that is not used here. */
function jwkOf(der: Uint8Array): PublicJwk | undefined {
  try {
    return parsePublicJwk(createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" }).export({ format: "jwk" }));
  } catch {
    return undefined;
  }
}
