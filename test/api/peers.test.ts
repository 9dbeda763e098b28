import { createServer, type RequestListener, request as sendRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { createPeerBodies } from "@vermilion/api/peer-bodies";
import { canonical, encodeSigned, type Json, type PublicJwk, signingInput, thumbprint, toBase64url } from "@vermilion/ledger";
import type { PeerDoor } from "@vermilion/member/peers/peer-door";
import { Fault } from "@vermilion/node/fault";
import { httpPeers } from "@vermilion/node/peers/http-peers";
import { createPeerSession, createSessionCheck, sessionTyp } from "@vermilion/node/peers/peer-session";
import { type PeerHeaders, signRequest, signResponse, verifyRequestHead, verifyResponse } from "@vermilion/node/peers/peer-signatures";
import { httpbis } from "http-message-signatures";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  chain,
  crypto,
  ed25519,
  type KeyPair,
  outcomeOf,
  p256,
  signEs256,
  startMember,
  type TestMember,
  testClock,
  testKeys,
} from "./support/member.ts";

const body = new TextEncoder().encode('{"term":1}');

interface Pair {
  readonly customs: TestMember;
  readonly tax: TestMember;
  readonly members: Map<string, PublicJwk>;
}

async function pair(options: Partial<Parameters<typeof startMember>[0]> = {}): Promise<Pair> {
  const members = new Map<string, PublicJwk>();
  const clock = testClock();
  const customs = await startMember({ ...options, members, clock });
  const tax = await startMember({ id: "tax", members, clock });
  return { customs, tax, members };
}

function signedBy(sender: Pick<TestMember, "session" | "clock">, url: string, message = body): Promise<Record<string, string>> {
  return signRequest({ method: "POST", url, body: message }, { session: sender.session, clock: sender.clock, crypto });
}

function post(url: string, headers: Record<string, string>, message: Uint8Array = body): Promise<Response> {
  return fetch(url, { method: "POST", headers, body: Buffer.from(message) });
}

function peersOf({ tax, customs, members }: Pair, url = customs.baseUrl) {
  const checkSession = createSessionCheck({ chain, clock: tax.clock, crypto, memberKeyOf: async (id) => members.get(id) });
  const peers = httpPeers({
    session: tax.session,
    checkSession,
    clock: tax.clock,
    crypto,
    urlOf: (id) => (id === "customs" ? url : undefined),
  });
  onTestFinished(() => peers.close());
  return peers;
}

describe("a call between members", () => {
  test("arrives with its sender, and its answer comes back", async () => {
    const both = await pair();
    expect(await peersOf(both).call("customs", "raft", body, 5_000)).toEqual(body);
    expect(both.customs.received).toEqual([{ from: "tax", call: "raft", body: '{"term":1}' }]);
  });

  test("is signed as RFC 9421 has it: a library that knows nothing of us verifies request and answer", async () => {
    const { customs, tax } = await pair();
    const url = `${customs.baseUrl}/peer/v1/raft`;
    const headers = await signedBy(tax, url);
    const answer = await post(url, headers);
    const check = (jwk: PublicJwk) => ({
      keyLookup: async () => ({ id: "any", verify: async (data: Buffer, signature: Buffer) => crypto.verify(jwk, data, signature) }),
      notAfter: new Date("2100-01-01"),
    });
    const jwkIn = (certificate: string): PublicJwk => {
      const signed = JSON.parse(Buffer.from(certificate, "base64url").toString()) as { payload: string };
      return (JSON.parse(Buffer.from(signed.payload, "base64url").toString()) as { jwk: PublicJwk }).jwk;
    };
    const request = { method: "POST", url, headers };
    expect(await httpbis.verifyMessage(check(jwkIn(headers["vermilion-session"]!)), request)).toBe(true);
    const answered = { status: answer.status, headers: Object.fromEntries(answer.headers) };
    const theirs = jwkIn(answered.headers["vermilion-session"] ?? "");
    expect(await httpbis.verifyMessage(check(theirs), answered, request)).toBe(true);
    const other = { ...request, headers: { ...headers, signature: headers["signature"]!.replace(/[A-Z]/, "b") } };
    expect(await httpbis.verifyMessage(check(theirs), answered, other)).toBe(false);
  });
});

