import { randomBytes, randomInt } from "node:crypto";
import {
  commitment,
  digest,
  disclosure,
  encodeSealedDisclosures,
  formatIdentifier,
  issuerSignedInput,
  issuerSignedJws,
  parseCertificateType,
  schemaHash,
  sealDisclosure,
  typeUrn,
} from "@vermilion/certificates";
import { operationCall } from "@vermilion/contracts";
import { lowS, utf8 } from "@vermilion/ledger";
import { grantContextOf, sealGrant } from "@vermilion/member/requests/grant-keys";
import { nativeCrypto } from "@vermilion/node";
import { describe, expect, test } from "vitest";
import { caller, good, permit, permitFields } from "../member/fixtures.ts";
import { statusOf } from "../support/entries.ts";
import { attachmentOf, referenceTo } from "./support/attachments.ts";
import { approveWith, ask, cluster, contextAt, fourMembers, issuePermit, services, tryToAsk, writeAs } from "./support/four-members.ts";

/** The owner of a certificate approves a request with a key file that is not the right one. */

fourMembers();

describe("an owner that cheats", () => {
  /** Approves with this key file, whatever is in it. */
  const approve = (request: string, file: Uint8Array) => approveWith("platform", request, attachmentOf(file));
  const pendingFor = async (certificate: string) => ask("customs", certificate);

  test("a key file that was given once already is refused on the chain", async () => {
    const open = good(await tryToAsk((await issuePermit()).certificate));
    good(await services("customs").grantedFields({ request: open.request }, caller, { waitMs: 5_000 }));
    const { grantAttachment = "" } = good(await services("customs").request({ request: open.request }));
    const copied = await cluster.node("platform").stores.ledger.sealed(grantAttachment);
    const pending = await pendingFor((await issuePermit()).certificate);
    expect(await approve(pending, copied ?? new Uint8Array())).toBe("refused:attachment-used");
    expect(good(await services("customs").request({ request: pending })).status).toBe("pending");
  });

  test.each(["another certificate", "another request", "other fields", "another reader"])(
    "a key file that was made for %s is refused by the opener",
    async (other) => {
      const context = contextAt("platform");
      const pending = await pendingFor((await issuePermit()).certificate);
      const row = good(await services("customs").request({ request: pending }));
      const right = grantContextOf(context, row);
      const wrong = {
        "another certificate": { ...right, certificate: (await issuePermit()).certificate },
        "another request": { ...right, request: `${"0".repeat(64)}-0` },
        "other fields": { ...right, fields: ["name", "quantity"] },
        "another reader": { ...right, reader: "tax" },
      }[other];
      const keys = Object.fromEntries((wrong ?? right).fields.map((field) => [field, new Uint8Array(32)]));
      await approve(pending, sealGrant(context, wrong ?? right, keys, cluster.node("customs").identity.keys.agree.jwk));
      expect(await services("customs").grantedFields({ request: pending }, caller, { waitMs: 2_000 })).toMatchObject({
        refused: "wrong-grant",
      });
    },
  );

  test("a key that is not the one the entry committed to is refused by the reader", async () => {
    const context = contextAt("platform");
    const pending = await pendingFor((await issuePermit()).certificate);
    const grant = grantContextOf(context, good(await services("customs").request({ request: pending })));
    await approve(pending, sealGrant(context, grant, { name: new Uint8Array(32) }, cluster.node("customs").identity.keys.agree.jwk));
    expect(await services("customs").grantedFields({ request: pending }, caller, { waitMs: 2_000 })).toMatchObject({
      refused: "wrong-key",
    });
  });

  test("a disclosure whose digest the issuer did not sign is refused by the reader", async () => {
    const context = contextAt("platform");
    const type = parseCertificateType(permit);
    if ("refused" in type) throw new Error(type.refused);
    const { uscc } = cluster.node("platform").identity;
    const serial = randomBytes(16).toString("hex").toUpperCase();
    const certificate = formatIdentifier({ type: type.code, issuer: uscc, serial, version: 1 });
    const record = { certificate, version: 1, part: "main" };
    const hash = schemaHash(type, "main", nativeCrypto);
    const rows = type.fields.map((field) => {
      const value = (permitFields as Readonly<Record<string, string | number>>)[field.name] ?? null;
      const key = new Uint8Array(randomBytes(32));
      const [signed, shown] = [
        disclosure(new Uint8Array(16), field.name, value).text,
        disclosure(new Uint8Array(randomBytes(16)), field.name, value).text,
      ];
      const place = { ...record, field: field.name, schemaHash: hash };
      const sealed = sealDisclosure({ disclosure: shown, field, key, nonce: new Uint8Array(12), context: place }, nativeCrypto);
      return { field: field.name, key, signed, sealed };
    });
    const claims = { vct: typeUrn("permit", 1), iss: "test.example/platform", iat: 1_700_000_000, jti: certificate, part: "main" };
    const digests = rows.map(({ signed }) => digest(signed, nativeCrypto));
    const input = issuerSignedInput(claims, digests, { alg: "ES256", kid: context.signThumbprint });
    const issuerSigned = attachmentOf(utf8(issuerSignedJws(input, lowS(await context.keys.sign(input)))));
    const disclosures = attachmentOf(encodeSealedDisclosures(Object.fromEntries(rows.map(({ field, sealed }) => [field, sealed]))));
    const attachments = [referenceTo("issuer-signed", issuerSigned), referenceTo("disclosures", disclosures)];
    const outcome = await writeAs(
      "platform",
      [
        operationCall("certificates.issue", {
          certificate,
          version: 1,
          type: "permit",
          typeVersion: 1,
          holder: null,
          expiresAt: Date.now() + 86_400_000,
          ...statusOf(randomInt(1_000_000)),
          fields: rows.map(({ field }) => field),
          commitments: Object.fromEntries(rows.map(({ field, key }) => [field, commitment(key, nativeCrypto)])),
          issuerSigned: issuerSigned.sha256,
          disclosures: disclosures.sha256,
        }),
      ],
      attachments,
      [issuerSigned, disclosures],
    );
    expect(outcome).toBe("applied");
    const pending = await pendingFor(certificate);
    const grant = grantContextOf(context, good(await services("customs").request({ request: pending })));
    const name = rows.find(({ field }) => field === "name")?.key ?? new Uint8Array();
    await approve(pending, sealGrant(context, grant, { name }, cluster.node("customs").identity.keys.agree.jwk));
    expect(await services("customs").grantedFields({ request: pending }, caller, { waitMs: 5_000 })).toMatchObject({
      refused: "disclosure-not-signed",
    });
  });
});
