import { readdirSync, readFileSync } from "node:fs";
import { refusalCodes } from "@vermilion/contracts";
import { problemCodes, problemTable, scopes } from "@vermilion/protocol";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { type Document, documentOf, exampleOf, operationsOf } from "./support/document.ts";
import { addApp, ask, startMember, tokenOf } from "./support/member.ts";

describe("the OpenAPI document", () => {
  test("is 3.1 and every reference in it leads somewhere", async () => {
    const document = await documentOf(await startMember());
    expect(document.openapi).toMatch(/^3\.1\./);
    const text = JSON.stringify(document);
    for (const [, reference = ""] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const target = reference.split("/").reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
      expect(target, reference).toBeDefined();
    }
    expect(text).not.toContain('"nullable"');
  });

  test("every schema in it is a schema of JSON Schema 2020-12", async () => {
    const document = await documentOf(await startMember());
    const ajv = ajvOf(document);
    for (const name of Object.keys(document.components.schemas)) {
      expect(ajv.getSchema(`vermilion#/components/schemas/${name}`), name).toBeTypeOf("function");
    }
    for (const { id, operation } of operationsOf(document)) {
      const bodies = [operation.requestBody, ...Object.values(operation.responses)];
      for (const { schema } of bodies.flatMap((each) => Object.values(each?.content ?? {}))) {
        expect(ajv.validateSchema(schema ?? false), id).toBe(true);
      }
    }
  });

  test("each operation has an audience, both languages, its security and its problems", async () => {
    const document = await documentOf(await startMember());
    const operations = operationsOf(document);
    expect(operations.length).toBeGreaterThan(35);
    for (const { id, operation } of operations) {
      expect(["public", "app", "peer"], id).toContain(operation["x-vermilion-audience"]);
      expect(operation.summary, id).toMatch(/^\p{Script=Han}.* · [A-Z]/u);
      const schemes = operation.security.flatMap((each) => Object.entries(each));
      if (operation["x-vermilion-audience"] === "public") expect(schemes, id).toEqual([]);
      if (operation["x-vermilion-audience"] === "peer") expect(schemes, id).toEqual([["peer", []]]);
      if (operation["x-vermilion-audience"] === "app") {
        expect(schemes.length, id).toBeGreaterThan(0);
        for (const [scheme, [scope = "", ...more]] of schemes) {
          expect([scheme, more], id).toEqual(["app", []]);
          expect(scopes, id).toContain(scope);
        }
      }
      expect(operation.responses["500"]?.["x-vermilion-problems"], id).toContain("internal");
    }
  });

  test("every code that a route may answer stands under its status of the table", async () => {
    const document = await documentOf(await startMember());
    for (const { id, operation } of operationsOf(document)) {
      for (const [status, response] of Object.entries(operation.responses)) {
        for (const code of response["x-vermilion-problems"] ?? [])
          expect(`${problemTable[code as keyof typeof problemTable].status}`, `${id} ${code}`).toBe(status);
      }
    }
  });

  test("lists every problem code with status and both titles", async () => {
    const document = await documentOf(await startMember());
    expect(document["x-vermilion-problems"]).toEqual(problemTable);
    expect(document.components.schemas["Problem"]).toMatchObject({ properties: { code: { enum: [...problemCodes] } } });
  });

  test("every answer of a fake of the right shape is valid against the schema that it is declared with", async () => {
    const member = await startMember();
    const token = await tokenOf(member, await addApp(member, "desk", scopes));
    const document = await documentOf(member);
    const ajv = ajvOf(document);
    for (const listed of operationsOf(document)) {
      const { id, method, path, describedAt, operation } = listed;
      if (operation["x-vermilion-audience"] === "peer" || path === "/oauth/token") continue;
      const { url, ...asked } = exampleOf(listed);
      const answer = await ask(member, url, {
        method,
        token,
        ...asked,
        headers: { accept: "application/json", "vermilion-operator": "a" },
      });
      expect([200, 201], `${id} ${answer.status}`).toContain(answer.status);
      const type = (answer.headers.get("content-type") ?? "").split(";")[0] ?? "";
      const declared = operation.responses[`${answer.status}`]?.content?.[type];
      expect(declared, `${id} ${type}`).toBeDefined();
      if (!type.endsWith("json")) continue;
      const pointer = ["paths", describedAt, method.toLowerCase(), "responses", `${answer.status}`, "content", type, "schema"];
      const escaped = pointer.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
      const valid = ajv.getSchema(`vermilion#/${escaped}`);
      const body = await answer.json();
      expect(valid?.(body), `${id} ${JSON.stringify(valid?.errors)} ${JSON.stringify(body)}`).toBe(true);
    }
  });
});

function ajvOf(document: Document): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, "vermilion");
  return ajv;
}

describe("the table of problems", () => {
  test("has a Chinese and an English title for every code, and no code that could not be one", () => {
    for (const code of problemCodes) {
      const { zh, en, status } = problemTable[code];
      expect(code).toMatch(/^[a-z][a-z0-9-]{0,63}$/);
      expect(zh, code).toMatch(/\p{Script=Han}/u);
      expect(en, code).toMatch(/^[A-Z]/);
      expect(en, code).not.toMatch(/\p{Script=Han}/u);
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });

  test("has every refusal that the use cases of a member write out", () => {
    const folder = new URL("../../packages/member/", import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
      .map((name) => new URL(name, folder));
    const written = files.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/refused: "([a-z-]+)"/g)].map(([, code]) => code));
    expect(written.length).toBeGreaterThan(20);
    // Answers to peers are logged and reach no caller.
    for (const code of written.filter((code) => code !== "unknown-grant")) expect(problemCodes, code).toContain(code);
  });

  test("has every refusal of the contracts", () => {
    for (const code of refusalCodes) expect(problemCodes, code).toContain(code);
  });
});
