import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { createApi, oneChain, type Quotas } from "@vermilion/api";
import { lowS, type PublicJwk, parsePublicJwk } from "@vermilion/ledger";
import type { PeerDoor } from "@vermilion/member/peers/peer-door";
import type { App, Apps, Calls } from "@vermilion/member/ports/index";
import type { Services } from "@vermilion/member/services";
import { createNativeCrypto } from "@vermilion/node/host/native-crypto";
import { createPeerSession, createSessionCheck, type PeerSession } from "@vermilion/node/peers/peer-session";
import type { Clock, Keys, Log } from "@vermilion/node/ports/index";
import { SignJWT } from "jose";
import { onTestFinished } from "vitest";
import { memoryApps, memoryCalls } from "../../support/memory/stores.ts";
import { fakeServices } from "./services.ts";

export const chain = "c".repeat(64);
export const crypto = createNativeCrypto();

export interface TestClock extends Clock {
  time: number;
}

export function testClock(): TestClock {
  return {
    time: 1_800_000_000_000,
    now() {
      return this.time;
    },
    sleep: async () => {},
  };
}

export interface KeyPair {
  readonly jwk: PublicJwk;
  readonly secret: KeyObject;
}

export function p256(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { jwk: parsePublicJwk(publicKey.export({ format: "jwk" }))!, secret: privateKey };
}

export function ed25519(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { jwk: parsePublicJwk(publicKey.export({ format: "jwk" }))!, secret: privateKey };
}

export function signEs256(pair: KeyPair, message: Uint8Array): Uint8Array {
  return lowS(new Uint8Array(sign("sha256", message, { key: pair.secret, dsaEncoding: "ieee-p1363" })));
}

/** Only what the doors use of `Keys`: the identity key. */
export function testKeys(pair: KeyPair = p256()): Keys & { calls: number } {
  const unused = async (): Promise<never> => {
    throw new Error("not used by the doors");
  };
  const other = ed25519().jwk;
  return {
    calls: 0,
    public: { sign: pair.jwk, log: other, cosign: other, agree: p256().jwk },
    async sign(message) {
      this.calls++;
      return signEs256(pair, message);
    },
    signLog: unused,
    cosign: unused,
    deriveSharedSecret: unused,
    wrap: unused,
    unwrap: unused,
  };
}

interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function recordingLog(lines: LogLine[]): Log {
  const at =
    (level: string) =>
    (event: string, fields: Readonly<Record<string, unknown>> = {}) => {
      lines.push({ level, event, fields });
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export interface TestMember {
  readonly id: string;
  readonly baseUrl: string;
  readonly clock: TestClock;
  readonly keys: Keys & { calls: number };
  readonly calls: Calls;
  readonly apps: Apps;
  readonly session: PeerSession;
  readonly log: LogLine[];
  readonly api: ReturnType<typeof createApi>;
  readonly received: { from: string; call: string; body: string }[];
}

export interface MemberOptions {
  readonly quotas?: Quotas;
  readonly id?: string;
  readonly clock?: TestClock;
  readonly services?: Partial<Services>;
  readonly peers?: PeerDoor;
  readonly calls?: Calls;
  /** Identity keys of the consortium; this member is added. */
  readonly members?: Map<string, PublicJwk>;
}

/** The real app behind a real port, over memory stores, for one test. */
export async function startMember(options: MemberOptions = {}): Promise<TestMember> {
  const { id = "customs", clock = testClock(), members = new Map<string, PublicJwk>(), calls = memoryCalls() } = options;
  const keys = testKeys();
  members.set(id, keys.public.sign);
  let handle: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 });
  const server = createAdaptorServer({ fetch: (request) => handle(request) });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log: LogLine[] = [];
  const received: TestMember["received"] = [];
  const apps = memoryApps();
  const session = createPeerSession({ member: id, keys, clock, crypto });
  const echo: PeerDoor = {
    async handle(from, call, body) {
      received.push({ from, call, body: new TextDecoder().decode(body) });
      return body;
    },
  };
  const api = createApi({
    metrics: { call: () => undefined, text: async () => "vermilion_block_height 7\n" },
    ...(options.quotas === undefined ? {} : { quotas: options.quotas }),
    chains: oneChain(chain, {
      services: { ...fakeServices(), ...options.services },
      peers: options.peers ?? echo,
      checkSession: createSessionCheck({ clock, crypto, memberKeyOf: async (member) => members.get(member) }),
    }),
    session,
    calls,
    apps,
    keys,
    crypto,
    clock,
    random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
    log: recordingLog(log),
    baseUrl,
    member: id,
    statement: async () => JSON.stringify({ payload: "", signatures: [] }),
  });
  handle = (request) => api.fetch(request);
  return { id, baseUrl, clock, keys, calls, apps, session, log, api, received };
}

