import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { packagedDocsFile } from "@vermilion/local/http/docs-files";
import { expect, test } from "vitest";
import { startMember } from "./support/member.ts";

const require = createRequire(import.meta.url);

test("the page of the API comes with a policy that lets in nothing of another host, and everything else stays as closed as it was", async () => {
  const { api } = await startMember();
  const page = await api.request("/docs");
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const policy = page.headers.get("content-security-policy") ?? "";
  expect(policy).toMatch(/^default-src 'none'; script-src 'self';/);
  expect(policy).not.toMatch(/unsafe-eval|https?:|script-src[^;]*unsafe-inline/);
  const named = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
  expect(named).toEqual(["data:,", "/docs/swagger-ui.css", "/openapi.json", "/docs/swagger-ui.js", "/docs/start.js"]);
  const script = await api.request("/docs/start.js");
  expect([script.status, script.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
  expect(script.headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
});

test("a member without the files says so, and nothing but them is ever read", async () => {
  const { api } = await startMember();
  expect(await (await api.request("/docs/swagger-ui.js")).json()).toMatchObject({ status: 404, code: "no-docs" });
  expect((await api.request("/docs/package.json")).status).toBe(400);
  expect((await api.request("/docs/..%2F..%2Fpackage.json")).status).toBe(400);
});

test("the files are those of the package", async () => {
  const ours = createHash("sha256")
    .update(await packagedDocsFile("swagger-ui.js"))
    .digest("hex");
  const theirs = createHash("sha256")
    .update(readFileSync(require.resolve("swagger-ui-dist/swagger-ui-bundle.js")))
    .digest("hex");
  expect(ours).toBe(theirs);
});
