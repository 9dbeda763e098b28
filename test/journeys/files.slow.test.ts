import { createHash, randomFillSync } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Client, createClient } from "@vermilion/client";
import { chainOf, dataPaths, readAppFile } from "@vermilion/local";
import { expect, test } from "vitest";
import { command, startConsortium } from "../local/running-consortium.ts";
import { freePorts } from "../support/ports.ts";
import { clientsOf, equalHeads, freshData } from "./agencies.ts";

/**
 * Mission C6 over real processes: a file of 50 MB that stays off the chain, sent with an interruption, named by a certificate, asked for by
 * another agency, approved, read back; and what becomes of a chunk that somebody changes on the owner's disk.
 */

const fileBytes = 50 * 1024 * 1024;
const type = JSON.parse(readFileSync(new URL("../../packages/certificates/types/filing-attachment.json", import.meta.url), "utf8"));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const asked = { purpose: "filing-completion", serviceItem: "registration", basis: "law" };

/** A client of a member that tries once, and whose connection breaks at the `n`-th chunk and after it. */
function onceOnly(data: string, member: string, n = Number.POSITIVE_INFINITY): Client {
  const app = readAppFile(dataPaths(data).app(member, "desk"));
  let chunks = 0;
  const post: typeof fetch = async (input, init) => {
    if (init?.method === "PUT" && String(input).includes("/chunks/") && ++chunks >= n) throw new TypeError("the line is cut");
    return fetch(input, init);
  };
  return createClient({ baseUrl: app.baseUrl, app, operator: "张三", fetch: post, patience: { attempts: 1 } });
}

async function granted(reader: Client, owner: Client, certificate: string, fields: readonly string[]): Promise<string> {
  const { request } = await reader.openRequest({ certificate, part: "main", fields, ...asked });
  await owner.decideRequest({ request, decision: "approve", reason: "lawful" });
  await reader.grantedFields({ request, wait: 10 });
  return request;
}