export interface TestApp {
  readonly id: string;
  readonly key: KeyPair;
}

/** Registers an app with one key, which is kept for signing in. */
export async function addApp(member: TestMember, id: string, scopes: readonly string[], key: KeyPair = p256()): Promise<TestApp> {
  const app: App = {
    id,
    name: id,
    keys: [{ kid: `${id}-1`, jwk: { ...key.jwk } }],
    scopes,
    disabled: false,
    createdAt: member.clock.now(),
  };
  await member.apps.put(app);
  return { id, key };
}

export interface AssertionChanges {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: KeyPair;
}

let assertions = 0;

export async function assertionOf(member: TestMember, app: TestApp, changes: AssertionChanges = {}): Promise<string> {
  const now = Math.floor(member.clock.now() / 1000);
  const key = changes.key ?? app.key;
  const claims = {
    iss: app.id,
    sub: app.id,
    aud: `${member.baseUrl}/oauth/token`,
    exp: now + 60,
    jti: `jti-${++assertions}`,
    ...changes.claims,
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.jwk.kty === "EC" ? "ES256" : "EdDSA", kid: `${app.id}-1`, ...changes.header })
    .sign(createPrivateKey(key.secret.export({ format: "pem", type: "pkcs8" })));
}

export async function askToken(member: TestMember, assertion: string, form: Readonly<Record<string, string>> = {}): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
    ...form,
  });
  return fetch(`${member.baseUrl}/oauth/token`, { method: "POST", body });
}

export async function tokenOf(member: TestMember, app: TestApp, scope?: string): Promise<string> {
  const answer = await askToken(member, await assertionOf(member, app), scope === undefined ? {} : { scope });
  const body = (await answer.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
  return body.access_token;
}

export interface Asked {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Sent as `application/octet-stream`. */
  readonly bytes?: Uint8Array | undefined;
  readonly body?: string | Uint8Array | ReadableStream;
}

/** A call as an app makes it; a JSON body brings operator and a fresh Idempotency-Key with it unless the headers say otherwise. */
export async function ask(member: TestMember, path: string, asked: Asked = {}): Promise<Response> {
  const hasBody = [asked.json, asked.body, asked.bytes].some((given) => given !== undefined);
  const headers: Record<string, string> = {
    ...(asked.token === undefined ? {} : { authorization: `Bearer ${asked.token}` }),
    ...(hasBody ? { "content-type": "application/json", "idempotency-key": `key-${++assertions}`, "vermilion-operator": "Li%20Ming" } : {}),
    ...(asked.bytes === undefined ? {} : { "content-type": "application/octet-stream" }),
    ...asked.headers,
  };
  for (const [name, value] of Object.entries(headers)) if (value === "") delete headers[name];
  const body = asked.body ?? asked.bytes ?? (asked.json === undefined ? undefined : JSON.stringify(asked.json));
  return fetch(`${member.baseUrl}${path}`, {
    method: asked.method ?? (hasBody ? "POST" : "GET"),
    headers,
    ...(body === undefined ? {} : { body, duplex: "half" }),
  } as RequestInit);
}

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly problems?: readonly { readonly field: string; readonly code: string; readonly detail: string }[];
  readonly transactionHash?: string;
  readonly requestId: string;
}

export async function problemOf(answer: Response): Promise<ProblemBody> {
  return (await answer.json()) as ProblemBody;
}

/** Status and code in one, as tests compare them. */
export async function outcomeOf(answer: Response): Promise<string> {
  return `${answer.status} ${(await problemOf(answer)).code}`;
}
