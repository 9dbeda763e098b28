import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Client, type ClientOptions, createClient } from "@vermilion/client";
import { applied, text } from "@vermilion/ledger";
import { expect, onTestFinished, test } from "vitest";
import { makeKey } from "../support/entries.ts";
import { certificateId, issueEntry, issueOperation, makeWorld } from "./fixtures.ts";

/** What a client does with the receipts of a member that may lie, over real HTTP. */

const world = makeWorld();
const other = makeWorld();
const { transactionHash } = world.entry;
const good = { transactionHash, final: true, leafIndex: 2, size: 5, receipt: world.receiptOfEntry(world.entry) };

async function memberThatGives(receipt: object, options: Partial<ClientOptions> & { readonly policy?: string } = {}) {
  const { policy = world.policy, ...rest } = options;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    if (path.startsWith("/v1/policy")) return void response.setHeader("content-type", "text/plain").end(policy);
    response.setHeader("content-type", "application/json");
    if (path.startsWith("/v1/entries")) return void response.end(JSON.stringify({ entry: text(world.entry.bytes) }));
    response.end(JSON.stringify(path.startsWith("/oauth") ? { access_token: "t", token_type: "Bearer", expires_in: 60 } : receipt));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const client: Client = createClient({ baseUrl: `http://127.0.0.1:${port}`, patience: { attempts: 1 }, ...rest });
  return { client, asked };
}

test("a final receipt is checked by the policy that the member named first, which is asked for once", async () => {
  const { client, asked } = await memberThatGives(good);
  expect(await client.receipt({ transactionHash })).toEqual(good);
  expect(await client.receipt({ transactionHash })).toEqual(good);
  expect(asked.filter((path) => path === "/v1/policy")).toHaveLength(1);
});

test.each([
  ["changed", { ...good, receipt: good.receipt.replace("index 2", "index 3") }],
  ["cosigned by too few", { ...good, receipt: world.receiptOf({ kind: "entry", outcome: applied, sha256: "a".repeat(64) }, ["platform"]) }],
  ["of another consortium", { ...good, receipt: other.receiptOfEntry(other.entry) }],
  ["empty", { ...good, receipt: "" }],
])("a receipt that is %s is not handed on", async (_what, receipt) => {
  const { client } = await memberThatGives(receipt);
  await expect(client.receipt({ transactionHash })).rejects.toMatchObject({ code: "receipt-does-not-hold", status: 0 });
});

test("who has pinned a policy does not ask the member for one, and is not deceived by it", async () => {
  const honest = await memberThatGives(good, { trust: { policy: world.policy } });
  expect(await honest.client.receipt({ transactionHash })).toEqual(good);
  expect(honest.asked.some((path) => path.startsWith("/v1/policy"))).toBe(false);
  const liar = await memberThatGives(
    { ...good, receipt: other.receiptOfEntry(other.entry) },
    { policy: other.policy, trust: { policy: world.policy } },
  );
  await expect(liar.client.receipt({ transactionHash })).rejects.toMatchObject({ code: "receipt-does-not-hold" });
});

/** As genuine as `good`, of the same ledger, but of another entry. */
const anotherEntry = issueEntry(world.chain, world.issuer, world.jws, issueOperation("0".repeat(64), { certificate: `${certificateId}2` }));
const swapped = { ...good, receipt: world.receiptOfEntry(anotherEntry) };

test("a genuine receipt of another entry is not handed on to an app that may read entries", async () => {
  const { client } = await memberThatGives(swapped, { app: appWith("ledger:read") });
  await expect(client.receipt({ transactionHash })).rejects.toMatchObject({ code: "receipt-does-not-hold" });
  await expect(client.proof({ transactionHash })).rejects.toMatchObject({ code: "receipt-does-not-hold" });
});

test("an app that may read entries gets the receipt of the entry that it asked for", async () => {
  const { client } = await memberThatGives(good, { app: appWith("ledger:read") });
  expect(await client.receipt({ transactionHash })).toEqual(good);
  expect(await client.proof({ transactionHash })).toMatchObject(good);
});

test("what is not final yet is handed on as that, and who trusts the member checks nothing", async () => {
  const early = { ...good, final: false, receipt: "not yet" };
  expect(await (await memberThatGives(early)).client.receipt({ transactionHash })).toEqual(early);
  const forged = { ...good, receipt: "forged" };
  expect(await (await memberThatGives(forged, { trust: "none" })).client.receipt({ transactionHash })).toEqual(forged);
});

test("the receipt of a digest is checked with its entry and its path", async () => {
  const evidence = {
    digest: "a".repeat(64),
    index: 0,
    count: 1,
    root: "a".repeat(64),
    path: [],
    evidence: "e",
    entry: text(world.entry.bytes),
  };
  const { client } = await memberThatGives({ ...good, ...evidence });
  await expect(client.evidenceReceipt({ evidence: "e", digest: "a".repeat(64) })).rejects.toMatchObject({ code: "receipt-does-not-hold" });
});

function appWith(...scopes: string[]) {
  const jwk = { ...makeKey("P-256").privateKey.export({ format: "jwk" }) };
  return { app: "desk", member: "platform", baseUrl: "http://127.0.0.1", jwk, scopes };
}
