import { refusedWith } from "@vermilion/ledger";
import { Fault } from "@vermilion/node/fault";
import { describe, expect, test } from "vitest";
import { addApp, ask, outcomeOf, problemOf, startMember, tokenOf } from "./support/member.ts";
import { certificateId, certificateItem, hash, notFound, pending } from "./support/services.ts";

const issueBody = { type: "trade", fields: { name: "商务部" } };

async function memberWithToken(options: Parameters<typeof startMember>[0] = {}) {
  const member = await startMember(options);
  const app = await addApp(member, "desk", ["types:define", "certificates:issue", "certificates:read", "ledger:read", "requests:open"]);
  return { member, token: await tokenOf(member, app) };
}

describe("writes", () => {
  test("a committed entry is 201 with its place, its receipt and where to read it", async () => {
    const { member, token } = await memberWithToken();
    const answer = await ask(member, "/v1/certificates", { token, json: issueBody });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("location")).toBe(`${member.baseUrl}/v1/certificates/${certificateId}`);
    expect(await answer.json()).toMatchObject({
      status: "committed",
      transactionHash: hash,
      blockNumber: 7,
      outcome: "applied",
      receipt: `${member.baseUrl}/v1/receipts/${hash}`,
      certificate: certificateId,
      sdJwt: "secret~disclosure~",
    });
  });

  test("one that waits is 202 and says where it will be told how it ended", async () => {
    const { member, token } = await memberWithToken({ services: { defineType: async () => pending } });
    const answer = await ask(member, "/v1/types", { token, json: { id: "trade" } });
    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe(`${member.baseUrl}/v1/submissions/${hash}`);
    expect(await answer.json()).toMatchObject({ status: "pending", transactionHash: hash });
  });

  test("one that was committed as refused is a 422 with the code and the transaction", async () => {
    const outcome = refusedWith("certificate-exists");
    const { member, token } = await memberWithToken({
      services: { defineType: async () => ({ status: "committed", transactionHash: hash, outcome, blockNumber: 9 }) },
    });
    const answer = await ask(member, "/v1/types", { token, json: { id: "trade" } });
    expect(answer.status).toBe(422);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await problemOf(answer)).toMatchObject({ code: "certificate-exists", transactionHash: hash, blockNumber: 9 });
  });

  test.each([
    ["respond-async", 0, "respond-async"],
    ["wait=3", 3_000, "wait=3"],
    ["foo, wait=9999", 25_000, "wait=25"],
    ["wait=soon", 10_000, null],
    ["", 10_000, null],
  ])("Prefer: %s waits %d ms", async (prefer, waitMs, applied) => {
    const waits: number[] = [];
    const { member, token } = await memberWithToken({
      services: {
        defineType: async (_input, _caller, options) => {
          waits.push(options.waitMs);
          return pending;
        },
      },
    });
    const answer = await ask(member, "/v1/types", { token, json: { id: "trade" }, headers: { prefer } });
    expect(waits).toEqual([waitMs]);
    expect(answer.headers.get("preference-applied")).toBe(applied);
  });

  test("app and operator reach the use case, the operator decoded", async () => {
    const callers: unknown[] = [];
    const { member, token } = await memberWithToken({
      services: {
        defineType: async (_input, caller) => {
          callers.push(caller);
          return pending;
        },
      },
    });
    const headers = { "vermilion-operator": encodeURIComponent("张 三") };
    await ask(member, "/v1/types", { token, json: { id: "trade" }, headers });
    expect(callers).toEqual([{ app: "desk", operator: "张 三" }]);
  });

  test.each([
    ["", "400 operator-missing"],
    ["%00", "400 operator-malformed"],
    ["50%", "400 operator-malformed"],
    ["%E2%80%AE", "400 operator-malformed"],
    ["%FF", "400 operator-malformed"],
    [" %20", "400 operator-malformed"],
    ["x".repeat(65), "400 operator-malformed"],
  ])("the operator %j is refused", async (operator, outcome) => {
    const { member, token } = await memberWithToken();
    const answer = await ask(member, "/v1/types", { token, json: { id: "trade" }, headers: { "vermilion-operator": operator } });
    expect(await outcomeOf(answer)).toBe(outcome);
  });
});

describe("reading granted fields", () => {
  test("app and operator reach the use case, and another app than the one that asked is refused", async () => {
    const callers: unknown[] = [];
    const member = await startMember({
      services: {
        grantedFields: async (_call, caller) => {
          callers.push(caller);
          return notFound("not-the-requesting-app");
        },
      },
    });
    const token = await tokenOf(member, await addApp(member, "curious", ["fields:read"]));
    const headers = { "vermilion-operator": "nobody" };
    expect(await outcomeOf(await ask(member, `/v1/requests/${hash}-0/fields`, { token, headers }))).toBe("403 not-the-requesting-app");
    expect(callers).toEqual([{ app: "curious", operator: "nobody" }]);
  });
});

