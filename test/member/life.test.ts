import { inflateSync } from "node:zlib";
import { verifyCertificate } from "@vermilion/certificates";
import { receiptOfHolderTyp } from "@vermilion/contracts";
import { nativeCrypto } from "@vermilion/node";
import { refusalOf } from "@vermilion/node/entries/submission";
import { importJWK, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, eventually } from "../support/cluster.ts";
import { accountProof, makeKey, signedObjectOf } from "../support/entries.ts";
import { caller, equalHeads, good, openPermits, options, permitFields, problemsOf, servicesOf } from "./fixtures.ts";

/** The life of a certificate on four members: what the use cases make of the rules. */

let cluster: Cluster;
beforeAll(async () => {
  cluster = await openPermits({}, 10);
});
afterAll(async () => {
  await equalHeads(cluster);
  expect(await problemsOf(cluster)).toEqual([]);
  await cluster.close();
});

const at = (id: string) => servicesOf(cluster, id);
const issued = async (more: object = {}) =>
  good(await at("platform").issueCertificate({ type: "permit", fields: permitFields, ...more }, caller, options));
const renewal = { fields: { ...permitFields, quantity: 13 }, reason: "renewal" };
const correction = { part: "main", fields: { ...permitFields, name: "更正后的名称" }, reason: "typing-error" };
const inflate = (bytes: Uint8Array) => inflateSync(bytes);

describe("renewal", () => {
  test("gives the next version, and a verifier of the old one is told", async () => {
    const old = await issued();
    const renewed = good(await at("platform").renewCertificate({ certificate: old.certificate, ...renewal }, caller, options));
    expect(renewed.certificate).toMatch(/\.002\..$/);
    expect(good(await at("platform").ownFields({ certificate: renewed.certificate, part: "main" }, caller)).fields).toEqual(renewal.fields);
    expect(good(await at("tax").certificateStatus({ certificate: old.certificate }))).toMatchObject({
      status: "replaced",
      reason: "renewal",
      replacedBy: renewed.certificate,
    });
    const uscc = cluster.node("platform").identity.uscc;
    const verified = good(await at("tax").verifyCertificate({ sdJwt: old.sdJwt ?? "", issuerCode: uscc }, caller, options));
    expect(verified.verdicts).toEqual({ integrity: "holds", status: "replaced", issuer: "holds" });
    expect(good(await at("customs").certificateHistory({ certificate: old.certificate, limit: 10 })).items.map(({ kind }) => kind)).toEqual(
      ["issued", "replaced"],
    );
  });

  test("of two at one time one applies, and the same call twice is one", async () => {
    const old = await issued();
    const both = await Promise.all([
      at("platform").renewCertificate({ certificate: old.certificate, ...renewal }, caller, { ...options, idempotencyKey: "renew-1" }),
      at("platform").renewCertificate({ certificate: old.certificate, ...renewal }, caller, { ...options, idempotencyKey: "renew-2" }),
    ]);
    const outcomes = both.map((one) => refusalOf(one) ?? "applied").sort();
    expect(outcomes).toEqual(["applied", "certificate-replaced"]);
    const first = both.findIndex((one) => !("refused" in one) && one.outcome?.kind === "applied");
    const again = good(
      await at("platform").renewCertificate({ certificate: old.certificate, ...renewal }, caller, {
        ...options,
        idempotencyKey: `renew-${first + 1}`,
      }),
    );
    expect(again.transactionHash).toBe((both[first] as { transactionHash: string }).transactionHash);
  });

  test("is refused for a revoked one, by another member, and where fields are wrong; nothing is written then", async () => {
    const old = await issued();
    expect(await at("customs").renewCertificate({ certificate: old.certificate, ...renewal }, caller, options)).toMatchObject({
      refused: "not-the-certificate-issuer",
    });
    const wrong = { ...renewal, fields: { ...permitFields, creditCode: "91350200MA2XQ7K096" } };
    expect(await at("platform").renewCertificate({ certificate: old.certificate, ...wrong }, caller, options)).toMatchObject({
      refused: "invalid-fields",
    });
    good(await at("platform").revokeCertificate({ certificate: old.certificate, reason: "law" }, caller, options));
    expect(await at("platform").renewCertificate({ certificate: old.certificate, ...renewal }, caller, options)).toMatchObject({
      refused: "certificate-revoked",
    });
    expect(good(await at("platform").certificateHistory({ certificate: old.certificate, limit: 10 })).items).toHaveLength(2);
  });
});

describe("correction", () => {
  test("whoever was granted the old document reads that one, and asks for the new one anew", async () => {
    const { certificate, sdJwt = "" } = await issued();
    const ask = async () =>
      good(
        await at("customs").openRequest(
          { certificate, part: "main", fields: ["name"], purpose: "clearance", serviceItem: "import", basis: "customs-law" },
          caller,
          options,
        ),
      ).request;
    const before = await ask();
    const reading = (request: string) => at("customs").grantedFields({ request }, caller, { waitMs: 10_000 });
    expect(good(await reading(before)).fields).toEqual({ name: permitFields.name });
    good(await at("platform").correctCertificate({ certificate, ...correction }, caller, options));
    await equalHeads(cluster);
    expect(good(await reading(before)).fields).toEqual({ name: permitFields.name });
    expect(good(await reading(await ask())).fields).toEqual({ name: correction.fields.name });
    const uscc = cluster.node("platform").identity.uscc;
    const verified = good(await at("tax").verifyCertificate({ sdJwt, issuerCode: uscc }, caller, options));
    expect(verified.verdicts.status).toBe("corrected");
  });

  test("a grant that a correction overtakes is given for the new document", async () => {
    const { certificate } = await issued();
    const asked = await Promise.all([
      at("customs").openRequest(
        { certificate, part: "main", fields: ["name"], purpose: "clearance", serviceItem: "import", basis: "customs-law" },
        caller,
        options,
      ),
      at("platform").correctCertificate({ certificate, ...correction }, caller, options),
    ]);
    const { request } = good(asked[0]);
    const read = good(await at("customs").grantedFields({ request }, caller, { waitMs: 10_000 }));
    expect([permitFields.name, correction.fields.name]).toContain(read.fields["name"]);
  });

  test("of another agency's part is refused", async () => {
    const { certificate } = await issued();
    expect(await at("customs").correctCertificate({ certificate, ...correction }, caller, options)).toMatchObject({
      refused: "not-the-owner",
    });
    const unknown = { ...correction, part: "nothing" };
    expect(await at("platform").correctCertificate({ certificate, ...unknown }, caller, options)).toMatchObject({
      refused: "unknown-part",
    });
  });
});

