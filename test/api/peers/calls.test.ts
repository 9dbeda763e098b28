import type { PublicJwk } from "@vermilion/ledger";
import { httpbis } from "http-message-signatures";
import { describe, expect, test } from "vitest";
import { chain, crypto } from "../support/member.ts";
import { body, pair, peersOf, post, signedBy } from "./pair.ts";

/** A call between members arrives with its sender, signed as RFC 9421 has it. */

describe("a call between members", () => {
  test("arrives with its sender, and its answer comes back", async () => {
    const both = await pair();
    expect(await peersOf(both).call("customs", "raft", body, 5_000)).toEqual(body);
    expect(both.customs.received).toEqual([{ from: "tax", call: "raft", body: '{"term":1}' }]);
  });

  test("is signed as RFC 9421 has it: a library that knows nothing of us verifies request and answer", async () => {
    const { customs, tax } = await pair();
    const url = `${customs.baseUrl}/peer/v1/chains/${chain}/raft`;
    const headers = await signedBy(tax, url);
    const answer = await post(url, headers);
    const check = (jwk: PublicJwk) => ({
      keyLookup: async () => ({ id: "any", verify: async (data: Buffer, signature: Buffer) => crypto.verify(jwk, data, signature) }),
      notAfter: new Date("2100-01-01"),
    });
    const jwkIn = (certificate: string): PublicJwk => {
      const signed = JSON.parse(Buffer.from(certificate, "base64url").toString()) as { payload: string };
      return (JSON.parse(Buffer.from(signed.payload, "base64url").toString()) as { jwk: PublicJwk }).jwk;
    };
    const request = { method: "POST", url, headers };
    expect(await httpbis.verifyMessage(check(jwkIn(headers["vermilion-session"]!)), request)).toBe(true);
    const answered = { status: answer.status, headers: Object.fromEntries(answer.headers) };
    const theirs = jwkIn(answered.headers["vermilion-session"] ?? "");
    expect(await httpbis.verifyMessage(check(theirs), answered, request)).toBe(true);
    const other = { ...request, headers: { ...headers, signature: headers["signature"]!.replace(/[A-Z]/, "b") } };
    expect(await httpbis.verifyMessage(check(theirs), answered, other)).toBe(false);
  });
});
