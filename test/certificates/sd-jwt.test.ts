import {
  assemble,
  digest,
  disclosure,
  disclosureCounts,
  issuerSignedHash,
  issuerSignedInput,
  issuerSignedJws,
  parseDisclosure,
  parseSdJwt,
  parseTypeUrn,
  present,
  readClaims,
  typeUrn,
  verifySdJwt,
} from "@vermilion/certificates";
import { canonical, fromBase64url, type Json, text, thumbprint, toBase64url, utf8 } from "@vermilion/ledger";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crypto, issue, newSignKey, sample, sampleClaims, signEs256, signKeyOf, testBytes, vectors } from "./fixtures.ts";

const key = newSignKey();
const issued = issue(sample.main, key);
const verify = (sdJwt: string, jwk = key.jwk) => verifySdJwt(sdJwt, { key: jwk, crypto, lowS: true });
const codeOf = (sdJwt: string) => {
  const verdict = verify(sdJwt);
  return verdict.holds ? "holds" : verdict.refused;
};

/** Signs any payload with the issuer's key: what a wrong or hostile issuer could make. */
function signed(payload: object, disclosures: readonly string[] = [], header: object = {}): string {
  const protectedHeader = { alg: "ES256", kid: thumbprint(key.jwk, crypto), typ: "dc+sd-jwt", ...header };
  const encode = (value: object) => toBase64url(utf8(JSON.stringify(value)));
  const input = utf8(`${encode(protectedHeader)}.${encode(payload)}`);
  return assemble(issuerSignedJws(input, signEs256(input, key)), disclosures);
}

describe("recorded", () => {
  const recorded = vectors<{
    disclosures: readonly { source: string; text: string; salt: string; name: string; value: Json; digest: string }[];
    certificate: { key: { [member: string]: string }; text: string; hash: string; fields: { [name: string]: Json }; signedInput: string };
  }>("sd-jwt");

  test.each(recorded.disclosures)("disclosure of $source", ({ text: disclosed, salt, name, value, digest: expected }) => {
    expect(parseDisclosure(disclosed)).toEqual({ text: disclosed, salt, name, value });
    expect(digest(disclosed, crypto)).toBe(expected);
  });

  test("certificate", () => {
    const { certificate } = recorded;
    const verdict = verify(certificate.text, signKeyOf(certificate.key).jwk);
    expect(verdict).toMatchObject({ holds: true, claims: sampleClaims, fields: certificate.fields });
    const [jws = ""] = certificate.text.split("~");
    expect(issuerSignedHash(jws, crypto)).toBe(certificate.hash);
    const disclosures = Object.entries(certificate.fields).map(([name, value]) => disclosure(testBytes(`salt ${name}`, 16), name, value));
    const digests = disclosures.map((each) => digest(each.text, crypto));
    const kid = thumbprint(signKeyOf(certificate.key).jwk, crypto);
    expect(text(issuerSignedInput(sampleClaims, digests, { alg: "ES256", kid }))).toBe(certificate.signedInput);
  });
});

describe("our own certificates", () => {
  test("hold, with all fields", () => {
    expect(verify(issued.text)).toMatchObject({ holds: true, claims: sampleClaims, fields: sample.main });
  });

  test("hold with any choice of fields, in any order", () => {
    const names = Object.keys(sample.main);
    fc.assert(
      fc.property(fc.shuffledSubarray(names), (chosen) => {
        const shown = present(issued.text, chosen);
        if (typeof shown !== "string") throw new Error(shown.refused);
        const verdict = verify(shown);
        if (!verdict.holds) throw new Error(verdict.refused);
        expect(Object.keys(verdict.fields)).toEqual(chosen);
        for (const name of chosen) expect(verdict.fields[name]).toBe(sample.main[name]);
      }),
      { numRuns: 30 },
    );
  });

  test("show nothing of a field that is not disclosed", () => {
    const shown = present(issued.text, ["creditCode"]);
    const payload = text(fromBase64url(issued.jws.split(".")[1] ?? "") ?? new Uint8Array());
    expect(payload).not.toContain("厦门");
    expect(String(shown).split("~")).toHaveLength(3);
    expect(present(issued.text, ["nothing"])).toMatchObject({ refused: "not-disclosed" });
  });

  test("_sd is sorted and as long as the fields", () => {
    const parsed = parseSdJwt(issued.text);
    if ("refused" in parsed) throw new Error(parsed.refused);
    const digests = parsed.claims._sd as string[];
    expect(digests).toEqual([...digests].sort());
    expect(digests).toHaveLength(28);
    expect(digests.every((each) => issued.disclosures.some((own) => digest(own.text, crypto) === each))).toBe(true);
    expect(disclosureCounts(issued.disclosures[0]?.text ?? "", parsed.claims, crypto)).toBe(true);
    expect(disclosureCounts(disclosure(testBytes("x", 16), "creditCode", "x").text, parsed.claims, crypto)).toBe(false);
  });

  test("optional claims come back", () => {
    const claims = {
      ...sampleClaims,
      exp: 1_900_000_000,
      sub: "urn:x",
      cnf: { jwk: newSignKey().jwk },
      status: { status_list: { idx: 7, uri: "https://platform.example/v1/status/1" } },
    };
    expect(verify(issue({ a: "b" }, key, claims).text)).toMatchObject({ holds: true, claims });
  });

  test("type names", () => {
    expect(parseTypeUrn(typeUrn("moc-filing", 12))).toEqual({ id: "moc-filing", version: 12 });
    for (const bad of [
      "urn:vermilion:type:moc-filing:0",
      "urn:vermilion:type:moc-filing:01",
      "urn:other:type:a:1",
      "urn:vermilion:type:A:1",
    ]) {
      expect(parseTypeUrn(bad)).toBeUndefined();
    }
  });
});

