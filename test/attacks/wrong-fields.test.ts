import { describe, expect, test } from "vitest";
import { caller, good, options, permit, permitFields } from "../member/fixtures.ts";
import { fourMembers, issuePermit, nothingWritten, services, tryToAsk, tryToIssue } from "./support/four-members.ts";

/** An app issues or asks for what is not as the type has it. */

fourMembers();

describe("fields of a certificate", () => {
  test("of a type that nobody defined", async () => {
    expect(await nothingWritten(() => tryToIssue(permitFields, { type: "passport" }))).toMatchObject({ refused: "unknown-type" });
  });

  test.each([
    ["a missing one", { name: "A", quantity: 1 }, "creditCode", "missing-field"],
    ["a surplus one", { ...permitFields, colour: "red" }, "colour", "surplus-field"],
    ["a wrong check digit", { ...permitFields, creditCode: "91350200MA2XQ7K094" }, "creditCode", "wrong-check-digit"],
    ["a value too long", { ...permitFields, name: "长".repeat(41) }, "name", "value-too-long"],
    ["a number too large", { ...permitFields, quantity: 1_001 }, "quantity", "value-too-large"],
    ["a value of another kind", { ...permitFields, quantity: "12" }, "quantity", "wrong-type"],
    ["half a surrogate pair", { ...permitFields, name: "\ud842" }, "name", "bad-character"],
  ])("%s", async (_what, fields, field, code) => {
    const answer = await nothingWritten(() => tryToIssue(fields));
    expect(answer).toMatchObject({ refused: "invalid-fields", problems: [{ field, code }] });
    expect(JSON.stringify(answer)).not.toContain("91350200MA2XQ7K094");
  });

  test("by a member that may not issue the type, or for a part that the type has not", async () => {
    const own = { ...(permit as object), id: "own", code: "11100000000019991T002", issuers: ["platform"] };
    good(await services("platform").defineType({ type: own }, caller, options));
    expect(await nothingWritten(() => tryToIssue(permitFields, { type: "own" }, "tax"))).toMatchObject({ refused: "not-an-issuer" });
    const { certificate } = await issuePermit();
    const complete = () => services("tax").completeCertificate({ certificate, part: "annex", fields: {} }, caller, options);
    expect(await nothingWritten(complete)).toMatchObject({ refused: "unknown-part" });
  });

  test("an entry that is too large", async () => {
    const { certificate } = await issuePermit();
    const fields = Array.from({ length: 2_000 }, (_, number) => `aFieldWithALongerName${number}`);
    expect(await nothingWritten(() => tryToAsk(certificate, { fields }))).toMatchObject({ refused: "too-large" });
  });

  test("arguments that are not of their form", async () => {
    const { certificate } = await issuePermit();
    expect(await nothingWritten(() => tryToAsk(certificate, { purpose: "Free text of a person" }))).toMatchObject({
      refused: "malformed-arguments",
    });
  });
});
