import { randomBytes, randomInt } from "node:crypto";
import {
  commitment,
  digest,
  disclosure,
  encodeSealedDisclosures,
  fieldsOf,
  formatIdentifier,
  issuerSignedInput,
  issuerSignedJws,
  openDisclosure,
  parseCertificateType,
  parseSealedDisclosures,
  schemaHash,
  sealDisclosure,
  typeUrn,
} from "@vermilion/certificates";
import { operationCall } from "@vermilion/contracts";
import { type EntryPayload, lowS, utf8 } from "@vermilion/ledger";
import { grantContextOf, openGrant, sealGrant } from "@vermilion/member/requests/grant-keys";
import { nativeCrypto } from "@vermilion/node";
import { refusalOf } from "@vermilion/node/entries/submission";
import { describe, expect, test } from "vitest";
import { caller, equalHeads, good, options } from "../member/fixtures.ts";
import { statusOf } from "../support/entries.ts";
import { attachmentOf, referenceTo } from "./support/attachments.ts";
import {
  approveWith,
  ask,
  cluster,
  contextAt,
  deed,
  fourMembers,
  read,
  recordKeysOf,
  services,
  signatures,
  writeAs,
} from "./support/four-members.ts";

/** A member publishes a certificate that its issuer did not sign, or shows what the ledger refused. */

fourMembers([deed]);