describe("a hostile request is refused by its own code", () => {
  type Change = (headers: Record<string, string>, both: Pair) => Record<string, string> | Promise<Record<string, string>>;
  const without =
    (name: string): Change =>
    ({ [name]: _, ...rest }) =>
      rest;
  const rows: [string, string, Change, Uint8Array?][] = [
    ["without a signature", "401 peer-signature-missing", without("signature")],
    ["without a signature input", "401 peer-signature-missing", without("signature-input")],
    ["without a digest", "401 peer-signature-missing", without("content-digest")],
    ["without a session", "401 peer-signature-missing", without("vermilion-session")],
    ["replayed with another body", "401 peer-digest-mismatch", (headers) => headers, new TextEncoder().encode('{"term":2}')],
    [
      "with another body and its digest",
      "401 peer-signature-invalid",
      (headers) => ({
        ...headers,
        "content-digest": `sha-256=:${Buffer.from(crypto.sha256(new TextEncoder().encode('{"term":2}'))).toString("base64")}:`,
      }),
      new TextEncoder().encode('{"term":2}'),
    ],
    ["for another call", "401 peer-signature-invalid", (_, { customs, tax }) => signedBy(tax, `${customs.baseUrl}/peer/v1/probe`)],
    ["for another member", "401 peer-signature-invalid", (_, { tax }) => signedBy(tax, `${tax.baseUrl}/peer/v1/raft`)],
    [
      "with a flipped signature",
      "401 peer-signature-invalid",
      (headers) => ({ ...headers, signature: headers["signature"]!.replace(/:(.)/, (_, c) => `:${c === "A" ? "B" : "A"}`) }),
    ],
    [
      "that covers less",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, "signature-input": headers["signature-input"]!.replace('"content-digest" ', "") }),
    ],
    [
      "with two signatures",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, signature: `${headers["signature"]}, b${headers["signature"]}` }),
    ],
    [
      "with a second digest",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, "content-digest": `${headers["content-digest"]}, sha-512=:AA==:` }),
    ],
    [
      "with another tag",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, "signature-input": headers["signature-input"]!.replace("vermilion-peer", "other") }),
    ],
    [
      "with a longer life",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, "signature-input": headers["signature-input"]!.replace(/expires=\d+/, "expires=1800003600") }),
    ],
    [
      "with another creation time",
      "401 peer-signature-invalid",
      (headers) => ({ ...headers, "signature-input": headers["signature-input"]!.replace(/created=\d+/, "created=1800000001") }),
    ],
    [
      "with a key id that is not the session's",
      "401 peer-signature-invalid",
      (headers) => ({ ...headers, "signature-input": headers["signature-input"]!.replace(/keyid="./, 'keyid="_') }),
    ],
    ["as another content type", "415 unsupported-content-type", (headers) => ({ ...headers, "content-type": "text/plain" })],
    [
      "as JSON with a charset, which was not signed",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, "content-type": "application/json; charset=utf-8" }),
    ],
  ];
  test.each<[string, string, Change, Uint8Array?]>(rows)("%s: %s", async (_name, outcome, change, message) => {
    const both = await pair();
    const url = `${both.customs.baseUrl}/peer/v1/raft`;
    const answer = await post(url, await change(await signedBy(both.tax, url), both), message);
    expect(await outcomeOf(answer)).toBe(outcome);
    expect(both.customs.received).toEqual([]);
  });

  test("expired, or from the future; a minute of difference is forgiven", async () => {
    const { customs, tax } = await pair();
    const url = `${customs.baseUrl}/peer/v1/raft`;
    const headers = await signedBy(tax, url);
    customs.clock.time += 119_000;
    expect((await post(url, headers)).status).toBe(200);
    customs.clock.time += 2_000;
    expect(await outcomeOf(await post(url, headers))).toBe("401 peer-expired");
    customs.clock.time -= 121_000 + 61_000;
    expect(await outcomeOf(await post(url, headers))).toBe("401 peer-clock-ahead");
  });

  test("a body over 8 MB, and an unknown call", async () => {
    const both = await pair();
    const url = `${both.customs.baseUrl}/peer/v1/raft`;
    const large = new Uint8Array(8 * 1024 * 1024 + 1);
    expect(await outcomeOf(await post(url, await signedBy(both.tax, url, large), large))).toBe("413 body-too-large");
    const unknown = `${both.customs.baseUrl}/peer/v1/dump`;
    expect(await outcomeOf(await post(unknown, await signedBy(both.tax, unknown)))).toBe("404 peer-call-unknown");
    expect(both.customs.received).toEqual([]);
  });

  test("a key id that its own sender has signed, but that is not the session's", async () => {
    const { customs, tax } = await pair();
    const url = `${customs.baseUrl}/peer/v1/raft`;
    const current = async () => ({ ...(await tax.session.current()), thumbprint: thumbprint(ed25519().jwk, crypto) });
    const answer = await post(url, await signedBy({ session: { member: "tax", current }, clock: tax.clock }, url));
    expect(await outcomeOf(answer)).toBe("401 peer-signature-invalid");
  });

  test("a query that was not signed", async () => {
    const both = await pair();
    const url = `${both.customs.baseUrl}/peer/v1/raft`;
    expect(await outcomeOf(await post(`${url}?as=leader`, await signedBy(both.tax, url)))).toBe("401 peer-signature-invalid");
  });
});

