import { addressOf } from "@vermilion/contracts";
import { thumbprint } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { expect, test } from "vitest";
import { newHolder } from "../demo/holder.ts";
import { startConsortium } from "../local/running-consortium.ts";
import { freePorts } from "../support/ports.ts";
import { clientsOf, equalHeads, freshData, noteType } from "./agencies.ts";

/** The five APIs of the certificate evidence chain (mission C4), over HTTP, each at another agency. */
test("register a holder, send issuing data, verify, ask for the public key and for the certificate", async () => {
  const data = freshData();
  await startConsortium("--data", data, "--port", String(await freePorts()), "--no-sample");
  const clients = clientsOf(data);
  const [platform, inspection, customs, tax] = ["platform", "inspection", "customs", "tax"].map((id) => clients.get(id)!) as [
    ReturnType<typeof clients.get> & object,
    ReturnType<typeof clients.get> & object,
    ReturnType<typeof clients.get> & object,
    ReturnType<typeof clients.get> & object,
  ];
  await platform.defineType({ type: noteType });
  const { chain } = await platform.consortium();

  // Register: account name → address; the key pair is made where the holder's phone would make it.
  const account = newHolder().account({ chain, member: "tax", name: "持证人甲" });
  const registered = await tax.registerAccount(account);
  expect(registered).toMatchObject({ outcome: "applied", address: addressOf(thumbprint(account.jwk, nativeCrypto), nativeCrypto) });
  await expect(tax.registerAccount(account)).rejects.toMatchObject({ code: "account-exists" });
  // Another citizen of the same name has an address of his own.
  const namesake = await tax.registerAccount(newHolder().account({ chain, member: "tax", name: "持证人甲" }));
  expect(namesake).toMatchObject({ outcome: "applied" });
  expect(namesake.address).not.toBe(registered.address);

  // Send issuing data: holder's address and data → transaction hash, block number.
  const issued = await customs.issueCertificate({ type: noteType.id, fields: { title: "收证", amount: 7 }, holder: registered.address });
  expect(issued.transactionHash).toMatch(/^[0-9a-f]{64}$/);
  expect(issued.blockNumber).toBeGreaterThan(0);

  // Verify: is itself recorded; a changed certificate is recorded as failing.
  const issuerCode = (await customs.members()).items.find(({ id }) => id === "customs")?.uscc ?? "";
  const verified = await inspection.verifyCertificate({ sdJwt: issued.sdJwt ?? "", issuerCode });
  expect(verified).toMatchObject({ outcome: "applied", verdicts: { integrity: "holds", status: "valid", issuer: "holds" } });
  expect(verified.blockNumber).toBeGreaterThan(issued.blockNumber ?? Number.POSITIVE_INFINITY);
  await expect(inspection.verifyCertificate({ sdJwt: issued.sdJwt ?? "", issuerCode: "91350100M000100Y43" })).rejects.toMatchObject({
    code: "issuer-does-not-match",
  });

  // Public key by address, at another agency.
  expect((await platform.account({ address: registered.address })).jwk).toEqual(account.jwk);
  await expect(platform.account({ address: `ver1${"0".repeat(40)}` })).rejects.toMatchObject({ code: "unknown-account" });

  // Certificate by the holder's address, block number and transaction hash; its information to who may read it, a renewal too.
  const find = (at: typeof platform, { blockNumber = 0, transactionHash }: { blockNumber?: number; transactionHash: string }) =>
    at.certificatesOfHolder({ address: registered.address, block: blockNumber, transaction: transactionHash }).then(({ items }) => items);
  const found = { certificate: issued.certificate, issuer: "customs", issuerCode, holder: registered.address };
  expect(await find(platform, issued)).toMatchObject([{ ...found, disclosed: [], withheld: [] }]);
  expect(await find(customs, issued)).toMatchObject([{ ...found, disclosed: [{ part: "main", fields: { title: "收证", amount: 7 } }] }]);
  await expect(find(platform, { ...issued, blockNumber: (issued.blockNumber ?? 0) + 1 })).rejects.toMatchObject({
    code: "unknown-certificate",
  });
  const renewed = await customs.renewCertificate({
    certificate: issued.certificate,
    fields: { title: "换证", amount: 8 },
    reason: "renewal",
  });
  expect(await find(customs, renewed)).toMatchObject([
    { certificate: renewed.certificate, replaces: issued.certificate, issuerCode, disclosed: [{ fields: { title: "换证", amount: 8 } }] },
  ]);

  await equalHeads(clients);
  const acts = [];
  for await (const act of tax.each.certificateTrace({ certificate: issued.certificate })) acts.push(act.kind);
  expect(acts.toSorted()).toEqual(["issued", "replaced", "verified"]);
});
