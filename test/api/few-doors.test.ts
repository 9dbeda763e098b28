import { randomBytes } from "node:crypto";
import { createPublicApi } from "@vermilion/api";
import { createFoundingApi } from "@vermilion/api/founding-api";
import { describe, expect, test } from "vitest";
import { type Document, operationsOf } from "./support/document.ts";
import { crypto, startMember, testClock } from "./support/member.ts";
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
  const api = createPublicApi({ ...needs, services: fakeServices() });

  test("the document is the whole one", async () => {
    const alone = (await (await api.request("/openapi.json")).json()) as Document;
    const whole = await (await startMember()).api.request("/openapi.json");
    expect(operationsOf(alone).map(({ id }) => id)).toEqual(operationsOf((await whole.json()) as Document).map(({ id }) => id));
  });

  test("every public route opens, and behind no other one is anything", async () => {
    const document = (await (await api.request("/openapi.json")).json()) as Document;
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const response = await api.request(path.replaceAll(/\{\w+\}/g, "x"), { method: method.toUpperCase() });
        const isServed = operation["x-vermilion-signs"] !== true && method === "get";
        const isPublic = operation["x-vermilion-audience"] === "public" && isServed;
        if (isPublic) expect(response.status, path).not.toBe(405);
        else expect(response.status, `${method} ${path}`).toBe(405);
      }
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
      ["/peer/v1/raft", "POST"],
      ["/oauth/token", "POST"],
    ] as const) {
      const response = await api.request(path, { method });
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, "no-chain-yet"]);
      expect(response.headers.get("retry-after")).toBe("5");
    }
  });

  test("because its storage is of 0.1, says that to everybody", async () => {
    const older = createFoundingApi(needs, "storage-layout-older");
    const health = (await (await older.request("/v1/health")).json()) as { ready: boolean; reasons: readonly object[] };
    expect(health).toMatchObject({ ready: false, status: "storage-layout-older" });
    expect(health.reasons).toEqual([
      { code: "storage-layout-older", zh: expect.stringContaining("朱印 0.1"), en: expect.stringContaining("Vermilion 0.1") },
    ]);
    const response = await older.request("/v1/consortium");
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, "storage-layout-older"]);
  });

  test("that has made no statement says so", async () => {
    const response = await createFoundingApi({ ...needs, statement: async () => undefined }).request("/v1/statement");
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, "no-statement"]);
  });
});