describe("requests that wait", () => {
  test("256 strangers may wait for receipts at one time; more are answered at once, and apps wait beside them", async () => {
    const open = Promise.withResolvers<void>();
    const full = Promise.withResolvers<void>();
    const waits: number[] = [];
    const reads: number[] = [];
    const { member } = await memberWithToken({
      services: {
        receipt: async ({ transactionHash }, { waitMs }) => {
          waits.push(waitMs);
          if (waits.length === 256) full.resolve();
          if (waitMs > 0) await open.promise;
          return { transactionHash, final: false, leafIndex: 20, size: 22, receipt: "not yet" };
        },
        grantedFields: async (_call, _caller, { waitMs }) => {
          reads.push(waitMs);
          return notFound("grant-due");
        },
      },
    });
    const receipt = () => ask(member, `/v1/receipts/${hash}?wait=25`);
    const held = Array.from({ length: 256 }, receipt);
    await full.promise;
    expect((await receipt()).headers.get("vermilion-final")).toBe("false");
    expect(waits).toEqual([...Array(256).fill(25_000), 0]);
    const token = await tokenOf(member, await addApp(member, "reader", ["fields:read"]));
    await ask(member, `/v1/requests/${hash}-0/fields?wait=3`, { token, headers: { "vermilion-operator": "a" } });
    expect(reads).toEqual([3_000]);
    open.resolve();
    await Promise.all(held);
    await receipt();
    expect(waits.at(-1)).toBe(25_000);
  });
});

describe("bodies", () => {
  const deep = `${'{"a":'.repeat(20)}1${"}".repeat(20)}`;
  test.each([
    ["duplicate keys", '{"type":"trade","type":"trade","fields":{}}', "400 duplicate-key"],
    ["a float", '{"type":"trade","fields":{"a":1.5}}', "400 not-an-integer"],
    ["an integer beyond 2^53", '{"type":"trade","fields":{"a":9007199254740993}}', "400 not-an-integer"],
    ["half a surrogate pair", '{"type":"trade","fields":{"a":"\\ud800"}}', "400 lone-surrogate"],
    ["too deep", deep, "400 too-deep"],
    ["no JSON", "{", "400 not-json"],
    ["nothing", "", "400 not-json"],
    ["a byte order mark", "\ufeff{}", "400 not-json"],
    ["invalid UTF-8", Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d), "400 invalid-utf8"],
    ["a surplus member", '{"type":"trade","fields":{},"issuer":"me"}', "400 malformed-body"],
    ["a missing member", '{"type":"trade"}', "400 malformed-body"],
    ["__proto__", '{"type":"trade","fields":{},"__proto__":{"a":1}}', "400 malformed-body"],
    ["no object", "[]", "400 malformed-body"],
  ])("%s is refused", async (_name, body, outcome) => {
    const { member, token } = await memberWithToken();
    expect(await outcomeOf(await ask(member, "/v1/certificates", { token, body }))).toBe(outcome);
  });

  test("what is wrong is named, in the language asked for, without the value", async () => {
    const { member, token } = await memberWithToken();
    const json = { type: "trade", fields: {}, holder: "secret-value", surplus: 1 };
    const answer = await ask(member, "/v1/certificates", { token, json, headers: { "accept-language": "en-GB,en;q=0.8,zh;q=0.1" } });
    const text = await answer.text();
    expect(text).not.toContain("secret-value");
    expect(JSON.parse(text)).toMatchObject({
      type: "urn:vermilion:problem:malformed-body",
      title: "The body does not have the form that this call takes",
      problems: [
        { field: "holder", code: "invalid-field" },
        { field: "surplus", code: "surplus-field" },
      ],
    });
    expect(answer.headers.get("content-language")).toBe("en");
  });

  test.each([["text/plain"], ["application/json; charset=gbk"], ["application/vnd.x+json"], ["application/x-www-form-urlencoded"]])(
    "the content type %s is refused",
    async (type) => {
      const { member, token } = await memberWithToken();
      const answer = await ask(member, "/v1/certificates", { token, json: issueBody, headers: { "content-type": type } });
      expect(await outcomeOf(answer)).toBe("415 unsupported-content-type");
    },
  );

  test("a compressed body is refused", async () => {
    const { member, token } = await memberWithToken();
    const answer = await ask(member, "/v1/certificates", { token, json: issueBody, headers: { "content-encoding": "gzip" } });
    expect(await outcomeOf(answer)).toBe("415 unsupported-content-type");
  });

  test("a body over 1 MB is refused whether its length is declared or not", async () => {
    const { member, token } = await memberWithToken();
    const large = new Uint8Array(1024 * 1024 + 1).fill(0x20);
    const stream = new Blob([large]).stream();
    expect(await outcomeOf(await ask(member, "/v1/certificates", { token, body: large }))).toBe("413 body-too-large");
    expect(await outcomeOf(await ask(member, "/v1/certificates", { token, body: stream }))).toBe("413 body-too-large");
  });

  test("a body of 1 MB is read", async () => {
    const { member, token } = await memberWithToken();
    const text = JSON.stringify(issueBody);
    const body = text + " ".repeat(1024 * 1024 - new TextEncoder().encode(text).length);
    expect((await ask(member, "/v1/certificates", { token, body })).status).toBe(201);
  });
});

