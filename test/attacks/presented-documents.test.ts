import { digest, disclosure } from "@vermilion/certificates";
import type { EntryPayload } from "@vermilion/ledger";
import { nativeCrypto } from "@vermilion/node";
import { describe, expect, test } from "vitest";
import { caller, good, options } from "../member/fixtures.ts";
import { cluster, deed, fourMembers, issuePermit, nothingWritten, putForward, services } from "./support/four-members.ts";

/** A holder presents a document that was altered, never published, or is over. */

fourMembers([deed]);

describe("presented documents", () => {
  test("a disclosure that is not in _sd fails the verification, which is recorded", async () => {
    const { sdJwt = "" } = await issuePermit();
    const { text } = disclosure(new Uint8Array(16), "name", "another name");
    expect(digest(text, nativeCrypto)).not.toBe("");
    const parts = sdJwt.split("~");
    const forged = [parts[0], text, ...parts.slice(2)].join("~");
    const verify = (document: string) =>
      services("tax").verifyCertificate({ sdJwt: document, issuerCode: cluster.node("platform").identity.uscc }, caller, options);
    expect(good(await verify(forged)).verdicts.integrity).not.toBe(good(await verify(sdJwt)).verdicts.integrity);
  });

  test("one that nobody published", async () => {
    const forged = `${(await issuePermit()).sdJwt?.replace(/^([^.]+\.)/, "$1eyJ4IjoxfQ") ?? ""}`;
    const verify = () =>
      services("tax").verifyCertificate({ sdJwt: forged, issuerCode: cluster.node("platform").identity.uscc }, caller, options);
    expect(["unknown-document", "bad-sd-jwt", "malformed-sd-jwt"]).toContain(
      ((await nothingWritten(verify)) as { refused: string }).refused,
    );
  });
});

test("a certificate whose days are over is recorded as expired", async () => {
  const { sdJwt = "", issuerSignedSha256 } = good(
    await services("platform").issueCertificate({ type: "deed", fields: { refused: "x" } }, caller, options),
  );
  const verify = async () => {
    const given = { sdJwt, issuerCode: cluster.node("platform").identity.uscc };
    return good(await services("tax").verifyCertificate(given, caller, options));
  };
  const inTime = await verify();
  expect(inTime.verdicts).toMatchObject({ integrity: "holds", status: "valid", issuer: "holds" });
  putForward(2 * 86_400_000);
  const late = await verify();
  expect([late.outcome?.kind, late.verdicts.status, late.verdicts.integrity]).toEqual(["applied", "expired", "holds"]);
  const { payload } = good(await services("customs").entry({ transactionHash: late.transactionHash }));
  expect((payload as unknown as EntryPayload).operations[0]?.arguments).toMatchObject({
    issuerSigned: issuerSignedSha256,
    verdicts: { status: "expired" },
  });
});
