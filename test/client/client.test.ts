import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type AppCredentials, type Client, ClientProblem, createClient, type Patience } from "@vermilion/client";
import { nobleCrypto } from "@vermilion/client/noble-crypto";
import { innerTree, toHex } from "@vermilion/ledger";
import { decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeKey } from "../support/entries.ts";

/** A member that does what the test says, over real HTTP: the client's rules meet real sockets. */

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

type Step = (response: ServerResponse, seen: Seen) => void;

const transaction = "ab".repeat(32);
const hash = "cd".repeat(32);
const committed = {
  status: "committed",
  transactionHash: transaction,
  outcome: "applied",
  blockNumber: 7,
  leafIndex: 12,
  time: 1_790_000_000_000,
};
const appKey = makeKey("P-256");
const patience: Partial<Patience> = { attempts: 4, pauseMs: 2, pauseMaxMs: 10, timeoutMs: 2_000, commitMs: 3_000 };

let server: Server;
let baseUrl: string;
let calls: Seen[];
let steps: Step[];
let tokens: Seen[];
let tokenLifeS: number;

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Step =>
  (response) => {
    response.writeHead(status, { "content-type": status < 400 ? "application/json" : "application/problem+json", ...headers });
    response.end(JSON.stringify(body));
  };
const problem = (status: number, code: string, more: object = {}): Step =>
  json(status, { title: `title of ${code}`, status, code, requestId: "r-1", ...more });
const hangUp: Step = (response) => void response.destroy();
/** The member has done the work, its answer is lost on the way. */
const halfAnswer: Step = (response) => {
  response.writeHead(201, { "content-type": "application/json", "content-length": "500" });
  response.write('{"status":"comm');
  setTimeout(() => response.destroy(), 5);
};

function token(response: ServerResponse, seen: Seen): void {
  tokens.push(seen);
  json(200, { access_token: `token-${tokens.length}`, token_type: "Bearer", expires_in: tokenLifeS, scope: "x" })(response, seen);
}

beforeEach(async () => {
  calls = [];
  steps = [];
  tokens = [];
  tokenLifeS = 300;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const seen = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      if (seen.path === "/oauth/token") return token(response, seen);
      calls.push(seen);
      (steps.shift() ?? problem(500, "script-ended"))(response, seen);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function credentials(): AppCredentials {
  const jwk = { ...appKey.privateKey.export({ format: "jwk" }), kid: appKey.thumbprint };
  return { app: "desk", member: "platform", baseUrl, jwk, scopes: ["certificates:issue", "ledger:read"] };
}

function client(options: { readonly patience?: Partial<Patience>; readonly operator?: string } = {}): Client {
  return createClient({
    baseUrl,
    app: credentials(),
    operator: options.operator ?? "li-ming",
    language: "en",
    patience: { ...patience, ...options.patience },
  });
}

async function failure(call: Promise<unknown>): Promise<ClientProblem> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClientProblem)) throw new Error(`expected a ClientProblem, got ${String(error)}`);
  return error;
}

const input = { type: "moc-filing", fields: { customsCode: "3502960A12" } };

