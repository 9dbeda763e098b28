import { fromBase64url, toBase64url, toHex, utf8 } from "./bytes.ts";
import type { Crypto, PublicJwk, SignatureAlgorithm } from "./crypto.ts";
import { isJsonObject, type Json } from "./json.ts";

/** The suite table: one row a key kind. SM2 would be a further row here and in `Crypto.verify`. */
const algorithms = {
  "P-256": "ES256",
  Ed25519: "EdDSA",
} as const satisfies Record<PublicJwk["crv"], SignatureAlgorithm>;

export function algorithmOf(jwk: PublicJwk): SignatureAlgorithm {
  return algorithms[jwk.crv];
}

/**
 * A public key from outside: exactly the members of RFC 7638 section 3.2, coordinates of 32 bytes in their one spelling; for P-256 a
 * point of the curve, for Ed25519 a canonical spelling that is not of small order ("EdDSA strict"). Undefined for anything else.
 */
export function parsePublicJwk(json: unknown): PublicJwk | undefined {
  if (!isJsonObject(json as Json)) return undefined;
  const { kty, crv, x, y } = json as Record<string, unknown>;
  const members = Object.keys(json as object).length;
  if (kty === "EC" && crv === "P-256" && typeof x === "string" && typeof y === "string" && members === 4) {
    return isP256Point(x, y) ? { kty, crv, x, y } : undefined;
  }
  if (kty === "OKP" && crv === "Ed25519" && typeof x === "string" && members === 3) {
    const point = fromBase64url(x);
    return point !== undefined && isStrictEd25519Point(point) ? { kty, crv, x } : undefined;
  }
  return undefined;
}

/** The JWK of a raw 32-byte Ed25519 public key, as C2SP vkeys carry it. */
export function ed25519Jwk(publicKey: Uint8Array): PublicJwk {
  return { kty: "OKP", crv: "Ed25519", x: toBase64url(publicKey) };
}

/** RFC 7638 section 3: SHA-256 over the required members in lexicographic order, base64url. */
export function thumbprint(jwk: PublicJwk, crypto: Crypto): string {
  const members =
    jwk.kty === "EC" ? `{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}` : `{"crv":"Ed25519","kty":"OKP","x":"${jwk.x}"}`;
  return toBase64url(crypto.sha256(utf8(members)));
}

const p256 = {
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
};

/** SP 800-186 section 3.2.1.3: y² = x³ − 3x + b mod p, coordinates below p. */
function isP256Point(x: string, y: string): boolean {
  const xBytes = fromBase64url(x);
  const yBytes = fromBase64url(y);
  if (xBytes?.length !== 32 || yBytes?.length !== 32) return false;
  const [xn, yn] = [BigInt(`0x${toHex(xBytes)}`), BigInt(`0x${toHex(yBytes)}`)];
  if (xn >= p256.p || yn >= p256.p) return false;
  return (yn * yn - (xn * xn * xn - 3n * xn + p256.b)) % p256.p === 0n;
}

const ed25519Prime = 2n ** 255n - 19n;
const orderEightY = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

/** y of the eight points whose order divides 8: (0, ±1), (±√−1, 0) and the four of order eight. */
const smallOrderY: ReadonlySet<bigint> = new Set([0n, 1n, ed25519Prime - 1n, orderEightY, ed25519Prime - orderEightY]);

/**
 * Whether 32 bytes are the canonical spelling (RFC 8032 section 5.1.3) of what is not a point of small order; such a key would verify
 * signatures that nobody made. That there is a point at this y at all is not computed here (it costs more than a signature check): a key
 * that is none verifies nothing, in every `Crypto`.
 */
export function isStrictEd25519Point(point: Uint8Array): boolean {
  if (point.length !== 32) return false;
  const y = BigInt(`0x${toHex(Uint8Array.from(point).reverse())}`) & (2n ** 255n - 1n);
  return y < ed25519Prime && !smallOrderY.has(y);
}
