import { issuerSignedHash } from "@vermilion/certificates";
import { nobleCrypto } from "@vermilion/client/noble-crypto";
import { type OfflineInput, type OfflineVerdicts, type Unreadable, verifyOffline } from "@vermilion/client/verify";
import { applied, hashOf, type Operation, refusedWith } from "@vermilion/ledger";
import { describe, expect, test } from "vitest";
import { entryOf, makeKey, makeMember } from "../support/entries.ts";
import {
  certificateId,
  consortium,
  crypto,
  document,
  issuedAtMs,
  issueEntry,
  issueOperation,
  makeWorld,
  sdJwtBy,
  statusListBy,
} from "./fixtures.ts";

const world = makeWorld();
const now = issuedAtMs + 3_600_000;
const receipt = world.receiptOfEntry(world.entry);
const bare = { receipt, policy: world.policy, crypto, now };
const full: OfflineInput = { ...bare, entry: world.entry.bytes, sdJwt: world.sdJwt, genesis: world.genesis, document };

async function verdicts(input: OfflineInput): Promise<OfflineVerdicts> {
  const result = await verifyOffline(input);
  if ("unreadable" in result) throw new Error(`unreadable: ${result.unreadable} ${result.code}`);
  return result;
}

/** One word for what came out, to compare many at once. */
async function outcome(input: OfflineInput): Promise<string> {
  const result: OfflineVerdicts | Unreadable = await verifyOffline(input);
  if ("unreadable" in result) return `unreadable ${result.unreadable}`;
  return result.passed ? "passed" : "failed";
}

describe("integrity", () => {
  test("a receipt alone holds; status and issuer are not claimed", async () => {
    const result = await verdicts(bare);
    expect(result).toMatchObject({
      passed: true,
      integrity: { verdict: "holds" },
      status: { verdict: "not-checked" },
      issuer: { verdict: "not-checked" },
    });
    expect(result.facts.cosigners?.map(({ name }) => name)).toEqual(["platform", "inspection", "customs"]);
    expect(result.facts.outcome).toBe("applied");
  });

  test("receipt, entry, SD-JWT, document and genesis together hold, natively and with noble", async () => {
    for (const each of [crypto, nobleCrypto]) {
      const result = await verdicts({ ...full, crypto: each });
      expect(result.passed).toBe(true);
      expect(result.issuer).toMatchObject({ verdict: "holds", issuer: `${consortium}/platform` });
      expect(result.status).toMatchObject({ verdict: "not-checked", code: "no-status-list" });
      expect(result.facts).toMatchObject({ transactionHash: world.entry.transactionHash, certificate: certificateId, part: "main" });
      expect(result.facts.fields).toMatchObject({ creditCode: "91350200MA2XQ7K095" });
    }
  });

  test("the receipt of a refused entry never passes, with or without the entry", async () => {
    const refused = world.receiptOfEntry(world.entry, refusedWith("unknown-type"));
    for (const input of [
      { ...bare, receipt: refused },
      { ...full, receipt: refused },
    ]) {
      expect((await verdicts(input)).integrity).toMatchObject({ verdict: "fails", code: "entry-was-refused" });
    }
  });

  test("an SD-JWT or a document without the entry fails and says to give the entry", async () => {
    for (const extra of [{ sdJwt: world.sdJwt }, { document }]) {
      const { passed, integrity } = await verdicts({ ...bare, ...extra });
      expect(passed).toBe(false);
      expect(integrity.code).toBe("entry-needed");
      expect(integrity.reason.en).toContain("give the entry");
    }
  });

  test("another entry, a header's receipt, another document, another chain's entry", async () => {
    const another = issueEntry(world.chain, world.issuer, world.jws);
    expect((await verdicts({ ...full, entry: another.bytes })).integrity.code).toBe("entry-does-not-match");
    const ofHeader = world.receiptOf({ kind: "header", sha256: world.entry.entryHash });
    expect((await verdicts({ ...full, receipt: ofHeader })).integrity.code).toBe("not-an-entry");
    expect((await verdicts({ ...full, document: new Uint8Array([...document, 0]) })).integrity.code).toBe("document-not-named");
    const foreign = issueEntry("e".repeat(64), world.issuer, world.jws);
    const input = { ...full, entry: foreign.bytes, receipt: world.receiptOfEntry(foreign) };
    expect((await verdicts(input)).integrity.code).toBe("entry-of-another-chain");
  });

  test("a document is an attachment or an issuer-signed part, given as bytes or as a hash; standing anywhere else is not enough", async () => {
    const sha256 = "ab".repeat(32);
    const passes = async (operation: Operation) => {
      const entry = entryOf(world.chain, [world.issuer.keys.sign], [operation], { time: issuedAtMs });
      const input = { ...bare, entry: entry.bytes, receipt: world.receiptOfEntry(entry), document: { sha256 } };
      const { passed, integrity } = await verdicts(input);
      expect(passed || integrity.code === "document-not-named").toBe(true);
      return passed;
    };
    expect(await passes(issueOperation(sha256))).toBe(true);
    expect(await passes({ ...issueOperation(sha256), operation: "complete" })).toBe(true);
    expect(await passes(issueOperation("ac".repeat(32)))).toBe(false);
    expect(await passes(issueOperation("ac".repeat(32), { type: sha256 }))).toBe(false);
    expect(await passes({ contract: "types", operation: "define", arguments: { type: { names: { zh: sha256, en: "x" } } } })).toBe(false);
    expect(await passes({ contract: "verifications", operation: "record", arguments: { issuerSigned: sha256 } })).toBe(false);
    expect((await verdicts({ ...bare, entry: world.entry.bytes, document: { sha256: hashOf(document, crypto) } })).passed).toBe(true);
  });

  test("the facts say what the entry does, and who signed it where his key is given", async () => {
    const { genesis: _none, ...keyless } = full;
    expect((await verdicts(full)).facts).toMatchObject({ operations: ["certificates.issue"], author: `${consortium}/platform` });
    const { facts } = await verdicts(keyless);
    expect(facts.operations).toEqual(["certificates.issue"]);
    expect(facts.author).toBeUndefined();
    const other = issueEntry(world.chain, world.other, world.jws);
    const input = { ...full, entry: other.bytes, receipt: world.receiptOfEntry(other) };
    expect((await verdicts(input)).facts.author).toBe(`${consortium}/inspection`);
  });

  test("two of four cosignatures are too few; another policy does not know the ledger", async () => {
    const record = { kind: "entry", outcome: applied, sha256: world.entry.entryHash } as const;
    const few = world.receiptOf(record, ["platform", "customs"]);
    expect((await verdicts({ ...bare, receipt: few })).integrity.code).toBe("quorum-not-reached");
    expect((await verdicts({ ...bare, policy: makeWorld().policy })).integrity.code).toBe("unknown-origin");
  });
});

