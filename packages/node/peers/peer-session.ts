import { generateKeyPairSync, sign as nodeSign } from "node:crypto";
import {
  type Crypto,
  canonical,
  encodeSigned,
  fromBase64url,
  hasMembers,
  isJsonObject,
  isNatural,
  memberIdForm,
  type PublicJwk,
  parseCanonical,
  parsePublicJwk,
  parseSigned,
  type StoredSignature,
  signingInput,
  thumbprint,
  toBase64url,
  toHex,
  utf8,
  verifySigned,
} from "@vermilion/ledger";
import type { Clock, Keys } from "../ports/index.ts";

/**
 * Session keys of peers, the same on all chains of a member: a member's identity key (slow, metered, in a KMS) certifies an Ed25519 key that lives in memory for at most an
 * hour, and that key signs every peer message. The certificate travels with each message, so a receiver keeps no session state that could
 * be lost: what it caches is only the result of a check it could make again.
 */
export const sessionTyp = "vermilion-session+json";
export const sessionMaxMs = 60 * 60 * 1000;
/** A session is replaced while it still has this long to live, so that a message on its way never outlives it. */
const renewBeforeMs = 10 * 60 * 1000;
/** How far the clocks of two members may differ before they refuse each other's messages. */
export const peerClockSkewMs = 60 * 1000;
const sessionBytesMax = 2_048;
const cachedSessionsMax = 256;

/** Every way in which a message between members is refused. */
export type PeerCode =
  | "peer-signature-missing"
  | "peer-signature-malformed"
  | "peer-signature-invalid"
  | "peer-digest-mismatch"
  | "peer-expired"
  | "peer-clock-ahead"
  | "peer-session-malformed"
  | "peer-session-invalid"
  | "peer-session-expired"
  | "peer-session-too-long"
  | "peer-unknown-member"
  | "peer-wrong-member";

export interface PeerRefusal {
  readonly refused: PeerCode;
  readonly detail: string;
}

/** A running session: the certificate as it stands in the header `Vermilion-Session`, the key's thumbprint, and its signer. */
export interface SessionKey {
  readonly certificate: string;
  readonly thumbprint: string;
  /** Ed25519, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

export interface PeerSession {
  readonly member: string;
  /** The key to sign with now. Throws `Fault` `keys-unavailable` only where no certified key is left. */
  current(): Promise<SessionKey>;
}

/** The holder of a session whose certificate was checked. */
export interface PeerIdentity {
  readonly member: string;
  readonly jwk: PublicJwk;
  readonly thumbprint: string;
}

export function createPeerSession(needs: {
  readonly member: string;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly crypto: Crypto;
}): PeerSession {
  const { clock } = needs;
  let held: { readonly key: SessionKey; readonly notAfter: number } | undefined;
  let renewal: Promise<SessionKey> | undefined;

  async function renew(): Promise<SessionKey> {
    const now = clock.now();
    const key = await certify(needs, now, now + sessionMaxMs);
    held = { key, notAfter: now + sessionMaxMs };
    return key;
  }

  return {
    member: needs.member,
    async current() {
      const leftMs = held === undefined ? 0 : held.notAfter - clock.now();
      if (held !== undefined && leftMs > renewBeforeMs) return held.key;
      // One renewal at a time, however many messages wait for it.
      renewal ??= renew().finally(() => {
        renewal = undefined;
      });
      if (held === undefined || leftMs <= 0) return renewal;
      // The old key still serves while its successor is certified, or while the identity key cannot be reached.
      const stillGood = held.key;
      return renewal.catch(() => stillGood);
    },
  };
}

async function certify(
  needs: { readonly member: string; readonly keys: Keys; readonly crypto: Crypto },
  notBefore: number,
  notAfter: number,
): Promise<SessionKey> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const jwk = parsePublicJwk(publicKey.export({ format: "jwk" }));
  if (jwk === undefined) throw new Error("bug: a new Ed25519 key has no JWK form");
  const payload = canonical({ jwk, member: needs.member, notAfter, notBefore });
  const identity = needs.keys.public.sign;
  const kid = thumbprint(identity, needs.crypto);
  const signature = await needs.keys.sign(signingInput(sessionTyp, payload, identity, kid));
  return {
    certificate: toBase64url(encodeSigned(sessionTyp, payload, [{ jwk: identity, kid, signature }])),
    thumbprint: thumbprint(jwk, needs.crypto),
    sign: (message) => new Uint8Array(nodeSign(null, message, privateKey)),
  };
}