describe("status", () => {
  test("now and at a time past, with expiry judged at that time", async () => {
    const expiresAt = Date.now() + 3_600_000;
    const { certificate, time = 0 } = await issued({ expiresAt });
    const status = async (asOf?: number) =>
      good(await at("tax").certificateStatus({ certificate, ...(asOf === undefined ? {} : { asOf }) })).status;
    const suspended = good(await at("platform").suspendCertificate({ certificate, reason: "inquiry" }, caller, options));
    const resumed = good(await at("platform").resumeCertificate({ certificate, reason: "inquiry-closed" }, caller, options));
    await equalHeads(cluster);
    expect(await status(time - 1)).toBe("not-issued");
    expect(await status(time)).toBe("valid");
    expect(await status(suspended.time)).toBe("suspended");
    expect(await status(resumed.time)).toBe("valid");
    expect(await at("tax").certificateStatus({ certificate, asOf: Date.now() + 3_600_000 })).toMatchObject({
      refused: "as-of-in-the-future",
    });
  });

  test("is in the issuer's list, as any JOSE library reads it, now and at a time past", async () => {
    const { certificate, sdJwt = "" } = await issued();
    const place = good(await at("platform").certificate({ certificate })).parts["main"]?.status;
    const { sign } = cluster.node("platform").identity.keys;
    const issuerName = "test.example/platform";
    const judge = async (time?: number) => {
      const { token } = good(
        await at("platform").statusList({
          issuer: "platform",
          list: place?.list ?? -1,
          ...(time === undefined ? {} : { time: Math.ceil(time / 1_000) }),
        }),
      );
      const { payload, protectedHeader } = await jwtVerify(token, await importJWK({ ...sign.jwk }, "ES256"), { clockTolerance: 60 });
      expect([protectedHeader.typ, payload.sub]).toEqual(["statuslist+jwt", "http://platform.test.example/v1/status-lists/platform/0"]);
      const given = { sdJwt, issuerKey: sign.jwk, issuerName, statusListToken: token, crypto: nativeCrypto, inflate };
      return verifyCertificate(given).status.verdict;
    };
    expect(await judge()).toBe("not-revoked-as-of");
    const suspended = good(await at("platform").suspendCertificate({ certificate, reason: "inquiry" }, caller, options));
    expect(await judge()).toBe("suspended");
    // A moment past is asked for in whole seconds: there is one between the two steps.
    await eventually(async () => Date.now() > Math.ceil((suspended.time ?? 0) / 1_000) * 1_000);
    good(await at("platform").revokeCertificate({ certificate, reason: "law" }, caller, options));
    expect(await judge()).toBe("revoked");
    expect(await judge(suspended.time)).toBe("suspended");
  });

  test("lists that are not there, and another member's", async () => {
    await issued();
    expect(await at("platform").statusList({ issuer: "nobody", list: 0 })).toMatchObject({ refused: "unknown-issuer" });
    expect(await at("platform").statusList({ issuer: "platform", list: 99 })).toMatchObject({ refused: "unknown-status-list" });
    expect(await eventually(async () => at("tax").statusList({ issuer: "platform", list: 0 }))).toMatchObject({
      refused: "status-list-elsewhere",
      detail: "http://platform.test.example/v1/status-lists/platform/0",
    });
  });

  test("a list that did not change is signed once, however many ask", async () => {
    await issued();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => at("platform").statusList({ issuer: "platform", list: 0 })));
    expect(new Set(tokens.map((answer) => good(answer).token)).size).toBe(1);
  });
});

test("the holder's own signature acknowledges a certificate", async () => {
  const key = makeKey("P-256");
  const { chain } = await at("platform").consortium({});
  const name = "李雷";
  const proof = JSON.stringify(accountProof(key, { chain, kind: "holder", name, member: "platform" }));
  const { address } = good(await at("platform").registerAccount({ kind: "holder", name, jwk: key.jwk, proof }, caller, options));
  const { certificate, issuerSignedSha256: document } = await issued({ holder: address });
  const received = JSON.stringify(signedObjectOf(receiptOfHolderTyp, { certificate, chain, document }, key));
  expect(await at("platform").receiveCertificate({ certificate, proof: "no JSON" }, caller, options)).toMatchObject({
    refused: "bad-proof",
  });
  good(await at("platform").receiveCertificate({ certificate, proof: received }, caller, options));
  expect(await at("platform").receiveCertificate({ certificate, proof: received }, caller, options)).toMatchObject({
    refused: "already-received",
  });
  const steps = good(await at("platform").certificateHistory({ certificate, limit: 10 })).items;
  expect(steps.at(-1)).toMatchObject({ kind: "received", who: { kind: "account", id: address } });
});