describe("altered certificates are refused", () => {
  const small = issue({ a: "甲", b: true }, key);
  const [jws = "", first = "", second = ""] = small.text.split("~");

  test("each character of the whole text", () => {
    for (let at = 0; at < small.text.length; at++) {
      const other = small.text[at] === "A" ? "B" : "A";
      expect(codeOf(small.text.slice(0, at) + other + small.text.slice(at + 1))).not.toBe("holds");
    }
  });

  test("each bit of the signature", () => {
    const [header, payload, signature = ""] = jws.split(".");
    const bytes = fromBase64url(signature) ?? new Uint8Array();
    for (let bit = 0; bit < 512; bit += 7) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(["bad-signature", "high-s"]).toContain(codeOf(`${header}.${payload}.${toBase64url(changed)}~`));
    }
  });

  test("a value exchanged for another", () => {
    const forged = disclosure(testBytes("salt a", 16), "a", "乙").text;
    expect(codeOf(assemble(jws, [forged, second]))).toBe("disclosure-not-in-sd");
  });

  test("a disclosure twice, a foreign one, one of another certificate", () => {
    expect(codeOf(assemble(jws, [first, first]))).toBe("duplicate-digest");
    expect(codeOf(assemble(jws, [issued.disclosures[0]?.text ?? ""]))).toBe("disclosure-not-in-sd");
  });

  test("a disclosure in another spelling of the same JSON", () => {
    const parsed = parseDisclosure(first);
    if ("refused" in parsed) throw new Error("should parse");
    const spaced = toBase64url(utf8(JSON.stringify([parsed.salt, parsed.name, parsed.value]).replace(",", ", ")));
    expect(codeOf(assemble(jws, [spaced]))).toBe("disclosure-not-in-sd");
    expect(codeOf(assemble(jws, [`${first}=`]))).toBe("bad-disclosure");
  });

  test("another key, another algorithm, another typ, unknown crit", () => {
    const other = newSignKey();
    expect(verify(small.text, other.jwk)).toMatchObject({ holds: false, refused: "wrong-kid" });
    expect(codeOf(signed({ ...sampleClaims }, [], { kid: thumbprint(other.jwk, crypto) }))).toBe("wrong-kid");
    expect(codeOf(signed({ ...sampleClaims }, [], { alg: "none" }))).toBe("wrong-alg");
    expect(codeOf(signed({ ...sampleClaims }, [], { alg: "HS256" }))).toBe("wrong-alg");
    expect(codeOf(signed({ ...sampleClaims }, [], { alg: "EdDSA" }))).toBe("wrong-alg");
    expect(codeOf(signed({ ...sampleClaims }, [], { typ: "JWT" }))).toBe("wrong-typ");
    expect(codeOf(signed({ ...sampleClaims }, [], { typ: "statuslist+jwt" }))).toBe("wrong-typ");
    expect(codeOf(signed({ ...sampleClaims }, [], { crit: ["x"], x: 1 }))).toBe("unknown-crit");
    expect(codeOf(signed({ ...sampleClaims }))).toBe("holds");
  });

  test("high S is refused where the ledger's one form is asked for", () => {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const [header, payload, signature = ""] = jws.split(".");
    const bytes = fromBase64url(signature) ?? new Uint8Array();
    const s = order - BigInt(`0x${Buffer.from(bytes.slice(32)).toString("hex")}`);
    const high = new Uint8Array([...bytes.slice(0, 32), ...Buffer.from(s.toString(16).padStart(64, "0"), "hex")]);
    const twin = `${header}.${payload}.${toBase64url(high)}~`;
    expect(codeOf(twin)).toBe("high-s");
    expect(verifySdJwt(twin, { key: key.jwk, crypto }).holds).toBe(true);
  });

  test("key binding that nobody judges", () => expect(codeOf(`${small.text}${jws}`)).toBe("unexpected-key-binding"));
});