/** A session as its holder would like it, certified by whatever key he has. */
function forge(payload: Readonly<Record<string, Json>>, by: KeyPair, typ = sessionTyp): string {
  const bytes = canonical(payload);
  const kid = thumbprint(by.jwk, crypto);
  const signature = signEs256(by, signingInput(typ, bytes, by.jwk, kid));
  return toBase64url(encodeSigned(typ, bytes, [{ jwk: by.jwk, kid, signature }]));
}

describe("what strangers and members may hold in memory", () => {
  /** Sends the head of a call and never its body; answers the status and the code that came all the same. */
  async function headOnly(url: string, headers: Record<string, string>): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const sent = sendRequest(url, { method: "POST", headers: { ...headers, "content-length": `${8 * 1024 * 1024}` } }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      resolve(`${answer.statusCode} ${(JSON.parse(Buffer.concat(chunks).toString()) as { code: string }).code}`);
      sent.destroy();
    });
    sent.on("error", reject);
    sent.flushHeaders();
    return promise;
  }

  test("who has not signed is refused before his body is read", async () => {
    const { customs, tax } = await pair();
    const url = `${customs.baseUrl}/peer/v1/raft`;
    const right = await signedBy(tax, url);
    const session = { "vermilion-session": forge({ ...realSession(customs), member: "tax" }, p256()) };
    const wrong: [string, Record<string, string>][] = [
      ["401 peer-signature-missing", { "content-type": "application/json", signature: "x", "vermilion-session": "x" }],
      ["401 peer-signature-malformed", { ...right, signature: "x" }],
      ["401 peer-session-invalid", { ...right, ...session }],
      ["401 peer-signature-invalid", { ...right, "content-digest": `sha-256=:${"A".repeat(43)}=:` }],
    ];
    for (const [outcome, headers] of wrong) expect(await headOnly(url, headers)).toBe(outcome);
    customs.clock.time += 600_000;
    expect(await headOnly(url, right)).toBe("401 peer-expired");
  });

  test("a member has room for 32 calls at one time; the others' room is their own, and it comes back", async () => {
    const open = Promise.withResolvers<void>();
    const full = Promise.withResolvers<void>();
    let running = 0;
    const peers: PeerDoor = {
      async handle(from, _call, given) {
        if (from !== "tax") return given;
        if (++running === 32) full.resolve();
        await open.promise;
        return given;
      },
    };
    const both = await pair({ peers });
    const other = await startMember({ id: "inspection", members: both.members, clock: both.customs.clock });
    const url = `${both.customs.baseUrl}/peer/v1/raft`;
    const call = async (sender: TestMember) => post(url, await signedBy(sender, url));
    const held = Array.from({ length: 32 }, () => call(both.tax));
    await full.promise;
    expect(await outcomeOf(await call(both.tax))).toBe("503 peer-busy");
    expect((await call(other)).status).toBe(200);
    open.resolve();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual(Array(32).fill(200));
    expect((await call(both.tax)).status).toBe(200);
  });

  test("and for 32 MB of bodies, counted as they are announced", async () => {
    const room = createPeerBodies();
    const megabyte = 1024 * 1024;
    const leaves = [1, 2, 3, 4].map(() => room.enter("tax", 8 * megabyte));
    expect(leaves.every((leave) => leave !== undefined)).toBe(true);
    expect(room.enter("tax", 1)).toBeUndefined();
    leaves[0]?.();
    expect(room.enter("tax", 8 * megabyte)).toBeDefined();
    const many = Array.from({ length: 20 }, (_, at) => room.enter(`m${at}`, 8 * megabyte));
    expect(many.filter((leave) => leave !== undefined)).toHaveLength(12);
  });
});