test("a file of 50 MB: put, cut off, resumed, issued, asked for, approved, read back; a changed chunk is refused", async () => {
  const data = freshData();
  const port = String(await freePorts());
  await startConsortium("--data", data, "--port", port, "--no-sample");
  const clients = clientsOf(data);
  const [platform, customs] = [clients.get("platform")!, clients.get("customs")!];
  await platform.defineType({ type });
  const plain = randomFillSync(new Uint8Array(fileBytes));
  const path = join(dirname(data), "建设方案.pdf");
  writeFileSync(path, plain);

  // Cut off by the library after the third chunk; the command goes on with the state that was kept.
  const source = { size: plain.length, read: async (start: number, end: number) => plain.subarray(start, end) };
  const keep = (state: unknown) => writeFileSync(`${path}.vermilion-upload`, JSON.stringify(state), { mode: 0o600 });
  const cut = onceOnly(data, "platform", 4).putFile(source, { name: "建设方案.pdf", mediaType: "application/pdf", onState: keep });
  await expect(cut).rejects.toMatchObject({ code: "unreachable" });
  const put = await command("file", "put", path, "--as", "platform", "--data", data, "--json");
  expect(put).toMatchObject({ code: 0 });
  expect(put.err).toContain("going on with");
  expect(existsSync(`${path}.vermilion-upload`)).toBe(false);
  const stored = JSON.parse(put.out) as {
    readonly value: string;
    readonly file: string;
    readonly chunks: number;
    readonly transactionHash: string;
  };
  expect(stored.chunks).toBe(7);

  await equalHeads(clients);
  const shown = await command("file", "show", stored.file, "--as", "tax", "--data", data, "--json");
  expect(JSON.parse(shown.out)).toMatchObject({ owner: "platform", dataType: "application/pdf", chunks: 7 });
  expect(await customs.lookup({ hash: stored.file })).toMatchObject({
    kind: "file",
    issuer: "platform",
    transactionHash: stored.transactionHash,
  });

  // A stranger who holds the file itself finds it too, and learns of its agency and root alone.
  const stranger = ["--url", readAppFile(dataPaths(data).app("tax", "desk")).baseUrl, "--json"];
  const byContent = JSON.parse((await command("lookup", path, ...stranger)).out);
  expect(byContent).toMatchObject({ hash: sha256(plain), kind: "file", file: stored.file, issuer: "platform", final: true });
  expect(await customs.file({ file: stored.file })).toMatchObject({ plain: sha256(plain) });

  // And of a document that was deposited everything up to the cosigned tree head is checked on his computer.
  const document = join(dirname(data), "合同.txt");
  writeFileSync(document, "甲方、乙方");
  const receipt = join(dirname(data), "合同.evidence.json");
  expect(await command("deposit", document, "--as", "tax", "--data", data)).toMatchObject({ code: 0 });
  await equalHeads(clients);
  const looked = await command("lookup", document, ...stranger, "--out", receipt);
  expect(JSON.parse(looked.out)).toMatchObject({
    kind: "document",
    issuer: "tax",
    checked: true,
    evidence: { count: 1, digest: { index: 0 } },
  });
  const policy = join(dirname(data), "policy.txt");
  writeFileSync(policy, await customs.policy());
  expect(await command("verify", receipt, "--policy", policy, "--document", document)).toMatchObject({ code: 0 });
  writeFileSync(document, "甲方、丙方");
  expect((await command("lookup", document, ...stranger)).code).toBe(1);
  expect((await command("verify", receipt, "--policy", policy, "--document", document)).code).toBe(1);

  const issued = await platform.issueCertificate({
    type: type.id,
    fields: { filingNumber: "BA-1", title: "建设方案", document: stored.value },
  });
  const request = await granted(customs, platform, issued.certificate, ["document"]);
  const out = join(dirname(data), "out", "plan.pdf");
  const got = await command("file", "get", request, "document", "--as", "customs", "--data", data, "--out", out, "--json");
  expect(got).toMatchObject({ code: 0 });
  expect(JSON.parse(got.out)).toMatchObject({ name: "建设方案.pdf", bytes: fileBytes, sha256: sha256(plain) });
  expect(sha256(readFileSync(out))).toBe(sha256(plain));
  expect(statSync(out).mode & 0o077).toBe(0);

  // Whoever has no grant for this field gets nothing, and the owner's app reads its own.
  const other = await granted(clients.get("tax")!, platform, issued.certificate, ["title"]);
  await expect(clients.get("tax")!.readFile({ request: other, field: "document" })).rejects.toMatchObject({ code: "field-not-granted" });
  await expect(clients.get("tax")!.readFile({ request, field: "document" })).rejects.toMatchObject({ code: "not-the-reader" });
  await expect(clients.get("tax")!.ownFile({ file: stored.file, from: 0 })).rejects.toMatchObject({ code: "file-of-another-member" });
  expect((await platform.readOwnFile(stored.value)).bytes).toBe(fileBytes);

  // Somebody changes one byte of the third chunk where it is kept.
  const chunk = join(chainOf(data, "platform", "main").paths.files, stored.file.slice(0, 2), stored.file, "0002.chunk");
  const bytes = readFileSync(chunk);
  bytes[12_345]! ^= 1;
  writeFileSync(chunk, bytes);
  const tampered = await command("file", "get", request, "document", "--as", "customs", "--data", data, "--out", `${out}.2`);
  expect(tampered).toMatchObject({ code: 1, out: "" });
  expect(tampered.err).toContain("vermilion: chunk-does-not-match: ");
  expect(existsSync(`${out}.2`)).toBe(false);

  await command("stop", "platform", "--data", data);
  await expect(onceOnly(data, "customs").readFile({ request, field: "document" })).rejects.toMatchObject({ code: "peer-unreachable" });
});
