import { verifyReceipt } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { expect, test } from "vitest";
import { command, startConsortium } from "../local/running-consortium.ts";
import { freePorts } from "../support/ports.ts";
import { clientsOf, concurrently, equalHeads, freshData, noteType } from "./agencies.ts";

test("1,000 certificates issued at once through all four members: four equal heads, 1,000 final receipts, each once", async () => {
  const data = freshData();
  await startConsortium("--data", data, "--port", String(await freePorts()), "--no-sample");
  const clients = clientsOf(data);
  const members = [...clients.keys()];
  const client = (at: number) => clients.get(members[at % members.length]!)!;
  await client(0).defineType({ type: noteType });
  await equalHeads(clients);

  const issued = await concurrently(1_000, 64, (at) =>
    client(at).issueCertificate({ type: noteType.id, fields: { title: `第${at}号`, amount: at } }),
  );
  expect(issued.every(({ outcome }) => outcome === "applied")).toBe(true);
  expect(new Set(issued.map(({ certificate }) => certificate)).size).toBe(1_000);

  const heads = await equalHeads(clients);
  expect(new Set(heads.map(({ headHash }) => headHash)).size).toBe(1);

  const policy = await client(0).policy();
  const receipts = await concurrently(1_000, 16, async (at) => {
    // The receipt comes from another member than the one that issued.
    const receipt = await client(at + 1).receipt({ transactionHash: issued[at]!.transactionHash, wait: 5 });
    expect(receipt.final).toBe(true);
    return verifyReceipt(receipt.receipt, policy, nativeCrypto);
  });
  expect(receipts.every((verdict) => "ok" in verdict && verdict.record.kind === "entry" && verdict.record.outcome.kind === "applied")).toBe(
    true,
  );
  expect(new Set(receipts.map((verdict) => ("ok" in verdict ? verdict.index : -1))).size).toBe(1_000);

  const listed = new Set<string>();
  for await (const row of client(3).each.certificates({ type: noteType.id, limit: 100 })) listed.add(row.certificate);
  expect(issued.every(({ certificate }) => listed.has(certificate))).toBe(true);
  expect(listed.size).toBe(1_000);

  await command("stop", "--data", data);
  for (const member of members) expect(await command("fsck", member, "--data", data, "--json")).toMatchObject({ code: 0 });
});