/** What a receiver needs to judge a session certificate: on each chain a name may be that of another agency. */
export interface SessionNeeds {
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** The identity (sign) key of an active member of the chain. */
  memberKeyOf(member: string): Promise<PublicJwk | undefined>;
}

export type CheckSession = (certificate: string) => Promise<PeerIdentity | PeerRefusal>;

interface Session extends PeerIdentity {
  readonly notBefore: number;
  readonly notAfter: number;
  readonly signature: StoredSignature;
}

/**
 * Checks session certificates, each one's signature once: an accepted one is kept under its hash, and later uses compare only its times
 * and that the member's identity key is still the one that certified it. Refused ones are not kept, so strangers cannot fill the cache.
 */
export function createSessionCheck(needs: SessionNeeds): CheckSession {
  const accepted = new Map<string, Session>();
  return async (certificate) => {
    if (certificate.length > sessionBytesMax) return refuse("peer-session-malformed", "the session certificate is too long");
    const hash = toHex(needs.crypto.sha256(utf8(certificate)));
    const known = accepted.get(hash);
    const session = known ?? parseSession(certificate, needs.crypto);
    if ("refused" in session) return session;
    const identity = await needs.memberKeyOf(session.member);
    if (identity === undefined) return refuse("peer-unknown-member", "the session is of no member of this chain");
    if (session.signature.kid !== thumbprint(identity, needs.crypto)) {
      return refuse("peer-session-invalid", `not certified by the identity key of ${session.member}`);
    }
    const refusal = known === undefined ? verifySigned(session.signature, identity, needs.crypto) : undefined;
    if (refusal !== undefined) return refuse("peer-session-invalid", refusal.refused);
    const late = checkTimes(session, needs.clock.now());
    if (late !== undefined) return late;
    if (known === undefined) keep(accepted, hash, session);
    return { member: session.member, jwk: session.jwk, thumbprint: session.thumbprint };
  };
}

function keep(accepted: Map<string, Session>, hash: string, session: Session): void {
  const oldest = accepted.keys().next();
  if (accepted.size >= cachedSessionsMax && oldest.done !== true) accepted.delete(oldest.value);
  accepted.set(hash, session);
}

function parseSession(certificate: string, crypto: Crypto): Session | PeerRefusal {
  const bytes = fromBase64url(certificate);
  const signed = bytes === undefined ? undefined : parseSigned(bytes, sessionTyp, sessionBytesMax);
  if (signed === undefined || "refused" in signed) return refuse("peer-session-malformed", "no signed object in its one form");
  const [signature, ...surplus] = signed.signatures;
  if (signature === undefined || surplus.length > 0) return refuse("peer-session-malformed", "a session has exactly one signature");
  const parsed = parseCanonical(signed.payload);
  if ("refused" in parsed || !isJsonObject(parsed.value)) return refuse("peer-session-malformed", "the payload is not canonical JSON");
  const payload = parsed.value;
  if (!hasMembers(payload, ["jwk", "member", "notAfter", "notBefore"])) {
    return refuse("peer-session-malformed", "the payload has other members than a session");
  }
  const { member, notAfter, notBefore } = payload;
  const jwk = parsePublicJwk(payload.jwk);
  if (typeof member !== "string" || !memberIdForm.test(member) || !isNatural(notAfter) || !isNatural(notBefore) || jwk?.kty !== "OKP") {
    return refuse("peer-session-malformed", "a member of the payload is malformed");
  }
  return { member, jwk, notAfter, notBefore, thumbprint: thumbprint(jwk, crypto), signature };
}

function checkTimes(session: Session, now: number): PeerRefusal | undefined {
  const lifeMs = session.notAfter - session.notBefore;
  if (lifeMs <= 0 || lifeMs > sessionMaxMs) return refuse("peer-session-too-long", "a session lives for an hour at most");
  if (now > session.notAfter + peerClockSkewMs) return refuse("peer-session-expired", "the session is over");
  if (now < session.notBefore - peerClockSkewMs) return refuse("peer-clock-ahead", "the session has not begun");
  return undefined;
}

function refuse(refused: PeerCode, detail: string): PeerRefusal {
  return { refused, detail };
}
