import { canonical, encodeSigned, type PublicJwk, signingInput, thumbprint, toBase64url } from "@vermilion/ledger";
import { Fault } from "@vermilion/node/fault";
import { createPeerSession, createSessionCheck, sessionTyp } from "@vermilion/node/peers/peer-session";
import { describe, expect, test } from "vitest";
import { crypto, ed25519, p256, signEs256, testClock, testKeys } from "../support/member.ts";
import { forge } from "./pair.ts";

/** The certificates by which a session key speaks for a member. */

describe("session certificates", () => {
  const now = testClock().time;
  const jwk = ed25519().jwk;
  const identity = p256();
  const right = { jwk, member: "tax", notAfter: now + 3_600_000, notBefore: now };
  const check = () =>
    createSessionCheck({
      clock: testClock(),
      crypto,
      memberKeyOf: async (id) => (id === "tax" ? identity.jwk : id === "customs" ? p256().jwk : undefined),
    });

  test("a right one names its member and key", async () => {
    expect(await check()(forge(right, identity))).toEqual({ member: "tax", jwk, thumbprint: thumbprint(jwk, crypto) });
  });

  test.each([
    ["of another member's key", forge(right, p256()), "peer-session-invalid"],
    ["that names another member than its key's", forge({ ...right, member: "customs" }, identity), "peer-session-invalid"],
    ["of nobody", forge({ ...right, member: "mallory" }, identity), "peer-unknown-member"],
    ["that names a chain", forge({ ...right, chain: "d".repeat(64) }, identity), "peer-session-malformed"],
    ["that is over", forge({ ...right, notBefore: now - 3_660_000, notAfter: now - 60_001 }, identity), "peer-session-expired"],
    ["that has not begun", forge({ ...right, notBefore: now + 60_001 }, identity), "peer-clock-ahead"],
    ["that lives over an hour", forge({ ...right, notAfter: now + 3_600_001 }, identity), "peer-session-too-long"],
    ["that ends before it begins", forge({ ...right, notAfter: now - 1 }, identity), "peer-session-too-long"],
    ["with a surplus member", forge({ ...right, admin: true }, identity), "peer-session-malformed"],
    ["for a P-256 key", forge({ ...right, jwk: p256().jwk }, identity), "peer-session-malformed"],
    [
      "for a key of small order",
      forge({ ...right, jwk: { kty: "OKP", crv: "Ed25519", x: toBase64url(Uint8Array.of(1, ...new Uint8Array(31))) } }, identity),
      "peer-session-malformed",
    ],
    ["of another kind of signed object", forge(right, identity, "vermilion-ack+json"), "peer-session-malformed"],
    [
      "with a changed payload",
      forge(right, identity).replace(/.(?=.{150}$)/, (c) => (c === "A" ? "B" : "A")),
      expect.stringMatching(/^peer-session-(malformed|invalid)$/),
    ],
    ["that is noise", "AAAA", "peer-session-malformed"],
    ["that is too long", "A".repeat(3_000), "peer-session-malformed"],
  ])("one %s is refused", async (_name, certificate, code) => {
    expect(await check()(certificate)).toMatchObject({ refused: code });
  });

  test("one with a high S is refused", async () => {
    const bytes = canonical(right);
    const kid = thumbprint(identity.jwk, crypto);
    const low = signEs256(identity, signingInput(sessionTyp, bytes, identity.jwk, kid));
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const high = (order - BigInt(`0x${Buffer.from(low.subarray(32)).toString("hex")}`)).toString(16).padStart(64, "0");
    const signature = Uint8Array.from([...low.subarray(0, 32), ...Buffer.from(high, "hex")]);
    const certificate = toBase64url(encodeSigned(sessionTyp, bytes, [{ jwk: identity.jwk, kid, signature }]));
    expect(await check()(certificate)).toMatchObject({ refused: "peer-session-invalid", detail: "high-s" });
  });

  test("its signature is checked once, its times and its member always", async () => {
    const clock = testClock();
    let known: PublicJwk | undefined = identity.jwk;
    let verified = 0;
    const counting = {
      ...crypto,
      verify: (...given: Parameters<typeof crypto.verify>) => {
        verified++;
        return crypto.verify(...given);
      },
    };
    const checkSession = createSessionCheck({ clock, crypto: counting, memberKeyOf: async () => known });
    const certificate = forge(right, identity);
    for (let i = 0; i < 3; i++) expect(await checkSession(certificate)).toMatchObject({ member: "tax" });
    expect(verified).toBe(1);
    clock.time = right.notAfter + 60_001;
    expect(await checkSession(certificate)).toMatchObject({ refused: "peer-session-expired" });
    clock.time = now;
    known = p256().jwk;
    expect(await checkSession(certificate)).toMatchObject({ refused: "peer-session-invalid" });
    known = undefined;
    expect(await checkSession(certificate)).toMatchObject({ refused: "peer-unknown-member" });
  });

  test("one is certified for many messages, renewed before its hour ends, and outlives a key service that is down", async () => {
    const clock = testClock();
    const keys = testKeys();
    const session = createPeerSession({ member: "tax", keys, clock, crypto });
    const firsts = await Promise.all([session.current(), session.current(), session.current()]);
    expect([new Set(firsts).size, keys.calls]).toEqual([1, 1]);
    clock.time += 50 * 60_000;
    const second = await session.current();
    expect([second === firsts[0], keys.calls]).toEqual([false, 2]);
    const sign = keys.sign;
    keys.sign = async () => {
      throw new Fault("keys-unavailable", "throttled");
    };
    clock.time += 55 * 60_000;
    expect(await session.current()).toBe(second);
    clock.time += 6 * 60_000;
    await expect(session.current()).rejects.toMatchObject({ code: "keys-unavailable" });
    keys.sign = sign;
    expect(await session.current()).not.toBe(second);
  });
});