/** What a session certificate of this moment says. */
function realSession({ clock }: TestMember): Readonly<Record<string, Json>> {
  return { chain, jwk: ed25519().jwk, notAfter: clock.time + 3_600_000, notBefore: clock.time };
}

describe("session certificates", () => {
  const now = testClock().time;
  const jwk = ed25519().jwk;
  const identity = p256();
  const right = { chain, jwk, member: "tax", notAfter: now + 3_600_000, notBefore: now };
  const check = () =>
    createSessionCheck({
      chain,
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
    ["of another chain", forge({ ...right, chain: "d".repeat(64) }, identity), "peer-of-another-chain"],
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
    const checkSession = createSessionCheck({ chain, clock, crypto: counting, memberKeyOf: async () => known });
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
    const session = createPeerSession({ member: "tax", chain, keys, clock, crypto });
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

describe("answers", () => {
  const asked = { member: "customs", requestSignature: "sig=:abc:" };

  async function answered(
    change: (headers: Record<string, string>) => Record<string, string> = (headers) => headers,
    status = 200,
    message = body,
  ) {
    const both = await pair();
    const { session, clock } = both.customs;
    const headers = await signResponse({ status: 200, body, contentType: "application/json" }, asked.requestSignature, {
      session,
      clock,
      crypto,
    });
    const checkSession = createSessionCheck({ chain, clock, crypto, memberKeyOf: async (id) => both.members.get(id) });
    const response = { status, headers: change(headers) as PeerHeaders, body: message };
    return (about: Partial<typeof asked> = {}) => verifyResponse(response, { ...asked, ...about }, { checkSession, clock, crypto });
  }

  test("the right one is believed", async () => {
    expect(await (await answered())()).toBeUndefined();
  });

  test("by another member, to another request, of another status, with another body or without a signature: not", async () => {
    expect(await (await answered())({ member: "tax" })).toMatchObject({ refused: "peer-wrong-member" });
    expect(await (await answered())({ requestSignature: "sig=:abd:" })).toMatchObject({ refused: "peer-signature-invalid" });
    expect(await (await answered(undefined, 201))()).toMatchObject({ refused: "peer-signature-invalid" });
    expect(await (await answered(undefined, 200, new Uint8Array()))()).toMatchObject({ refused: "peer-digest-mismatch" });
    const unsigned = await answered(({ signature, ...rest }) => rest);
    expect(await unsigned()).toMatchObject({ refused: "peer-signature-missing" });
  });

  test("a request does not pass for an answer", async () => {
    const both = await pair();
    const headers = await signedBy(both.customs, "http://x/peer/v1/raft");
    const checkSession = createSessionCheck({ chain, clock: both.customs.clock, crypto, memberKeyOf: async (id) => both.members.get(id) });
    const needs = { checkSession, clock: both.customs.clock, crypto };
    expect(await verifyResponse({ status: 200, headers, body }, asked, needs)).toMatchObject({ refused: "peer-signature-malformed" });
    expect(await verifyRequestHead({ method: "POST", url: "http://x/peer/v1/raft", headers }, needs)).toMatchObject({
      from: { member: "customs" },
    });
  });
});

describe("the caller's side", () => {
  /** A server that is no member, or stands between two. */
  async function impostor(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test("a fault of the peer comes back as its signed code", async () => {
    const both = await pair({
      peers: {
        handle: async () => {
          throw new Fault("storage-full", "/var/lib/secret");
        },
      },
    });
    const error = await peersOf(both)
      .call("customs", "raft", body, 5_000)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "peer-refused", detail: "storage-full" });
  });

  test("an exception of the peer says nothing of itself", async () => {
    const both = await pair({
      peers: {
        handle: async () => {
          throw new Error("at line 5");
        },
      },
    });
    await expect(peersOf(both).call("customs", "raft", body, 5_000)).rejects.toMatchObject({
      code: "peer-refused",
      detail: "peer-call-failed",
    });
  });

  test.each<[string, RequestListener, RegExp]>([
    ["garbage", (_, answer) => answer.end("hello"), /peer-signature-missing/],
    [
      "an unsigned refusal",
      (_, answer) => answer.writeHead(401).end('{"code":"peer-of-another-chain"}'),
      /status 401 peer-of-another-chain/,
    ],
    ["a redirect", (_, answer) => answer.writeHead(307, { location: "/elsewhere" }).end(), /peer-signature-missing/],
    ["nothing, in time", () => {}, /no answer in time/],
    ["an end without an answer", (request) => request.socket.destroy(), /ECONNRESET|socket hang up/],
    ["more than 8 MB", (_, answer) => answer.end(Buffer.alloc(8 * 1024 * 1024 + 1)), /larger than/],
  ])("a server that gives %s is unreachable", async (_name, listener, reason) => {
    const both = await pair();
    const peers = peersOf(both, await impostor(listener));
    // Only the one that never answers is waited for; the others have time even on a busy computer.
    const timeoutMs = String(reason).includes("in time") ? 200 : 10_000;
    const error = await peers.call("customs", "raft", body, timeoutMs).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "peer-unreachable", detail: expect.stringMatching(reason) });
  });

  test("one who answers with what another member said, or said before, is unreachable", async () => {
    const both = await pair();
    let recorded: { headers: Record<string, string>; body: Buffer } | undefined;
    const relay = await impostor(async (request, answer) => {
      if (recorded === undefined) {
        const headers = Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => name !== "host" && name !== "connection"),
        ) as Record<string, string>;
        const real = await post(`${both.customs.baseUrl}/peer/v1/raft`, headers);
        recorded = { headers: Object.fromEntries(real.headers), body: Buffer.from(await real.arrayBuffer()) };
      }
      const { "transfer-encoding": _, ...headers } = recorded.headers;
      answer.writeHead(200, headers).end(recorded.body);
    });
    // The relay is not customs: a call signed for the relay's address is refused by customs, and its refusal is not signed.
    await expect(peersOf(both, relay).call("customs", "raft", body, 5_000)).rejects.toMatchObject({ code: "peer-unreachable" });
    expect(both.customs.received).toEqual([]);
  });

  test("a stranger to the consortium and a member that is down are unreachable", async () => {
    const both = await pair();
    await expect(peersOf(both).call("mallory", "raft", body, 10_000)).rejects.toMatchObject({
      code: "peer-unreachable",
      detail: "no address of mallory",
    });
    const down = peersOf(both, "http://127.0.0.1:9");
    await expect(down.call("customs", "raft", body, 10_000)).rejects.toMatchObject({
      code: "peer-unreachable",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("connections are kept, and one that the peer has closed meanwhile costs nothing", async () => {
    const both = await pair();
    const sockets = new Set<unknown>();
    let closeNext = false;
    const front = await impostor((request, answer) => {
      sockets.add(request.socket);
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", async () => {
        if (closeNext) {
          closeNext = false;
          request.socket.resetAndDestroy();
          return;
        }
        const headers = await signResponse({ status: 200, body, contentType: "application/json" }, `${request.headers["signature"]}`, {
          session: both.customs.session,
          clock: both.customs.clock,
          crypto,
        });
        answer.writeHead(200, headers).end(body);
      });
    });
    const peers = peersOf(both, front);
    for (let i = 0; i < 3; i++) await peers.call("customs", "raft", body, 5_000);
    expect(sockets.size).toBe(1);
    closeNext = true;
    expect(await peers.call("customs", "raft", body, 5_000)).toEqual(body);
    expect(sockets.size).toBe(2);
  });
});