describe("the certificate", () => {
  function withSdJwt(
    sdJwt: { readonly text: string; readonly jws: string },
    operation?: Parameters<typeof issueEntry>[3],
    author = world.issuer,
  ) {
    const entry = issueEntry(world.chain, author, sdJwt.jws, operation);
    return { ...full, sdJwt: sdJwt.text, entry: entry.bytes, receipt: world.receiptOfEntry(entry) };
  }

  test("one that this entry did not issue", async () => {
    const another = sdJwtBy(world.issuer, { claims: { iat: issuedAtMs / 1000 + 5 } });
    expect((await verdicts({ ...full, sdJwt: another.text })).integrity.code).toBe("sd-jwt-not-issued-here");
  });

  test("named by an attachment but not by the operation, or the other way round", async () => {
    const onlyAttached = withSdJwt({ text: world.sdJwt, jws: world.jws }, issueOperation("1".repeat(64)));
    expect((await verdicts(onlyAttached)).integrity.code).toBe("sd-jwt-not-issued-here");
    const hash = issuerSignedHash(world.jws, crypto);
    const entry = entryOf(world.chain, [world.issuer.keys.sign], [issueOperation(hash)], { time: issuedAtMs });
    const onlyArgument = { ...bare, sdJwt: world.sdJwt, entry: entry.bytes, receipt: world.receiptOfEntry(entry) };
    expect((await verdicts(onlyArgument)).integrity.code).toBe("sd-jwt-not-issued-here");
  });

  test("issued under another identifier or part than it names", async () => {
    const hash = issuerSignedHash(world.jws, crypto);
    const sdJwt = { text: world.sdJwt, jws: world.jws };
    const other = withSdJwt(sdJwt, issueOperation(hash, { certificate: `${certificateId}X` }));
    expect((await verdicts(other)).integrity.code).toBe("sd-jwt-of-another-certificate");
    const part = withSdJwt(sdJwt, { ...issueOperation(hash, { part: "inspection" }), operation: "complete" });
    expect((await verdicts(part)).integrity.code).toBe("sd-jwt-of-another-certificate");
  });

  test("that says it is of another type, or version of it, than the ledger was told", async () => {
    const hash = issuerSignedHash(world.jws, crypto);
    const sdJwt = { text: world.sdJwt, jws: world.jws };
    expect((await verdicts(full)).facts.type).toEqual({ id: "moc-filing", version: 1 });
    for (const given of [{ type: "look-alike" }, { typeVersion: 2 }, { typeVersion: "1" }]) {
      const result = await verdicts(withSdJwt(sdJwt, issueOperation(hash, given)));
      expect(result, JSON.stringify(given)).toMatchObject({ passed: false, integrity: { code: "sd-jwt-of-another-type" } });
    }
    const part = sdJwtBy(world.other, { claims: { part: "inspection" } });
    const { type: _type, ...rest } = issueOperation(issuerSignedHash(part.jws, crypto), { part: "inspection" }).arguments;
    const untyped = { contract: "certificates", operation: "complete", arguments: rest };
    expect((await verdicts(withSdJwt(part, untyped, world.other))).integrity.code).toBe("sd-jwt-of-another-type");
  });

  test("a completed part is judged as its completer's", async () => {
    const sdJwt = sdJwtBy(world.other, { claims: { part: "inspection" } });
    const operation = { ...issueOperation(issuerSignedHash(sdJwt.jws, crypto), { part: "inspection" }), operation: "complete" };
    const result = await verdicts(withSdJwt(sdJwt, operation, world.other));
    expect(result).toMatchObject({ passed: true, issuer: { issuer: `${consortium}/inspection` } });
  });

  test("a disclosure that is not in _sd, one that stands twice, one left out", async () => {
    const foreign = sdJwtBy(world.issuer, { claims: { iat: 1 } }).text.split("~");
    const parts = world.sdJwt.split("~");
    const strange = Buffer.from(JSON.stringify(["c2FsdHNhbHRzYWx0c2FsdA", "creditCode", "0"])).toString("base64url");
    const swapped = [parts[0], strange, ...parts.slice(2)].join("~");
    expect(foreign.length).toBe(parts.length);
    expect((await verdicts({ ...full, sdJwt: swapped })).integrity.code).toBe("disclosure-not-in-sd");
    expect((await verdicts({ ...full, sdJwt: [parts[0], parts[1], parts[1], ""].join("~") })).integrity.code).toBe("duplicate-digest");
    const fewer = await verdicts({ ...full, sdJwt: [parts[0], parts[2], ""].join("~") });
    expect(fewer.passed).toBe(true);
    expect(Object.keys(fewer.facts.fields ?? {})).toEqual(["creditCode"]);
  });

  test("without a key every disclosure is still checked, and the issuer is unknown, which does not pass", async () => {
    const { genesis: _none, ...keyless } = full;
    const result = await verdicts(keyless);
    expect(result).toMatchObject({ passed: false, integrity: { verdict: "holds" }, issuer: { verdict: "unknown", code: "no-issuer-key" } });
    const parts = world.sdJwt.split("~");
    expect((await verdicts({ ...keyless, sdJwt: [parts[0], parts[1], parts[1], ""].join("~") })).integrity.verdict).toBe("fails");
  });

  test("issuer keys that the caller trusts stand in for the genesis", async () => {
    const { genesis: _none, ...keyless } = full;
    const issuer = `${consortium}/platform`;
    expect((await verdicts({ ...keyless, issuerKeys: [{ issuer, jwk: world.issuer.keys.sign.jwk }] })).passed).toBe(true);
    expect((await verdicts({ ...keyless, issuerKeys: [{ issuer, jwk: makeKey("P-256").jwk }] })).issuer.verdict).toBe("fails");
  });

  test("signed by a stranger, or by one member in the name of another", async () => {
    const stranger = makeMember("platform");
    const forged = withSdJwt(sdJwtBy(stranger));
    expect((await verdicts(forged)).issuer).toMatchObject({ verdict: "fails" });
    const kidOfIssuer = withSdJwt(sdJwtBy(stranger, { kid: world.issuer.keys.sign.thumbprint }));
    expect((await verdicts(kidOfIssuer)).issuer).toMatchObject({ verdict: "fails", code: "bad-signature" });
    const borrowed = withSdJwt(sdJwtBy(world.issuer, { key: world.other.keys.sign }));
    expect((await verdicts(borrowed)).issuer.verdict).toBe("fails");
  });

  test("put on the ledger by another member than its issuer", async () => {
    const result = await verdicts(withSdJwt({ text: world.sdJwt, jws: world.jws }, undefined, world.other));
    expect(result.issuer).toMatchObject({ verdict: "fails", code: "other-issuer" });
    expect(result.passed).toBe(false);
  });

  test("a genesis of another chain, one that not all founders signed, one that is no genesis", async () => {
    const foreign = await verdicts({ ...full, genesis: makeWorld().genesis });
    expect(foreign).toMatchObject({
      passed: false,
      integrity: { verdict: "holds" },
      issuer: { verdict: "unknown", code: "genesis-of-another-chain" },
    });
    const file = JSON.parse(world.genesis) as { entry: string };
    const entry = JSON.parse(file.entry) as { payload: string; signatures: { protected: string; signature: string }[] };
    const [first, second] = entry.signatures;
    const swapped = { ...entry, signatures: [{ ...first, signature: second?.signature }, ...entry.signatures.slice(1)] };
    const unsigned = JSON.stringify({ ...file, entry: JSON.stringify(swapped) });
    expect((await verdicts({ ...full, genesis: unsigned })).issuer.code).toBe("genesis-not-signed");
    expect(await outcome({ ...full, genesis: "{}" })).toBe("unreadable genesis");
    expect(await outcome({ ...bare, genesis: makeWorld().genesis })).toBe("failed");
  });
});

