import { thumbprint } from "@vermilion/ledger";
import { describe, expect, test } from "vitest";
import { chain, crypto, ed25519, outcomeOf } from "../support/member.ts";
import { type Pair, pair, post, signedBy } from "./pair.ts";

/** What a stranger, or a member that cheats, may send to the door of the peers. */

describe("a hostile request is refused by its own code", () => {
  type Change = (headers: Record<string, string>, both: Pair) => Record<string, string> | Promise<Record<string, string>>;
  const without =
    (name: string): Change =>
    ({ [name]: _, ...rest }) =>
      rest;
  const rows: [string, string, Change, Uint8Array?][] = [
    ["without a signature", "401 peer-signature-missing", without("signature")],
    ["without a signature input", "401 peer-signature-missing", without("signature-input")],
    ["without a digest", "401 peer-signature-missing", without("content-digest")],
    ["without a session", "401 peer-signature-missing", without("vermilion-session")],
    ["replayed with another body", "401 peer-digest-mismatch", (headers) => headers, new TextEncoder().encode('{"term":2}')],
    [
      "with another body and its digest",
      "401 peer-signature-invalid",
      (headers) => ({
        ...headers,
        "content-digest": `sha-256=:${Buffer.from(crypto.sha256(new TextEncoder().encode('{"term":2}'))).toString("base64")}:`,
      }),
      new TextEncoder().encode('{"term":2}'),
    ],
    [
      "for another call",
      "401 peer-signature-invalid",
      (_, { customs, tax }) => signedBy(tax, `${customs.baseUrl}/peer/v1/chains/${chain}/probe`),
    ],
    ["for another member", "401 peer-signature-invalid", (_, { tax }) => signedBy(tax, `${tax.baseUrl}/peer/v1/chains/${chain}/raft`)],
    [
      "with a flipped signature",
      "401 peer-signature-invalid",
      (headers) => ({ ...headers, signature: headers["signature"]!.replace(/:(.)/, (_, c) => `:${c === "A" ? "B" : "A"}`) }),
    ],
    [
      "that covers less",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, "signature-input": headers["signature-input"]!.replace('"content-digest" ', "") }),
    ],
    [
      "with two signatures",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, signature: `${headers["signature"]}, b${headers["signature"]}` }),
    ],
    [
      "with a second digest",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, "content-digest": `${headers["content-digest"]}, sha-512=:AA==:` }),
    ],
    [
      "with another tag",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, "signature-input": headers["signature-input"]!.replace("vermilion-peer", "other") }),
    ],
    [
      "with a longer life",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, "signature-input": headers["signature-input"]!.replace(/expires=\d+/, "expires=1800003600") }),
    ],
    [
      "with another creation time",
      "401 peer-signature-invalid",
      (headers) => ({ ...headers, "signature-input": headers["signature-input"]!.replace(/created=\d+/, "created=1800000001") }),
    ],
    [
      "with a key id that is not the session's",
      "401 peer-signature-invalid",
      (headers) => ({
        ...headers,
        "signature-input": headers["signature-input"]!.replace(/keyid="(.)/, (_, first) => `keyid="${first === "_" ? "-" : "_"}`),
      }),
    ],
    ["as another content type", "415 unsupported-content-type", (headers) => ({ ...headers, "content-type": "text/plain" })],
    [
      "as JSON with a charset, which was not signed",
      "401 peer-signature-malformed",
      (headers) => ({ ...headers, "content-type": "application/json; charset=utf-8" }),
    ],
  ];
  test.each<[string, string, Change, Uint8Array?]>(rows)("%s: %s", async (_name, outcome, change, message) => {
    const both = await pair();
    const url = `${both.customs.baseUrl}/peer/v1/chains/${chain}/raft`;
    const answer = await post(url, await change(await signedBy(both.tax, url), both), message);
    expect(await outcomeOf(answer)).toBe(outcome);
    expect(both.customs.received).toEqual([]);
  });

  test("expired, or from the future; a minute of difference is forgiven", async () => {
    const { customs, tax } = await pair();
    const url = `${customs.baseUrl}/peer/v1/chains/${chain}/raft`;
    const headers = await signedBy(tax, url);
    customs.clock.time += 119_000;
    expect((await post(url, headers)).status).toBe(200);
    customs.clock.time += 2_000;
    expect(await outcomeOf(await post(url, headers))).toBe("401 peer-expired");
    customs.clock.time -= 121_000 + 61_000;
    expect(await outcomeOf(await post(url, headers))).toBe("401 peer-clock-ahead");
  });

  test("a body over 8 MB, and an unknown call", async () => {
    const both = await pair();
    const url = `${both.customs.baseUrl}/peer/v1/chains/${chain}/raft`;
    const large = new Uint8Array(8 * 1024 * 1024 + 1);
    expect(await outcomeOf(await post(url, await signedBy(both.tax, url, large), large))).toBe("413 body-too-large");
    const unknown = `${both.customs.baseUrl}/peer/v1/chains/${chain}/dump`;
    expect(await outcomeOf(await post(unknown, await signedBy(both.tax, unknown)))).toBe("404 peer-call-unknown");
    expect(both.customs.received).toEqual([]);
  });

  test("a key id that its own sender has signed, but that is not the session's", async () => {
    const { customs, tax } = await pair();
    const url = `${customs.baseUrl}/peer/v1/chains/${chain}/raft`;
    const current = async () => ({ ...(await tax.session.current()), thumbprint: thumbprint(ed25519().jwk, crypto) });
    const answer = await post(url, await signedBy({ session: { member: "tax", current }, clock: tax.clock }, url));
    expect(await outcomeOf(answer)).toBe("401 peer-signature-invalid");
  });

  test("a query that was not signed", async () => {
    const both = await pair();
    const url = `${both.customs.baseUrl}/peer/v1/chains/${chain}/raft`;
    expect(await outcomeOf(await post(`${url}?as=leader`, await signedBy(both.tax, url)))).toBe("401 peer-signature-invalid");
  });
});