describe("signing in", () => {
  test("by an assertion that the app's key signed for this member's token endpoint, once", async () => {
    steps = [json(200, { items: [] }), json(200, { items: [] })];
    const signedIn = client();
    await signedIn.types();
    await signedIn.types();
    expect(tokens).toHaveLength(1);
    const form = new URLSearchParams(tokens[0]?.body);
    expect(form.get("grant_type")).toBe("client_credentials");
    expect(form.get("client_assertion_type")).toBe("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    expect(form.get("scope")).toBe("certificates:issue ledger:read");
    const assertion = form.get("client_assertion") ?? "";
    expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: "ES256", kid: appKey.thumbprint });
    const { payload } = await jwtVerify(assertion, await importJWK({ ...appKey.jwk }, "ES256"), {
      audience: `${baseUrl}/oauth/token`,
      issuer: "desk",
      subject: "desk",
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(300);
    expect(payload.jti).toMatch(/.{16,}/);
  });

  test("calls at once share one token", async () => {
    steps = Array.from({ length: 8 }, () => json(200, { items: [] }));
    const signedIn = client();
    await Promise.all(Array.from({ length: 8 }, () => signedIn.types()));
    expect(tokens).toHaveLength(1);
  });

  test("a token is renewed before it runs out", async () => {
    // Of a token of 1 ms less than nothing is left: each call must bring its own.
    tokenLifeS = 0.001;
    steps = [json(200, { items: [] }), json(200, { items: [] })];
    const signedIn = client();
    await signedIn.types();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await signedIn.types();
    expect(calls.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
    const ids = tokens.map(({ body }) => new URLSearchParams(body).get("client_assertion"));
    expect(new Set(ids).size).toBe(2);
  });

  test("a refused token is renewed once, with the same Idempotency-Key, and no more than once", async () => {
    steps = [problem(401, "token-expired"), json(201, { ...committed, certificate: "C" })];
    await client().issueCertificate(input);
    expect(calls.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(new Set(calls.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    calls.length = 0;
    steps = [problem(401, "app-disabled"), problem(401, "app-disabled")];
    expect((await failure(client().types())).code).toBe("app-disabled");
    expect(calls).toHaveLength(2);
  });

  test("a key that is no key, and no credentials at all, are told before anything is sent", async () => {
    const broken = { ...credentials(), jwk: { kty: "EC", crv: "P-256", d: "AA" } };
    expect((await failure(createClient({ baseUrl, app: broken, patience }).types())).code).toBe("bad-credentials");
    expect((await failure(createClient({ baseUrl, patience }).types())).code).toBe("no-credentials");
    expect(calls).toEqual([]);
    expect(tokens).toEqual([]);
  });

  test("public calls carry no token", async () => {
    steps = [json(200, { found: true })];
    await client().lookup({ hash: transaction });
    expect(tokens).toEqual([]);
    expect(calls[0]?.headers.authorization).toBeUndefined();
  });

  test("a deposited document whose path leads to another root is not handed on", async () => {
    const beside = "ef".repeat(32);
    const leaves = [hash, beside].map((digest) => new Uint8Array(Buffer.from(digest, "hex")));
    const tree = innerTree(leaves, nobleCrypto);
    const digest = { index: 0, path: tree.pathOf(0).map(toHex) };
    const evidence = { evidence: `${transaction}-0`, root: toHex(tree.root), count: 2, digest };
    const answer = (change: object) => json(200, { found: true, kind: "document", evidence: { ...evidence, ...change } });
    steps = [answer({})];
    expect(await client().lookup({ hash })).toMatchObject({ evidence });
    const wrong = [
      { root: beside },
      { count: 3 },
      { digest: null },
      { digest: { ...digest, index: 1 } },
      { digest: { ...digest, path: ["no hash"] } },
    ];
    for (const change of wrong) {
      steps = [answer(change)];
      expect((await failure(client().lookup({ hash }))).code, JSON.stringify(change)).toBe("lookup-does-not-hold");
    }
  });
});

describe("trying again", () => {
  const answers: readonly [string, Step][] = [
    ["a connection that breaks before the answer", hangUp],
    ["an answer that is lost half-way", halfAnswer],
    ["500", problem(500, "internal")],
    ["503", problem(503, "peer-unreachable")],
    ["a page of some gateway", (response) => void response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>")],
    ["409 while the first attempt runs", problem(409, "call-running")],
  ];
  test.each(answers)("after %s: the same key and the same body", async (_name, step) => {
    steps = [step, step, json(201, { ...committed, certificate: "C", issuerSignedSha256: "d" })];
    const issued = await client().issueCertificate(input);
    expect(issued).toMatchObject({ certificate: "C", blockNumber: 7 });
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ headers, body }) => `${headers["idempotency-key"]} ${body}`)).size).toBe(1);
    expect(calls[0]?.headers["idempotency-key"]).toMatch(/^[!-~]{16,128}$/);
  });

  test("not for ever", async () => {
    steps = Array.from({ length: 20 }, () => problem(503, "storage-failed"));
    const refused = await failure(client().issueCertificate(input));
    expect(refused).toMatchObject({ code: "storage-failed", status: 503, requestId: "r-1" });
    expect(calls).toHaveLength(4);
  });

  test.each([
    ["a refusal", problem(422, "missing-field")],
    ["another body under the key", problem(422, "idempotency-key-reused")],
    ["something that exists", problem(409, "certificate-exists")],
    ["a scope that is too narrow", problem(403, "scope-too-narrow")],
    ["storage that is read-only", problem(503, "storage-read-only")],
    ["storage that is full", problem(507, "storage-full")],
  ])("not after %s", async (_name, step) => {
    steps = [step, json(201, committed)];
    await failure(client().issueCertificate(input));
    expect(calls).toHaveLength(1);
  });

  test("each call has its own key, unless the caller gives one", async () => {
    steps = [json(201, committed), json(201, committed), json(201, committed)];
    const signedIn = client();
    await signedIn.issueCertificate(input);
    await signedIn.issueCertificate(input);
    await signedIn.issueCertificate(input, { idempotencyKey: "filing-1" });
    const keys = calls.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe("filing-1");
  });

  test("nobody there is `unreachable`, an answer that never comes is `timed-out`", async () => {
    const nobody = createClient({ baseUrl: "http://127.0.0.1:1", patience: { ...patience, attempts: 2 } });
    expect(await failure(nobody.health())).toMatchObject({ code: "unreachable", status: 0 });
    steps = [() => undefined];
    expect((await failure(client({ patience: { attempts: 1, timeoutMs: 50 } }).health())).code).toBe("timed-out");
  });

  test("a caller who gives up is told his own reason, and nothing more is sent", async () => {
    steps = Array.from({ length: 20 }, () => problem(503, "stale-turn"));
    const given = new AbortController();
    const call = client({ patience: { attempts: 20, pauseMs: 20, pauseMaxMs: 20 } }).health({ signal: given.signal });
    setTimeout(() => given.abort(new Error("enough")), 30);
    await expect(call).rejects.toThrow("enough");
    // A call that was on its way when he gave up may still arrive.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const sent = calls.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(calls.length).toBe(sent);
    expect(sent).toBeLessThan(20);
  });

  test("a redirect is not followed: a token goes nowhere but to its member", async () => {
    steps = Array.from(
      { length: 4 },
      () => (response: ServerResponse) => void response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
    );
    expect((await failure(client().types())).code).toBe("unreachable");
  });
});

describe("writes", () => {
  test("operator, key and body go as the API takes them", async () => {
    steps = [json(201, committed)];
    await client({ operator: "李明" }).issueCertificate({ ...input, holder: "ver1" });
    expect(calls[0]).toMatchObject({ method: "POST", path: "/v1/certificates" });
    expect(decodeURIComponent(String(calls[0]?.headers["vermilion-operator"]))).toBe("李明");
    expect(calls[0]?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(calls[0]?.body ?? "")).toEqual({ ...input, holder: "ver1" });
  });

  test("202 is followed to its commit, and keeps what only the first answer had", async () => {
    const pending = { status: "pending", transactionHash: transaction };
    steps = [
      json(202, { ...pending, certificate: "C", sdJwt: "e~" }),
      json(200, pending),
      problem(503, "stale-turn"),
      json(200, committed),
    ];
    expect(await client().issueCertificate(input)).toMatchObject({ status: "committed", blockNumber: 7, certificate: "C", sdJwt: "e~" });
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v1/certificates",
      ...Array.from({ length: 3 }, () => `GET /v1/submissions/${transaction}`),
    ]);
  });

  test("what is still pending when patience ends is pending, not an error", async () => {
    const pending = { status: "pending", transactionHash: transaction };
    steps = Array.from({ length: 20 }, () => json(202, pending));
    expect((await client({ patience: { commitMs: 250 } }).issueCertificate(input)).status).toBe("pending");
  });

  test("an entry that the ledger refused is a problem with its code and transaction", async () => {
    steps = [json(202, { status: "pending", transactionHash: transaction }), json(200, { ...committed, outcome: "refused:part-exists" })];
    expect(await failure(client().completeCertificate({ certificate: "C", part: "p", fields: {} }))).toMatchObject({
      code: "part-exists",
      transactionHash: transaction,
    });
    steps = [problem(422, "part-exists", { transactionHash: transaction })];
    expect(await failure(client().completeCertificate({ certificate: "C", part: "p", fields: {} }))).toMatchObject({
      code: "part-exists",
      transactionHash: transaction,
    });
  });
});