describe("status", () => {
  const key = world.issuer.keys.sign;
  const withList = (statusList: string) => verdicts({ ...full, statusList });

  test("not revoked as of the list, revoked, suspended", async () => {
    expect(await withList(statusListBy(key, 0))).toMatchObject({
      passed: true,
      status: { verdict: "not-revoked-as-of", asOf: issuedAtMs + 60_000 },
    });
    expect(await withList(statusListBy(key, 1))).toMatchObject({ passed: false, status: { verdict: "revoked" } });
    expect(await withList(statusListBy(key, 2))).toMatchObject({ passed: false, status: { verdict: "suspended" } });
  });

  test("a list that does not fit is not quietly left out", async () => {
    const lists = {
      "of another issuer": statusListBy(world.other.keys.sign, 0),
      "of another address": statusListBy(key, 0, { uri: "http://127.0.0.1:7301/status/2" }),
      expired: statusListBy(key, 0, { exp: issuedAtMs / 1000 + 120 }),
      "from the future": statusListBy(key, 0, { iat: now / 1000 + 86_400 }),
      garbage: "not a token",
    };
    for (const [name, list] of Object.entries(lists)) {
      expect(await withList(list), name).toMatchObject({
        passed: false,
        integrity: { verdict: "holds" },
        status: { verdict: "not-checked" },
      });
    }
  });

  test("a revocation stays true when its list has expired", async () => {
    expect((await withList(statusListBy(key, 1, { exp: issuedAtMs / 1000 + 120 }))).status.verdict).toBe("revoked");
  });

  test("no verdict of the status is ever plain valid", async () => {
    for (const status of [0, 1, 2]) expect((await withList(statusListBy(key, status))).status.verdict).not.toMatch(/^valid$/);
  });

  test("a certificate past its own expiry does not pass", async () => {
    const sdJwt = sdJwtBy(world.issuer, { claims: { exp: now / 1000 - 1 } });
    const entry = issueEntry(world.chain, world.issuer, sdJwt.jws);
    const result = await verdicts({ ...full, sdJwt: sdJwt.text, entry: entry.bytes, receipt: world.receiptOfEntry(entry) });
    expect(result).toMatchObject({ passed: false, status: { verdict: "expired" } });
  });
});

test("inputs cut short or replaced by nothing are never passed and never thrown on", async () => {
  for (const name of ["receipt", "policy", "sdJwt", "genesis", "statusList"] as const) {
    for (const value of ["", "\n", "\u0000", "~", "{}", "[[[[[[[[[[[[[[[[[[[[", "\ud800", receipt.slice(0, 200)]) {
      expect(await outcome({ ...full, [name]: value }), `${name} ${JSON.stringify(value)}`).not.toBe("passed");
    }
  }
  expect(await outcome({ ...full, entry: new Uint8Array() })).toBe("failed");
});
