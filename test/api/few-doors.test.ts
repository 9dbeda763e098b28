import { randomBytes } from "node:crypto";
import { createFoundingApi, createPublicApi, oneChain } from "@vermilion/api";
import { describe, expect, test } from "vitest";
import { type Document, operationsOf } from "./support/document.ts";
import { chain, crypto, startMember, testClock } from "./support/member.ts";
import { fakeServices } from "./support/services.ts";

const needs = {
  crypto,
  clock: testClock(),
  random: { bytes: (count: number) => new Uint8Array(randomBytes(count)) },
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  baseUrl: "https://customs.example",
  member: "customs",
  statement: async () => `{"payload":"","signatures":[]}`,
};

describe("the public doors alone", () => {
  const api = createPublicApi({ ...needs, chains: oneChain(chain, { services: fakeServices() }) });

  test("the document is the whole one", async () => {
    const alone = (await (await api.request("/openapi.json")).json()) as Document;
    const whole = await (await startMember()).api.request("/openapi.json");
    expect(operationsOf(alone).map(({ id }) => id)).toEqual(operationsOf((await whole.json()) as Document).map(({ id }) => id));
  });

  test("every public route opens, and behind no other one is anything", async () => {
    const document = (await (await api.request("/openapi.json")).json()) as Document;
    for (const { id, method, path, operation } of operationsOf(document)) {
      const response = await api.request(path.replaceAll(/\{\w+\}/g, "x"), { method });
      const isServed = operation["x-vermilion-signs"] !== true && method === "GET";
      const isPublic = operation["x-vermilion-audience"] === "public" && isServed;
      if (isPublic) expect(response.status, id).not.toBe(405);
      else expect(response.status, id).toBe(405);
    }
  });
});

describe("a member that is on no chain yet", () => {
  const api = createFoundingApi(needs);

  test("gives its statement and its health, and nothing else to anybody", async () => {
    expect(await (await api.request("/v1/statement")).json()).toEqual({ payload: "", signatures: [] });
    expect(await (await api.request("/v1/health")).json()).toMatchObject({ member: "customs", status: "no-chain-yet" });
    for (const [path, method] of [
      ["/v1/certificates", "POST"],
      ["/v1/consortium", "GET"],
      [`/peer/v1/chains/${chain}/raft`, "POST"],
      ["/oauth/token", "POST"],
    ] as const) {
      const response = await api.request(path, { method });
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, "no-chain-yet"]);
      expect(response.headers.get("retry-after")).toBe("5");
    }
  });

  test("because its storage is of 0.1, says that to everybody", async () => {
    const tooOld = createFoundingApi(needs, "data-too-old");
    const health = (await (await tooOld.request("/v1/health")).json()) as { ready: boolean; reasons: readonly object[] };
    expect(health).toMatchObject({ ready: false, status: "data-too-old" });
    expect(health.reasons).toEqual([
      { code: "data-too-old", zh: expect.stringContaining("0.1 版"), en: expect.stringContaining("version 0.1") },
    ]);
    const response = await tooOld.request("/v1/consortium");
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, "data-too-old"]);
  });

  test("that has made no statement says so", async () => {
    const response = await createFoundingApi({ ...needs, statement: async () => undefined }).request("/v1/statement");
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, "no-statement"]);
  });
});