describe("answers", () => {
  test("a problem is told whole", async () => {
    const problems = [{ field: "creditCode", code: "wrong-check-digit", detail: "the check digit is wrong" }];
    steps = [problem(422, "invalid-fields", { detail: "1 field", problems })];
    const told = await failure(client().issueCertificate(input));
    expect(told).toMatchObject({
      code: "invalid-fields",
      status: 422,
      detail: "title of invalid-fields: 1 field",
      problems,
      requestId: "r-1",
    });
    expect(calls[0]?.headers["accept-language"]).toBe("en");
  });

  test.each(["", "null", "[]", '{"code":5}', '{"problems":"x","code":""}', "<html>", '{"code":null,"detail":{}}'])(
    "a problem document that is none: %s",
    async (body) => {
      steps = [(response) => void response.writeHead(422, { "content-type": "application/problem+json" }).end(body)];
      expect(await failure(client().issueCertificate(input))).toMatchObject({ code: "bad-answer", status: 422 });
    },
  );

  test("a success that is not JSON is `bad-answer`", async () => {
    steps = [(response) => void response.writeHead(200).end("<html>")];
    expect((await failure(client().health())).code).toBe("bad-answer");
  });

  test("pages are walked to their end, each asked for when it is wanted", async () => {
    steps = [json(200, { items: [1, 2], next: "a b" }), json(200, { items: [], next: "c" }), json(200, { items: [3] })];
    const rows: unknown[] = [];
    for await (const row of client().each.requests({ list: "to-decide", limit: 2 })) {
      if (rows.length === 0) expect(calls).toHaveLength(1);
      rows.push(row);
    }
    expect(rows).toEqual([1, 2, 3]);
    expect(calls.map(({ path }) => path)).toEqual([
      "/v1/requests?list=to-decide&limit=2",
      "/v1/requests?list=to-decide&cursor=a+b&limit=2",
      "/v1/requests?list=to-decide&cursor=c&limit=2",
    ]);
  });

  test("identifiers cannot leave their place in the path", async () => {
    steps = [json(200, {})];
    await client().certificate({ certificate: "../v1/members?x=1#" });
    expect(calls[0]?.path).toBe("/v1/certificates/..%2Fv1%2Fmembers%3Fx%3D1%23");
  });
});
