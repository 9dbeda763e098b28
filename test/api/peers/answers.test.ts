import { createSessionCheck } from "@vermilion/node/peers/peer-session";
import { type PeerHeaders, signResponse, verifyRequestHead, verifyResponse } from "@vermilion/node/peers/peer-signatures";
import { describe, expect, test } from "vitest";
import { chain, crypto } from "../support/member.ts";
import { body, pair, signedBy } from "./pair.ts";

/** An answer is believed of the member that was asked alone. */

describe("answers", () => {
  const asked = { member: "customs", requestSignature: "sig=:abc:" };

  async function answered(
    change: (headers: Record<string, string>) => Record<string, string> = (headers) => headers,
    status = 200,
    message = body,
  ) {
    const both = await pair();
    const { session, clock } = both.customs;
    const headers = await signResponse({ status: 200, body, contentType: "application/json" }, asked.requestSignature, {
      session,
      clock,
      crypto,
    });
    const checkSession = createSessionCheck({ clock, crypto, memberKeyOf: async (id) => both.members.get(id) });
    const response = { status, headers: change(headers) as PeerHeaders, body: message };
    return (about: Partial<typeof asked> = {}) => verifyResponse(response, { ...asked, ...about }, { checkSession, clock, crypto });
  }

  test("the right one is believed", async () => {
    expect(await (await answered())()).toBeUndefined();
  });

  test("by another member, to another request, of another status, with another body or without a signature: not", async () => {
    expect(await (await answered())({ member: "tax" })).toMatchObject({ refused: "peer-wrong-member" });
    expect(await (await answered())({ requestSignature: "sig=:abd:" })).toMatchObject({ refused: "peer-signature-invalid" });
    expect(await (await answered(undefined, 201))()).toMatchObject({ refused: "peer-signature-invalid" });
    expect(await (await answered(undefined, 200, new Uint8Array()))()).toMatchObject({ refused: "peer-digest-mismatch" });
    const unsigned = await answered(({ signature, ...rest }) => rest);
    expect(await unsigned()).toMatchObject({ refused: "peer-signature-missing" });
  });

  test("a request does not pass for an answer", async () => {
    const both = await pair();
    const headers = await signedBy(both.customs, `http://x/peer/v1/chains/${chain}/raft`);
    const checkSession = createSessionCheck({ clock: both.customs.clock, crypto, memberKeyOf: async (id) => both.members.get(id) });
    const needs = { checkSession, clock: both.customs.clock, crypto };
    expect(await verifyResponse({ status: 200, headers, body }, asked, needs)).toMatchObject({ refused: "peer-signature-malformed" });
    expect(await verifyRequestHead({ method: "POST", url: `http://x/peer/v1/chains/${chain}/raft`, headers }, needs)).toMatchObject({
      from: { member: "customs" },
    });
  });
});
