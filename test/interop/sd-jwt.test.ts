import { createHash, randomBytes } from "node:crypto";
import { type SDJWTVCConfig, SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { issuerSignedJws, newStatusList, present, statusListInput, verifySdJwt, withStatus } from "@vermilion/certificates";
import { thumbprint } from "@vermilion/ledger";
import { CompactSign, compactVerify, importJWK, type JWK } from "jose";
import { describe, expect, test } from "vitest";
import { crypto, deflate, issue, newSignKey, type SignKey, sample, sampleClaims, signEs256 } from "../certificates/fixtures.ts";

// On the other side of each test stands no code of ours: @sd-jwt for the format and the disclosures, jose for the signature.

const key = newSignKey();
const hasher = (data: string | ArrayBuffer) =>
  new Uint8Array(
    createHash("sha256")
      .update(typeof data === "string" ? data : Buffer.from(data))
      .digest(),
  );

function theirs(signer: SignKey, more: Partial<SDJWTVCConfig> = {}): SDJwtVcInstance {
  return new SDJwtVcInstance({
    ...more,
    hasher,
    hashAlg: "sha-256",
    saltGenerator: (length) => randomBytes(length).toString("base64url"),
    signAlg: "ES256",
    signer: async (data) => {
      const [header = "", payload = ""] = data.split(".");
      const protectedHeader = JSON.parse(Buffer.from(header, "base64url").toString()) as { alg: string };
      const jws = await new CompactSign(Buffer.from(payload, "base64url"))
        .setProtectedHeader(protectedHeader)
        .sign(await importJWK(signer.privateKey.export({ format: "jwk" }) as JWK, "ES256"));
      return jws.split(".")[2] ?? "";
    },
    verifier: async (data, signature) => {
      try {
        await compactVerify(`${data}.${signature}`, await importJWK({ ...signer.jwk }, "ES256"));
        return true;
      } catch {
        return false;
      }
    },
  });
}

describe("our certificates in their hands", () => {
  const issued = issue(sample.main, key);

  test("hold whole", async () => {
    const { payload, header } = await theirs(key).verify(issued.text);
    expect(payload).toMatchObject({ ...sampleClaims, ...sample.main });
    expect(header).toMatchObject({ typ: "dc+sd-jwt", alg: "ES256", kid: thumbprint(key.jwk, crypto) });
    expect(payload).not.toHaveProperty("_sd");
  });

  test("hold with three fields and show no others", async () => {
    const fields = ["enterpriseNameZh", "creditCode", "customsCode"];
    const shown = present(issued.text, fields);
    if (typeof shown !== "string") throw new Error(shown.refused);
    const { payload } = await theirs(key).verify(shown);
    expect(payload).toMatchObject(Object.fromEntries(fields.map((name) => [name, sample.main[name]])));
    for (const name of Object.keys(sample.main)) expect(Object.hasOwn(payload, name)).toBe(fields.includes(name));
  });

  test("are presented by their library as by ours", async () => {
    const shown = await theirs(key).present<Record<string, boolean>>(issued.text, { creditCode: true, remarks: true });
    expect(verifySdJwt(shown, { key: key.jwk, crypto, lowS: true })).toMatchObject({
      holds: true,
      fields: { creditCode: sample.main.creditCode, remarks: sample.main.remarks },
    });
  });

  test("are refused when altered or under another key", async () => {
    const [jws = "", first = ""] = issued.text.split("~");
    const [header, payload, signature = ""] = jws.split(".");
    const swapped = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    const changed = Buffer.from(payload ?? "", "base64url")
      .toString()
      .replace("platform", "platf0rm");
    await expect(theirs(newSignKey()).verify(issued.text)).rejects.toThrow();
    await expect(theirs(key).verify(`${header}.${payload}.${swapped}~${first}~`)).rejects.toThrow();
    await expect(theirs(key).verify(`${header}.${Buffer.from(changed).toString("base64url")}.${signature}~${first}~`)).rejects.toThrow();
  });

  test("their signature check by jose alone", async () => {
    const jwk = await importJWK({ ...key.jwk }, "ES256");
    const { payload, protectedHeader } = await compactVerify(issued.jws, jwk, { algorithms: ["ES256"] });
    expect(protectedHeader.typ).toBe("dc+sd-jwt");
    expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject(sampleClaims);
  });
});

describe("their certificates in our hands", () => {
  const fields = { creditCode: "91350200MA2XQ7K095", legalRepresentative: "司马𡘙·阿卜杜热合曼", passed: true, count: 3 };
  const issueTheirs = () =>
    theirs(key).issue(
      { ...sampleClaims, ...fields },
      { _sd: ["creditCode", "legalRepresentative", "passed", "count"] },
      { header: { kid: thumbprint(key.jwk, crypto) } },
    );

  test("hold", async () => {
    expect(verifySdJwt(await issueTheirs(), { key: key.jwk, crypto })).toMatchObject({ holds: true, claims: sampleClaims, fields });
  });

  test("are refused when altered", async () => {
    const text = await issueTheirs();
    const other = issue({ creditCode: "91350100M000100Y43" }, key);
    const foreign = other.disclosures[0]?.text ?? "";
    const [jws = "", first = ""] = text.split("~");
    const code = (sdJwt: string) => {
      const verdict = verifySdJwt(sdJwt, { key: key.jwk, crypto });
      return verdict.holds ? "holds" : verdict.refused;
    };
    expect(code(`${jws}~`)).toBe("holds");
    expect(code(`${jws}~${foreign}~`)).toBe("disclosure-not-in-sd");
    expect(code(`${jws}~${first}~${first}~`)).toBe("duplicate-digest");
    expect(code(`${jws.slice(0, -4)}AAAA~`)).toBe("bad-signature");
    expect(verifySdJwt(text, { key: newSignKey().jwk, crypto })).toMatchObject({ refused: "wrong-kid" });
  });
});

test("our status list decides in their hands", async () => {
  const uri = "https://platform.example/v1/status/1";
  const header = { alg: "ES256", kid: thumbprint(key.jwk, crypto) } as const;
  const list = withStatus(withStatus(newStatusList(2, 100), 42, 1), 43, 2);
  const input = statusListInput({ sub: uri, iat: sampleClaims.iat }, list, header, deflate);
  const token = issuerSignedJws(input, signEs256(input, key));
  const statusOf = async (idx: number) => {
    const seen: number[] = [];
    const verifier = theirs(key, {
      statusListFetcher: async (asked) => (asked === uri ? token : ""),
      statusValidator: async (status) => {
        seen.push(status);
      },
    });
    await verifier.verify(issue({ a: "b" }, key, { ...sampleClaims, status: { status_list: { idx, uri } } }).text);
    return seen;
  };
  expect(await statusOf(41)).toEqual([0]);
  expect(await statusOf(42)).toEqual([1]);
  expect(await statusOf(43)).toEqual([2]);
  expect(await statusOf(44)).toEqual([0]);
});
