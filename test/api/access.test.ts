import { signRequest } from "@vermilion/node/peers/peer-signatures";
import { scopes } from "@vermilion/protocol";
import { describe, expect, test } from "vitest";
import { documentOf, exampleOf, type Listed, operationsOf } from "./support/document.ts";
import { addApp, ask, crypto, startMember, type TestMember, tokenOf } from "./support/member.ts";

/** Who knocks; each of them at every route that the document lists. */
const callers = [
  "nobody",
  "wrong token",
  "expired token",
  "foreign token",
  "too narrow token",
  "disabled app",
  "peer",
  "the right one",
] as const;
type CallerName = (typeof callers)[number];

/** What the document's audience promises to each caller. A code, or `in` for whoever is let in. */
const promised: Readonly<Record<"public" | "app" | "peer", Readonly<Record<CallerName, string>>>> = {
  public: Object.fromEntries(callers.map((caller) => [caller, "in"])) as Record<CallerName, string>,
  app: {
    nobody: "401 token-missing",
    "wrong token": "401 token-invalid",
    "expired token": "401 token-expired",
    "foreign token": "401 token-foreign",
    "too narrow token": "403 scope-too-narrow",
    "disabled app": "401 app-disabled",
    peer: "401 token-missing",
    "the right one": "in",
  },
  peer: {
    ...(Object.fromEntries(callers.map((caller) => [caller, "401 peer-signature-missing"])) as Record<CallerName, string>),
    peer: "in",
    "the right one": "in",
  },
};

interface Matrix {
  readonly member: TestMember;
  readonly peer: TestMember;
  readonly routes: readonly Listed[];
  /** `undefined` where the caller has no token. */
  tokenFor(caller: CallerName, wanted: readonly string[]): Promise<string | undefined>;
}

async function matrix(): Promise<Matrix> {
  const members = new Map();
  const member = await startMember({ members });
  const peer = await startMember({ id: "tax", members, clock: member.clock });
  const desk = await addApp(member, "desk", scopes);
  const expired = await tokenOf(member, desk);
  member.clock.time += 301_000;
  const right = await tokenOf(member, desk);
  const foreign = await tokenOf(peer, await addApp(peer, "desk", scopes));
  const gone = await addApp(member, "gone", scopes);
  const disabled = await tokenOf(member, gone);
  await member.apps.put({ ...(await member.apps.get("gone"))!, disabled: true });
  const fixed: Partial<Record<CallerName, string>> = {
    "wrong token": `${right.slice(0, -6)}AAAAAA`,
    "expired token": expired,
    "foreign token": foreign,
    "disabled app": disabled,
    "the right one": right,
  };
  return {
    member,
    peer,
    routes: operationsOf(await documentOf(member)),
    async tokenFor(caller, wanted) {
      if (caller !== "too narrow token") return fixed[caller];
      // Every scope but those that the route takes.
      return tokenOf(member, desk, scopes.filter((scope) => !wanted.includes(scope)).join(" "));
    },
  };
}

async function knock({ member, peer, tokenFor }: Matrix, caller: CallerName, route: Listed): Promise<string> {
  const { method, path, operation } = route;
  const wanted = operation.security.flatMap((each) => each["app"] ?? []);
  const token = await tokenFor(caller, wanted);
  const { url, json, bytes } = exampleOf(route);
  const signs = caller === "peer" || (caller === "the right one" && operation["x-vermilion-audience"] === "peer");
  const body = new TextEncoder().encode(JSON.stringify(json ?? {}));
  const signed = signs
    ? await signRequest({ method, url: `${member.baseUrl}${url}`, body }, { session: peer.session, clock: peer.clock, crypto })
    : {};
  const answer = await ask(member, url, {
    method,
    ...(token === undefined ? {} : { token }),
    ...(json === undefined ? {} : { json }),
    bytes,
    headers: { "vermilion-operator": "a", ...signed },
  });
  if (answer.status < 400) return "in";
  // The token endpoint is public: it answers its own refusals, because the matrix sends it no assertion.
  if (path === "/oauth/token") return "in";
  const { code } = (await answer.json()) as { code: string };
  return `${answer.status} ${code}`;
}

describe("every route of the document, for every caller", () => {
  test("gives what its declared audience promises", async () => {
    const all = await matrix();
    expect(all.routes.length).toBeGreaterThan(35);
    for (const route of all.routes) {
      const audience = route.operation["x-vermilion-audience"];
      expect(["public", "app", "peer"], `${route.id} declares no audience`).toContain(audience);
      for (const caller of callers) {
        const expected = promised[audience as keyof typeof promised][caller];
        expect(await knock(all, caller, route), `${route.id} as ${caller}`).toBe(expected);
      }
    }
  });

  test("what needs an operator does not go without, and what needs a key does not go without", async () => {
    const all = await matrix();
    const token = (await all.tokenFor("the right one", []))!;
    for (const route of all.routes) {
      const { id, method, path, operation } = route;
      const { url, json, bytes } = exampleOf(route);
      const asked = { method, token, bytes, ...(json === undefined ? {} : { json }) };
      if (operation["x-vermilion-operator"] === true) {
        const answer = await ask(all.member, url, { ...asked, headers: { "vermilion-operator": "" } });
        expect([answer.status, await answer.json()], id).toMatchObject([400, { code: "operator-missing" }]);
      }
      // A bulk call has a key in each of its lines.
      const hasKeysInside = path.endsWith("/certificates/bulk");
      if (method === "POST" && !hasKeysInside && operation["x-vermilion-audience"] === "app") {
        const answer = await ask(all.member, url, { ...asked, headers: { "idempotency-key": "" } });
        expect([answer.status, await answer.json()], id).toMatchObject([400, { code: "idempotency-key-missing" }]);
      }
    }
  });

  test("the document lists every route that the app serves", async () => {
    const { member, routes } = await matrix();
    const listed = new Set(routes.map(({ method, path }) => `${method} ${path}`));
    const served = member.api.routes.filter(({ method }) => method !== "ALL");
    const paths = served.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^/]*\})?/g, "{$1}")}`);
    expect(new Set(paths)).toEqual(listed);
  });
});
