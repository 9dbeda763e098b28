import { decodeJwt, decodeProtectedHeader, importJWK, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import {
  addApp,
  ask,
  askToken,
  assertionOf,
  ed25519,
  outcomeOf,
  p256,
  startMember,
  type TestApp,
  type TestMember,
  testClock,
  tokenOf,
} from "./support/member.ts";
import { certificateId, requestName } from "./support/services.ts";

const scopes = ["certificates:issue", "certificates:read"];

async function desk(given: readonly string[] = scopes): Promise<{ member: TestMember; app: TestApp }> {
  const member = await startMember();
  return { member, app: await addApp(member, "desk", given) };
}

async function refusalOf(answer: Response): Promise<string> {
  const { error, code } = (await answer.json()) as { error: string; code: string };
  return `${answer.status} ${error} ${code}`;
}

describe("the token endpoint", () => {
  test("gives a JWT of RFC 9068 for 5 minutes that verifies with nothing of ours", async () => {
    const { member, app } = await desk();
    const answer = await askToken(member, await assertionOf(member, app), { scope: "certificates:read" });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const body = (await answer.json()) as { access_token: string };
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: 300, scope: "certificates:read" });
    const key = await importJWK({ ...member.keys.public.sign }, "ES256");
    const currentDate = new Date(member.clock.now());
    const { payload } = await jwtVerify(body.access_token, key, {
      typ: "at+jwt",
      audience: member.baseUrl,
      issuer: member.baseUrl,
      currentDate,
    });
    expect(payload).toMatchObject({ sub: "desk", client_id: "desk", scope: "certificates:read" });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
  });

  test("takes Ed25519 keys, the base URL as audience, and gives all scopes where none is asked", async () => {
    const member = await startMember();
    const app = await addApp(member, "desk", scopes, ed25519());
    const assertion = await assertionOf(member, app, { claims: { aud: member.baseUrl } });
    expect(await (await askToken(member, assertion)).json()).toMatchObject({ scope: "certificates:issue certificates:read" });
  });

  test.each([
    ["of another key", { key: p256() }, "assertion-invalid"],
    ["of an unknown key id", { header: { kid: "desk-9" } }, "assertion-invalid"],
    ["of an unknown app", { claims: { iss: "nobody", sub: "nobody" } }, "assertion-invalid"],
    ["for another subject", { claims: { sub: "other" } }, "assertion-invalid"],
    ["for another audience", { claims: { aud: "https://elsewhere.example/oauth/token" } }, "assertion-invalid"],
    ["without an id", { claims: { jti: undefined } }, "assertion-invalid"],
    ["without an end", { claims: { exp: undefined } }, "assertion-invalid"],
    ["that lives too long", { claims: { exp: 1_800_000_000 + 400 } }, "assertion-invalid"],
    ["that is over", { claims: { exp: 1_800_000_000 - 31 } }, "assertion-expired"],
    ["not yet begun", { claims: { nbf: 1_800_000_000 + 60 } }, "assertion-invalid"],
    ["of another kind of JWT", { header: { typ: "at+jwt" } }, "assertion-invalid"],
    ["that is an SD-JWT", { header: { typ: "dc+sd-jwt" } }, "assertion-invalid"],
    ["that was issued in the future", { claims: { iat: 1_800_000_000 + 61 } }, "assertion-invalid"],
    ["whose time of issue is a text", { claims: { iat: "1800000000" } }, "assertion-invalid"],
    ["whose id is a number", { claims: { jti: 5 } }, "assertion-invalid"],
    ["whose id is empty", { claims: { jti: "" } }, "assertion-invalid"],
    ["whose id is long", { claims: { jti: "j".repeat(256) } }, "assertion-invalid"],
    ["with an unknown critical header", { header: { crit: ["x"], x: 1 } }, "assertion-invalid"],
  ])("refuses an assertion %s", async (_name, changes, code) => {
    const { member, app } = await desk();
    // jose itself will not sign a critical header that it does not know.
    const signed = "header" in changes && "crit" in changes.header ? await withCrit(member, app) : await assertionOf(member, app, changes);
    expect(await refusalOf(await askToken(member, signed))).toBe(`401 invalid_client ${code}`);
  });

  test("takes an assertion of the type JWT, of a clock that is a minute ahead", async () => {
    const { member, app } = await desk();
    const changes = { header: { typ: "JWT" }, claims: { iat: 1_800_000_000 + 60, exp: 1_800_000_000 + 90.5 } };
    expect((await askToken(member, await assertionOf(member, app, changes))).status).toBe(200);
  });

  test("refuses an unsigned assertion", async () => {
    const { member, app } = await desk();
    const [, payload] = (await assertionOf(member, app)).split(".");
    const header = Buffer.from(JSON.stringify({ alg: "none", kid: "desk-1" })).toString("base64url");
    expect(await refusalOf(await askToken(member, `${header}.${payload}.`))).toBe("401 invalid_client assertion-invalid");
  });

  test("refuses a used assertion, also when both come at once", async () => {
    const { member, app } = await desk();
    const assertion = await assertionOf(member, app);
    const answers = await Promise.all([1, 2, 3, 4].map(() => askToken(member, assertion)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    expect(await refusalOf(await askToken(member, assertion))).toBe("401 invalid_client assertion-replayed");
  });

  test("tells only who has signed that the app is disabled", async () => {
    const { member, app } = await desk();
    const stored = await member.apps.get("desk");
    await member.apps.put({ ...stored!, disabled: true });
    expect(await refusalOf(await askToken(member, await assertionOf(member, app)))).toBe("401 invalid_client app-disabled");
    const stranger = await assertionOf(member, app, { key: p256() });
    expect(await refusalOf(await askToken(member, stranger))).toBe("401 invalid_client assertion-invalid");
  });

  test.each([
    ["ledger:read", "400 invalid_scope scope-not-allowed"],
    ["certificates:read nonsense", "400 invalid_scope scope-not-allowed"],
    [" ", "400 invalid_scope scope-not-allowed"],
  ])("refuses the scope %j", async (scope, outcome) => {
    const { member, app } = await desk();
    expect(await refusalOf(await askToken(member, await assertionOf(member, app), { scope }))).toBe(outcome);
  });

  test("refuses other grants, other bodies and doubled parameters", async () => {
    const { member, app } = await desk();
    const assertion = await assertionOf(member, app);
    expect(await refusalOf(await askToken(member, assertion, { grant_type: "password" }))).toBe(
      "400 unsupported_grant_type grant-type-unsupported",
    );
    const url = `${member.baseUrl}/oauth/token`;
    const json = await fetch(url, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    expect(await refusalOf(json)).toBe("415 invalid_request unsupported-content-type");
    const twice = await fetch(url, {
      method: "POST",
      body: new URLSearchParams([
        ["scope", "a"],
        ["scope", "b"],
      ]),
    });
    expect(await refusalOf(twice)).toBe("400 invalid_request malformed-body");
    const large = await fetch(url, { method: "POST", body: new URLSearchParams([["scope", "a".repeat(20_000)]]) });
    expect(await refusalOf(large)).toBe("413 invalid_request body-too-large");
  });

  test("its metadata says what it takes", async () => {
    const { member } = await desk();
    const answer = await ask(member, "/.well-known/oauth-authorization-server");
    expect(await answer.json()).toMatchObject({
      issuer: member.baseUrl,
      token_endpoint: `${member.baseUrl}/oauth/token`,
      token_endpoint_auth_methods_supported: ["private_key_jwt"],
    });
  });
});

/** An otherwise right assertion whose header names an extension that nobody knows. */
async function withCrit(member: TestMember, app: TestApp): Promise<string> {
  const { sign } = await import("node:crypto");
  const [, payload] = (await assertionOf(member, app)).split(".");
  const header = Buffer.from(JSON.stringify({ alg: "ES256", kid: "desk-1", crit: ["x"], x: 1 })).toString("base64url");
  const signature = sign("sha256", Buffer.from(`${header}.${payload}`), { key: app.key.secret, dsaEncoding: "ieee-p1363" });
  return `${header}.${payload}.${signature.toString("base64url")}`;
}

describe("tokens", () => {
  const read = (member: TestMember, token: string) => ask(member, `/v1/certificates/${certificateId}`, { token });

  test("a token ends after 5 minutes", async () => {
    const { member, app } = await desk();
    const token = await tokenOf(member, app);
    member.clock.time += 299_000;
    expect((await read(member, token)).status).toBe(200);
    member.clock.time += 2_000;
    const answer = await read(member, token);
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="vermilion", error="invalid_token"');
    expect(await outcomeOf(answer)).toBe("401 token-expired");
  });

  test("a token of another member is foreign, and one that only says to be ours is invalid", async () => {
    const { member } = await desk();
    const other = await startMember({ id: "tax" });
    const foreign = await tokenOf(other, await addApp(other, "desk", scopes));
    expect(await outcomeOf(await read(member, foreign))).toBe("401 token-foreign");
    const [header, , signature] = foreign.split(".");
    const claims = { ...decodeJwt(foreign), iss: member.baseUrl, aud: member.baseUrl };
    const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`;
    expect(await outcomeOf(await read(member, forged))).toBe("401 token-invalid");
  });

  test("a client assertion or another signed object of the member is no token", async () => {
    const { member, app } = await desk();
    const now = Math.floor(member.clock.now() / 1000);
    const claims = {
      iss: member.baseUrl,
      aud: member.baseUrl,
      client_id: "desk",
      scope: "certificates:read",
      iat: now,
      exp: now + 60,
      jti: "1",
      sub: "desk",
    };
    const assertion = await assertionOf(member, app, { claims });
    expect(await outcomeOf(await read(member, assertion))).toBe("401 token-invalid");
    // The member's identity key signs entries, headers and certificates too; only the typ tells them apart.
    for (const typ of ["vermilion-entry+json", "dc+sd-jwt", "JWT"]) {
      const input = [{ alg: "ES256", typ, kid: "x" }, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      const signature = Buffer.from(await member.keys.sign(Buffer.from(input))).toString("base64url");
      expect(await outcomeOf(await read(member, `${input}.${signature}`))).toBe("401 token-invalid");
    }
  });

  test("an altered scope, an unsigned token and noise are invalid", async () => {
    const { member, app } = await desk(["certificates:issue"]);
    const token = await tokenOf(member, app);
    const [header, , signature] = token.split(".");
    const wider = Buffer.from(JSON.stringify({ ...decodeJwt(token), scope: "certificates:read" })).toString("base64url");
    const none = Buffer.from(JSON.stringify({ ...decodeProtectedHeader(token), alg: "none" })).toString("base64url");
    for (const bad of [`${header}.${wider}.${signature}`, `${none}.${wider}.`, "noise", "a.b.c", "x".repeat(9_000)]) {
      expect(await outcomeOf(await read(member, bad))).toBe("401 token-invalid");
    }
  });

  test("a disabled app is out at once, and a scope taken from it is gone from live tokens", async () => {
    const { member, app } = await desk();
    const token = await tokenOf(member, app);
    const stored = await member.apps.get("desk");
    await member.apps.put({ ...stored!, scopes: ["certificates:issue"] });
    const narrow = await read(member, token);
    expect(narrow.headers.get("www-authenticate")).toBe('Bearer realm="vermilion", error="insufficient_scope", scope="certificates:read"');
    expect(await outcomeOf(narrow)).toBe("403 scope-too-narrow");
    await member.apps.put({ ...stored!, disabled: true });
    expect(await outcomeOf(await read(member, token))).toBe("401 app-disabled");
  });
});

describe("scopes narrowed to a type", () => {
  const issue = (member: TestMember, token: string, type: string) => ask(member, "/v1/certificates", { token, json: { type, fields: {} } });

  test("reach their type and no other", async () => {
    const { member, app } = await desk([
      "certificates:issue:trade",
      "certificates:read:trade",
      "requests:decide:trade",
      "fields:read:other",
    ]);
    const token = await tokenOf(member, app);
    expect((await issue(member, token, "trade")).status).toBe(201);
    expect(await outcomeOf(await issue(member, token, "other"))).toBe("403 scope-too-narrow");
    expect((await ask(member, `/v1/certificates/${certificateId}`, { token })).status).toBe(200);
    expect((await ask(member, "/v1/certificates?type=trade", { token })).status).toBe(200);
    expect(await outcomeOf(await ask(member, "/v1/certificates?type=other", { token }))).toBe("403 scope-too-narrow");
    expect(await outcomeOf(await ask(member, "/v1/certificates", { token }))).toBe("403 scope-too-narrow");
    expect((await ask(member, `/v1/requests/${requestName}`, { token })).status).toBe(200);
    const headers = { "vermilion-operator": "a" };
    expect(await outcomeOf(await ask(member, `/v1/requests/${requestName}/fields`, { token, headers }))).toBe("403 scope-too-narrow");
    expect(await outcomeOf(await ask(member, "/v1/requests", { token }))).toBe("403 scope-too-narrow");
  });

  test("may be asked for by an app that holds the broader scope, and not the other way round", async () => {
    const broad = await desk(["certificates:issue"]);
    const token = await tokenOf(broad.member, broad.app, "certificates:issue:trade");
    expect(await outcomeOf(await issue(broad.member, token, "other"))).toBe("403 scope-too-narrow");
    const narrow = await desk(["certificates:issue:trade"]);
    const asked = await askToken(narrow.member, await assertionOf(narrow.member, narrow.app), { scope: "certificates:issue" });
    expect(await refusalOf(asked)).toBe("400 invalid_scope scope-not-allowed");
  });
});

test("rotation: an app with two keys signs in with either", async () => {
  const member = await startMember({ clock: testClock() });
  const [first, second] = [p256(), p256()];
  const app = await addApp(member, "desk", scopes, first);
  const stored = await member.apps.get("desk");
  await member.apps.put({ ...stored!, keys: [{ kid: "desk-2", jwk: { ...second.jwk, use: "sig", alg: "ES256" } }, ...stored!.keys] });
  expect((await askToken(member, await assertionOf(member, app))).status).toBe(200);
  expect((await askToken(member, await assertionOf(member, app, { key: second, header: { kid: "desk-2" } }))).status).toBe(200);
  expect(await refusalOf(await askToken(member, await assertionOf(member, app, { key: second })))).toBe(
    "401 invalid_client assertion-invalid",
  );
});
