import type { Quotas } from "@vermilion/api";
import { scopes } from "@vermilion/protocol";
import { expect, test } from "vitest";
import { addApp, ask, startMember, tokenOf } from "./support/member.ts";

const quotas: Quotas = { public: { calls: 3, windowSeconds: 60 }, token: { calls: 2, windowSeconds: 60 } };

async function member() {
  const started = await startMember({ quotas });
  const from = (address: string, path = "/v1/health", init: RequestInit = {}) =>
    started.api.fetch(new Request(`${started.baseUrl}${path}`, init), { address });
  return { ...started, from };
}

test("one address has its calls, is told how many are left, and then is refused until the window is over", async () => {
  const { from, clock } = await member();
  const left = async () => (await from("203.0.113.7")).headers.get("RateLimit");
  expect([await left(), await left(), await left()]).toEqual(['"public";r=2;t=60', '"public";r=1;t=60', '"public";r=0;t=60']);
  clock.time += 20_000;
  const refused = await from("203.0.113.7");
  expect([refused.status, refused.headers.get("Retry-After"), refused.headers.get("RateLimit-Policy")]).toEqual([
    429,
    "40",
    '"public";q=3;w=60',
  ]);
  expect(await refused.json()).toMatchObject({ code: "rate-limited", status: 429 });
  expect((await from("203.0.113.8")).status).toBe(200);
  clock.time += 40_000;
  expect((await from("203.0.113.7")).status).toBe(200);
});

test("addresses of one IPv6 network are one caller", async () => {
  const { from } = await member();
  for (const host of ["1", "2", "3"]) expect((await from(`2001:db8:1:2::${host}`)).status).toBe(200);
  expect((await from("2001:db8:1:2::4")).status).toBe(429);
  expect((await from("2001:db8:1:3::4")).status).toBe(200);
});

test("sign-in is limited by itself, and what is signed in is not", async () => {
  const started = await member();
  const app = await addApp(started, "desk", [...scopes]);
  const token = await tokenOf(started, app);
  for (let n = 0; n < 10; n++) expect((await ask(started, "/v1/blocks", { token })).status).toBe(200);
  const post = () => started.from("203.0.113.9", "/oauth/token", { method: "POST" });
  expect([(await post()).status, (await post()).status, (await post()).status]).toEqual([415, 415, 429]);
});