describe("addresses", () => {
  test.each([
    ["/v1/blocks/7x", "400 malformed-path"],
    ["/v1/blocks/007", "400 malformed-path"],
    ["/v1/entries/AB", "400 malformed-path"],
    ["/v1/blocks?limit=0", "400 malformed-query"],
    ["/v1/blocks?limit=101", "400 malformed-query"],
    ["/v1/blocks?limit=5&limit=6", "400 malformed-query"],
    ["/v1/blocks?unknown=1", "400 malformed-query"],
    ["/v1/certificates?cursor=%E4%B8%AD", "400 malformed-query"],
    ["/v1/nothing", "404 no-such-route"],
    ["/v1/certificates/", "404 no-such-route"],
  ])("%s is refused", async (path, outcome) => {
    const { member, token } = await memberWithToken();
    expect(await outcomeOf(await ask(member, path, { token }))).toBe(outcome);
  });

  test("a known path under another method is 405 and says which it takes", async () => {
    const { member } = await memberWithToken();
    const answer = await ask(member, "/v1/certificates", { method: "DELETE" });
    expect(answer.headers.get("allow")).toBe("POST, GET, HEAD");
    expect(await outcomeOf(answer)).toBe("405 method-not-allowed");
  });

  test("HEAD answers as GET without a body", async () => {
    const { member } = await memberWithToken();
    const answer = await ask(member, "/v1/health", { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });

  test("paging hands cursor and limit through", async () => {
    const pages: unknown[] = [];
    const { member, token } = await memberWithToken({
      services: {
        certificates: async (...given) => {
          pages.push(given);
          return { items: [certificateItem], next: "n2" };
        },
      },
    });
    const answer = await ask(member, "/v1/certificates?type=trade&cursor=n1&limit=100", { token });
    expect(await answer.json()).toMatchObject({ items: [{ certificate: certificateId }], next: "n2" });
    await ask(member, "/v1/certificates", { token });
    expect(pages).toEqual([[{ type: "trade", cursor: "n1", limit: 100 }], [{ limit: 10 }]]);
  });
});

describe("faults and refusals", () => {
  test.each([
    ["storage-full", 507],
    ["storage-read-only", 503],
    ["keys-unavailable", 503],
    ["peer-unreachable", 503],
  ] as const)("the fault %s is %d and keeps its detail to the log", async (code, status) => {
    const { member, token } = await memberWithToken({
      services: {
        defineType: async () => {
          throw new Fault(code, "/var/lib/vermilion/db.sqlite");
        },
      },
    });
    const answer = await ask(member, "/v1/types", { token, json: { id: "t" } });
    const text = await answer.text();
    expect([answer.status, JSON.parse(text).code]).toEqual([status, code]);
    expect(text).not.toContain("sqlite");
    expect(answer.headers.get("retry-after")).toBe(status === 503 ? "5" : null);
  });

  test("an unknown exception is 500, logged with the request id, and says nothing of itself", async () => {
    const { member } = await memberWithToken({
      services: {
        health: async () => {
          throw new TypeError("cannot read 张三's passport");
        },
      },
    });
    const answer = await ask(member, "/v1/health", { headers: { "x-request-id": "req-1" } });
    const text = await answer.text();
    expect([answer.status, JSON.parse(text)]).toMatchObject([500, { code: "internal", requestId: "req-1" }]);
    expect(text).not.toContain("passport");
    expect(text).not.toMatch(/\bat \w+/);
    const logged = member.log.filter(({ level }) => level === "error");
    expect(logged).toMatchObject([{ event: "fault", fields: { requestId: "req-1", error: "TypeError" } }]);
    expect(JSON.stringify(logged)).not.toContain("passport");
  });

  test("a refusal of a use case is its code's status, with the problems it named", async () => {
    const problems = [{ field: "name", code: "value-too-long", detail: { zh: "过长", en: "too long" } }];
    const { member, token } = await memberWithToken({
      services: {
        certificate: async () => notFound("unknown-certificate"),
        issueCertificate: async () => ({ refused: "invalid-fields", detail: "1 problem", problems }),
      },
    });
    expect(await outcomeOf(await ask(member, `/v1/certificates/${certificateId}`, { token }))).toBe("404 unknown-certificate");
    const refused = await ask(member, "/v1/certificates", { token, json: issueBody });
    expect(refused.status).toBe(422);
    expect((await problemOf(refused)).problems).toEqual([{ field: "name", code: "value-too-long", detail: "过长" }]);
  });
});

describe("headers and log", () => {
  test("the caller's request id and trace go on; malformed ones are replaced", async () => {
    const { member } = await memberWithToken();
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`;
    const good = await ask(member, "/v1/health", { headers: { "x-request-id": "abc", traceparent } });
    expect(good.headers.get("x-request-id")).toBe("abc");
    expect(good.headers.get("traceparent")).toMatch(new RegExp(`^00-${"a".repeat(32)}-(?!b{16})[0-9a-f]{16}-00$`));
    const bad = await ask(member, "/v1/health", {
      headers: { "x-request-id": "a b\u00e9", traceparent: `00-${"0".repeat(32)}-${"b".repeat(16)}-00` },
    });
    expect(bad.headers.get("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(bad.headers.get("traceparent")).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test("every answer, problems included, carries the security headers", async () => {
    const { member } = await memberWithToken();
    for (const path of ["/v1/health", "/v1/nothing", "/v1/certificates"]) {
      const { headers } = await ask(member, path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  test("the access log names route, app, status and code, and holds no token, path value, query or body", async () => {
    const { member, token } = await memberWithToken();
    await ask(member, `/v1/certificates?type=trade-secret`, { token });
    await ask(member, `/v1/certificates/${certificateId}`, { token });
    await ask(member, "/v1/certificates", { token, json: { ...issueBody, surplus: "body-secret" } });
    const calls = member.log.filter(({ event }) => event === "call").map(({ fields }) => fields);
    expect(calls.slice(-3)).toMatchObject([
      { method: "GET", route: "/v1/certificates", status: 200, app: "desk" },
      { method: "GET", route: "/v1/certificates/{certificate}", status: 200, app: "desk" },
      { method: "POST", route: "/v1/certificates", status: 400, app: "desk", code: "malformed-body" },
    ]);
    const text = JSON.stringify(member.log);
    for (const secret of [token, "trade-secret", certificateId, "body-secret", "Li%20Ming"]) expect(text).not.toContain(secret);
  });
});

describe("public proofs", () => {
  test("tiles are for ever, by the one spelling of their path", async () => {
    const { member } = await memberWithToken();
    const tile = await ask(member, "/v1/log/tile/0/x001/234.p/5");
    expect(new Uint8Array(await tile.arrayBuffer())).toEqual(Uint8Array.of(0, 1234 & 255, 5));
    expect(tile.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(tile.headers.get("content-type")).toBe("application/octet-stream");
    const bundle = await ask(member, "/v1/log/tile/entries/000");
    expect(new Uint8Array(await bundle.arrayBuffer())).toEqual(Uint8Array.of(255, 0, 0));
    for (const path of ["0/x000/000", "64/000", "0/0", "0/000.p/256", "0/000.p/0", "entries/x001", "0/000/"]) {
      expect(await outcomeOf(await ask(member, `/v1/log/tile/${path}`))).toBe("404 unknown-tile");
    }
  });

  test("a receipt is a text file, or JSON for who asks, and says whether it is final", async () => {
    const waits: number[] = [];
    const { member } = await memberWithToken({
      services: {
        receipt: async (_hash, { waitMs }) => {
          waits.push(waitMs);
          return { transactionHash: hash, final: waitMs > 0, leafIndex: 20, size: 22, receipt: "c2sp.org/tlog-proof@v1\n" };
        },
      },
    });
    const text = await ask(member, `/v1/receipts/${hash}?wait=5`);
    expect([text.headers.get("content-type"), text.headers.get("vermilion-final")]).toEqual(["text/plain; charset=UTF-8", "true"]);
    expect(await text.text()).toBe("c2sp.org/tlog-proof@v1\n");
    const json = await ask(member, `/v1/receipts/${hash}`, { headers: { accept: "application/json" } });
    expect([json.headers.get("cache-control"), json.headers.get("vermilion-final")]).toEqual(["no-store", "false"]);
    expect(await json.json()).toMatchObject({ transactionHash: hash, final: false });
    expect(waits).toEqual([5_000, 0]);
    expect(await outcomeOf(await ask(member, `/v1/receipts/${hash}?wait=26`))).toBe("400 malformed-query");
  });
});