describe("documents", () => {
  test("one that the ledger refused does not open with the keys of the one of record", async () => {
    const { certificate } = good(await services("platform").issueCertificate({ type: "deed", fields: { refused: "x" } }, caller, options));
    good(await services("inspection").certificate({ certificate }));
    const drafts = ["the draft", "the one of record"].map((note, at) =>
      services("inspection").completeCertificate(
        { certificate, part: "annex", fields: { note } },
        { app: `desk-${at}`, operator: "o" },
        options,
      ),
    );
    const answers = (await Promise.all(drafts)).map(good);
    expect(answers.map((answer) => refusalOf(answer) ?? "applied").sort()).toEqual(["applied", "part-exists"]);
    const loser = answers.find(({ outcome }) => outcome?.kind !== "applied");
    const { payload } = good(await services("customs").entry({ transactionHash: loser?.transactionHash ?? "" }));
    const lost = (payload as unknown as EntryPayload).operations[0]?.arguments as unknown as {
      disclosures: string;
      commitments: Readonly<Record<string, string>>;
    };

    const request = await ask("customs", certificate, { part: "annex", fields: ["note"], purpose: "clearance" });
    const { fields } = good(await read(request));
    const granted = good(await services("customs").request({ request }));
    const file = await cluster.node("customs").stores.ledger.sealed(granted.grantAttachment ?? "");
    const context = contextAt("customs");
    const { keys } = good(await openGrant(context, grantContextOf(context, granted), file ?? new Uint8Array()));
    const [key] = Object.values(keys);
    const type = parseCertificateType(deed);
    if (key === undefined || "refused" in type) throw new Error("one key of a type that holds");
    const open = async (disclosures: string, committed: string) => {
      const bytes = good({ bytes: await services("customs").attachment({ sha256: disclosures }) }).bytes as Uint8Array;
      const sealed = (parseSealedDisclosures(bytes) as Readonly<Record<string, Uint8Array>>)["note"] ?? new Uint8Array();
      const place = { certificate, version: granted.version, part: "annex", field: "note" };
      const where = { ...place, schemaHash: schemaHash(type, "annex", nativeCrypto) };
      return openDisclosure({ sealed, key, commitment: committed, context: where }, nativeCrypto);
    };
    const ofRecord = good(await services("customs").certificate({ certificate })).parts["annex"];
    const committed = ofRecord?.commitments["note"] ?? "";
    expect(await open(ofRecord?.disclosures ?? "", committed)).toMatchObject({ value: fields["note"] });
    expect(await open(lost.disclosures, lost.commitments["note"] ?? "")).toHaveProperty("refused");
    // Neither with the commitment that the key does match.
    expect(await open(lost.disclosures, committed)).toHaveProperty("refused");
  });

  const forged: readonly (readonly [string, object, string])[] = [
    ["signed by nobody", {}, "nobody"],
    ["signed by another member", {}, "tax"],
    ["of another certificate", { jti: "1.2.156.3005.2.11100000000012154X001.11100000000012154X.A1.001.5" }, "platform"],
    ["of another part", { part: "annex" }, "platform"],
    ["of another type", { vct: typeUrn("permit", 1) }, "platform"],
    ["of another version of the type", { vct: typeUrn("deed", 2) }, "platform"],
    ["in another issuer's name", { iss: "test.example/tax" }, "platform"],
  ];

  test.each(forged)("%s are not read", async (_what, claims, signer) => {
    expect(await publishedAndRead(claims, signer)).toMatchObject({ refused: "record-not-signed" });
  });

  test("signed by their owner, made in the same way, are read", async () => {
    expect(good(await publishedAndRead({}, "platform")).fields).toEqual({ refused: "a value" });
  });

  /** The platform puts a record on the ledger past its own use cases and grants it with the right key. */
  const publishedAndRead = async (claims: object, signer: string) => {
    const type = parseCertificateType(deed);
    if ("refused" in type) throw new Error("the type holds");
    const [first] = fieldsOf(type, "main");
    if (first === undefined) throw new Error("the type has fields");
    const { uscc } = cluster.node("platform").identity;
    const serial = randomBytes(16).toString("hex").toUpperCase();
    const certificate = formatIdentifier({ type: type.code, issuer: uscc, serial, version: 1 });
    const { text } = disclosure(new Uint8Array(16), "refused", "a value");
    const key = new Uint8Array(randomBytes(32));
    const place = { certificate, version: 1, part: "main", field: "refused", schemaHash: schemaHash(type, "main", nativeCrypto) };
    const sealed = sealDisclosure({ disclosure: text, field: first, key, nonce: new Uint8Array(12), context: place }, nativeCrypto);
    const right = { vct: typeUrn("deed", 1), iss: "test.example/platform", iat: 1_700_000_000, jti: certificate, part: "main" };
    const kid = contextAt(signer === "tax" ? "tax" : "platform").signThumbprint;
    const input = issuerSignedInput({ ...right, ...claims }, [digest(text, nativeCrypto)], { alg: "ES256", kid });
    const signature = signer === "nobody" ? new Uint8Array(64).fill(1) : lowS(await contextAt(signer).keys.sign(input));
    const issuerSigned = attachmentOf(utf8(issuerSignedJws(input, signature)));
    const disclosures = attachmentOf(encodeSealedDisclosures({ refused: sealed }));
    const content = { fields: ["refused"], commitments: { refused: commitment(key, nativeCrypto) } };
    const named = { issuerSigned: issuerSigned.sha256, disclosures: disclosures.sha256 };
    const later = { expiresAt: Date.now() + 86_400_000, ...statusOf(randomInt(1_000_000)) };
    const call = { certificate, version: 1, type: "deed", typeVersion: 1, holder: null, ...later, ...content, ...named };
    const references = [referenceTo("issuer-signed", issuerSigned), referenceTo("disclosures", disclosures)];
    expect(await writeAs("platform", [operationCall("certificates.issue", call)], references, [issuerSigned, disclosures])).toBe("applied");
    const request = await ask("customs", certificate, { fields: ["refused"] });
    const context = contextAt("platform");
    const grant = grantContextOf(context, good(await services("platform").request({ request })));
    const file = attachmentOf(sealGrant(context, grant, { refused: key }, cluster.node("customs").identity.keys.agree.jwk));
    expect(await approveWith("platform", request, file)).toBe("applied");
    return read(request);
  };

  test("with fields called `refused` and `toString` are issued, read and granted like others", async () => {
    const bare = good(await services("platform").issueCertificate({ type: "deed", fields: { refused: "yes" } }, caller, options));
    expect(good(await services("platform").ownFields({ certificate: bare.certificate, part: "main" }, caller)).fields).toEqual({
      refused: "yes",
    });
    const fields = { refused: "no", toString: "a text" };
    const { certificate } = good(await services("platform").issueCertificate({ type: "deed", fields: fields as never }, caller, options));
    expect(good(await services("platform").ownFields({ certificate, part: "main" }, caller)).fields).toEqual(fields);
    const request = await ask("customs", certificate, { fields: ["refused", "toString"], purpose: "clearance" });
    expect(good(await read(request)).fields).toEqual(fields);
    const absent = await ask("customs", bare.certificate, { fields: ["refused"], purpose: "clearance" });
    expect(good(await read(absent)).fields).toEqual({ refused: "yes" });
  });

  test("of a member that may not issue are neither signed nor given a record key", async () => {
    await equalHeads(cluster);
    const before = signatures;
    const { certificate } = good(await services("platform").issueCertificate({ type: "deed", fields: { refused: "x" } }, caller, options));
    await equalHeads(cluster);
    const [after, keys] = [signatures, [...recordKeysOf]];
    expect(after).toBeGreaterThan(before);
    expect(await services("tax").issueCertificate({ type: "deed", fields: { refused: "x" } }, caller, options)).toMatchObject({
      refused: "not-an-issuer",
    });
    const annex = { part: "annex", fields: { note: "x" } };
    expect(await services("tax").completeCertificate({ certificate, ...annex }, caller, options)).toMatchObject({
      refused: "not-a-completer",
    });
    expect(signatures).toBe(after);
    expect(recordKeysOf).toEqual(keys);
  });
});