describe("what a wrong issuer could sign is refused", () => {
  const hidden = (name: string, value: Json) => toBase64url(canonical([toBase64url(testBytes(name, 16)), name, value]));
  const holding = (disclosed: readonly string[], more: object = {}) =>
    signed({ ...sampleClaims, _sd: disclosed.map((each) => digest(each, crypto)), _sd_alg: "sha-256", ...more }, disclosed);

  test("control", () => expect(codeOf(holding([hidden("a", 1)]))).toBe("holds"));
  test("a claim name again", () => expect(codeOf(holding([hidden("iss", "other")]))).toBe("claim-clash"));
  test("a registered claim hidden", () => expect(codeOf(holding([hidden("exp", 1)]))).toBe("claim-clash"));
  test("two disclosures of one name", () => {
    const twin = toBase64url(canonical([toBase64url(testBytes("other", 16)), "a", 2]));
    expect(codeOf(holding([hidden("a", 1), twin]))).toBe("claim-clash");
  });
  test("_sd and ... as names", () => {
    expect(codeOf(holding([hidden("_sd", [])]))).toBe("bad-disclosure");
    expect(codeOf(holding([hidden("...", "x")]))).toBe("bad-disclosure");
  });
  test("nested digests, in a value or in a claim", () => {
    expect(codeOf(holding([hidden("a", { _sd: ["x"] })]))).toBe("bad-disclosure");
    expect(codeOf(holding([], { address: { _sd: ["x"] } }))).toBe("nested-disclosure");
    expect(codeOf(holding([], { list: [{ "...": "x" }] }))).toBe("nested-disclosure");
  });
  test("array element disclosure", () => expect(codeOf(holding([toBase64url(canonical(["salt", "value"]))]))).toBe("bad-disclosure"));
  test("a digest twice in _sd", () => expect(codeOf(signed({ ...sampleClaims, _sd: ["x", "x"] }))).toBe("duplicate-digest"));
  test("_sd that is no list of texts", () => {
    expect(codeOf(signed({ ...sampleClaims, _sd: "x" }))).toBe("bad-claims");
    expect(codeOf(signed({ ...sampleClaims, _sd: [1] }))).toBe("bad-claims");
  });
  test("another hash", () => expect(codeOf(holding([], { _sd_alg: "sha-512" }))).toBe("unknown-sd-alg"));
  test("missing claims", () => {
    for (const name of ["vct", "iss", "iat", "jti", "part"])
      expect(codeOf(signed({ ...sampleClaims, [name]: undefined }))).toBe("bad-claims");
    expect(codeOf(signed({ ...sampleClaims, cnf: { jwk: { kty: "oct", k: "x" } } }))).toBe("bad-claims");
    expect(codeOf(signed({ ...sampleClaims, status: { status_list: { idx: -1, uri: "x" } } }))).toBe("bad-claims");
    expect(readClaims({ ...sampleClaims, iat: "1" } as unknown as { [name: string]: Json })).toBeUndefined();
  });
  test("a __proto__ field stays a plain name", () => {
    const verdict = verify(holding([hidden("__proto__", "x")]));
    expect(verdict.holds && Object.keys(verdict.fields)).toEqual(["__proto__"]);
  });
  test("the issuing side does not write such things", () => {
    expect(() => disclosure(testBytes("x", 16), "_sd", 1)).toThrow(RangeError);
    expect(() => disclosure(testBytes("x", 15), "a", 1)).toThrow(RangeError);
    expect(() => issuerSignedInput(sampleClaims, ["x", "x"], { alg: "ES256", kid: "k" })).toThrow(RangeError);
  });
});

test.each(["", "~", "a.b.c~", "a.b.c", `${"x".repeat(2_000_000)}~`, "....~", `${issued.jws}`, `${issued.jws}~~`, `${issued.jws}~ ~`])(
  "text %# is no SD-JWT",
  (broken) => expect(parseSdJwt(broken)).toHaveProperty("refused"),
);
