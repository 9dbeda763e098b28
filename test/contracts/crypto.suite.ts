import { createHash } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Crypto, PublicJwk } from "@vermilion/ledger";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ed25519Key, p256Key, signWith } from "../ledger/fixtures.ts";

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function ascii(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function okp(hex: string): PublicJwk {
  return { kty: "OKP", crv: "Ed25519", x: Buffer.from(hex, "hex").toString("base64url") };
}

function flipped(value: Uint8Array, bit: number): Uint8Array {
  const place = Math.floor(bit / 8) % value.length;
  return value.with(place, value[place]! ^ (1 << (bit % 8)));
}

/** What every `Crypto` answers, whatever it is made of. */
export function cryptoContract(name: string, crypto: Crypto): void {
  describe(`${name}: hashes`, () => {
    test("SHA-256 (FIPS 180-4 examples)", () => {
      expect(crypto.sha256(ascii("abc"))).toEqual(bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
      expect(crypto.sha256(ascii(""))).toEqual(bytes("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    });

    test("answers are plain Uint8Arrays whose slice copies", () => {
      const hash = crypto.sha256(ascii("abc"));
      expect(Object.getPrototypeOf(hash)).toBe(Uint8Array.prototype);
      hash.slice(0, 1)[0] = 0;
      expect(hash[0]).toBe(0xba);
    });

    test.each([
      ["1", "0b".repeat(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
      ["2", "4a656665", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
      [
        "6",
        "aa".repeat(131),
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
      ],
    ])("HMAC-SHA-256, RFC 4231 test case %s", (_, key, data, mac) => {
      expect(crypto.hmacSha256(bytes(key), ascii(data))).toEqual(bytes(mac));
    });
  });

  describe(`${name}: Ed25519`, () => {
    // RFC 8032 section 7.1, tests 1 to 3.
    const vectors = [
      [
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
      ],
      [
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
      ],
      [
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
      ],
    ] as const;

    test.each(vectors)("RFC 8032, key %s", (key, message, signature) => {
      expect(crypto.verify(okp(key), bytes(message), bytes(signature))).toBe(true);
      expect(crypto.verify(okp(key), bytes(`${message}00`), bytes(signature))).toBe(false);
    });

    test("any flipped bit of a signature is refused", () => {
      const [key, message, signature] = vectors[2];
      for (let bit = 0; bit < 512; bit += 7) expect(crypto.verify(okp(key), bytes(message), flipped(bytes(signature), bit))).toBe(false);
    });

    test("S + L, the same signature in a second spelling, is refused", () => {
      const [key, message, signature] = vectors[1];
      const s = BigInt(`0x${Buffer.from(signature.slice(64), "hex").reverse().toString("hex")}`) + ed25519.Point.Fn.ORDER;
      const second = Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse().toString("hex");
      expect(crypto.verify(okp(key), bytes(message), bytes(signature.slice(0, 64) + second))).toBe(false);
    });

    test("a key of small order verifies nothing", () => {
      // With A of order 1, 2, 4 or 8 the signature (R = identity, S = 0) holds for one message in eight or more.
      const forged = bytes(`01${"00".repeat(63)}`);
      for (const point of [
        "01".padEnd(64, "0"),
        `ec${"ff".repeat(30)}7f`,
        "00".repeat(32),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      ]) {
        for (let i = 0; i < 16; i++) expect(crypto.verify(okp(point), Uint8Array.of(i), forged)).toBe(false);
      }
    });

    test("a signature that holds only after multiplication by the cofactor is refused", () => {
      // R = rB + T with T of order 8, made by somebody who has the private key: libraries differ on it, the ledger must not.
      const torsion = ed25519.Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
      const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(new Uint8Array(32).fill(7));
      const r = 123_456_789n;
      const encodedR = ed25519.Point.BASE.multiply(r).add(torsion).toBytes();
      const digest = createHash("sha512").update(encodedR).update(pointBytes).update("message").digest().reverse().toString("hex");
      const s = (r + BigInt(`0x${digest}`) * scalar) % ed25519.Point.Fn.ORDER;
      const signature = Buffer.concat([encodedR, Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse()]);
      expect(ed25519.verify(signature, ascii("message"), pointBytes, { zip215: true })).toBe(true);
      expect(crypto.verify(okp(Buffer.from(pointBytes).toString("hex")), ascii("message"), new Uint8Array(signature))).toBe(false);
    });

    test("a fresh signature by node:crypto verifies", () => {
      const key = ed25519Key("contract");
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (message) => crypto.verify(key.jwk, message, signWith(key, message))),
        { numRuns: 10 },
      );
    });
  });

  describe(`${name}: ES256`, () => {
    const toB64u = (hex: string) => Buffer.from(hex, "hex").toString("base64url");
    // RFC 6979 appendix A.2.5, SHA-256, message "sample"; its S is high.
    const key: PublicJwk = {
      kty: "EC",
      crv: "P-256",
      x: toB64u("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
      y: toB64u("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
    };
    const r = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
    const highS = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
    const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    const lowS = (BigInt(`0x${order}`) - BigInt(`0x${highS}`)).toString(16).padStart(64, "0");

    test("RFC 6979 with high and with low S", () => {
      expect(crypto.verify(key, ascii("sample"), bytes(r + highS))).toBe(true);
      expect(crypto.verify(key, ascii("sample"), bytes(r + lowS))).toBe(true);
      expect(crypto.verify(key, ascii("simple"), bytes(r + lowS))).toBe(false);
    });

    test.each([
      ["zero r", "00".repeat(32) + lowS],
      ["zero s", r + "00".repeat(32)],
      ["both zero", "00".repeat(64)],
      ["s = n", r + order],
      ["r = n", order + lowS],
      ["all ones", "ff".repeat(64)],
      ["63 bytes", (r + lowS).slice(2)],
      ["65 bytes", `${r + lowS}00`],
      ["nothing", ""],
      ["DER", `304402${"20"}${r}0220${lowS}`],
    ])("%s is false, not an exception", (_, signature) => {
      expect(crypto.verify(key, ascii("sample"), bytes(signature))).toBe(false);
    });

    test("any flipped bit of a signature is refused", () => {
      for (let bit = 0; bit < 512; bit += 7) expect(crypto.verify(key, ascii("sample"), flipped(bytes(r + lowS), bit))).toBe(false);
    });

    test("a fresh signature by node:crypto verifies, with its own key only", () => {
      const [own, other] = [p256Key("contract"), p256Key("contract, other")];
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
          const signature = signWith(own, message);
          expect(crypto.verify(own.jwk, message, signature)).toBe(true);
          expect(crypto.verify(other.jwk, message, signature)).toBe(false);
        }),
        { numRuns: 10 },
      );
    });
  });

  describe(`${name}: malformed keys are false, not an exception`, () => {
    const ec = p256Key("malformed").jwk;
    const message = ascii("message");
    const signature = signWith(p256Key("malformed"), message);

    test.each<[string, unknown]>([
      ["a point that is not on the curve", { ...ec, y: ec.x }],
      ["a short coordinate", { ...ec, x: "AAAA" }],
      ["a coordinate that is no base64url", { ...ec, x: "*".repeat(43) }],
      ["a padded coordinate", { ...ec, x: `${ec.x}=` }],
      ["a missing coordinate", { kty: "EC", crv: "P-256", x: ec.x }],
      ["another curve", { kty: "EC", crv: "P-384", x: ec.x, y: ec.x }],
      ["an Ed25519 point that is not on the curve", okp(`02${"00".repeat(31)}`)],
      ["an Ed25519 key of 31 bytes", okp("01".repeat(31))],
    ])("%s", (_, key) => {
      expect(crypto.verify(key as PublicJwk, message, signature)).toBe(false);
    });
  });

  describe(`${name}: AES-256-GCM`, () => {
    const key16 = "feffe9928665731c6d6a8f9467308308".repeat(2);
    const plain16 =
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    const cipher16 =
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";

    // Test cases 13, 14 and 16 of the GCM specification submitted to NIST.
    test.each([
      ["13", "00".repeat(32), "00".repeat(12), "", "", "530f8afbc74536b9a963b4f1c4cb738b"],
      ["14", "00".repeat(32), "00".repeat(12), "", "00".repeat(16), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"],
      [
        "16",
        key16,
        "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        plain16,
        `${cipher16}76fc6ece0f4e1768cddf8853bb2d551b`,
      ],
    ])("test case %s", (_, key, nonce, aad, plaintext, sealed) => {
      expect(crypto.sealAes256Gcm(bytes(key), bytes(nonce), bytes(aad), bytes(plaintext))).toEqual(bytes(sealed));
      expect(crypto.openAes256Gcm(bytes(key), bytes(nonce), bytes(aad), bytes(sealed))).toEqual(bytes(plaintext));
    });

    test("opens nothing that was changed: text, tag, additional data, nonce or key", () => {
      const [key, nonce, aad, plaintext] = [
        bytes(key16),
        bytes("cafebabefacedbaddecaf888"),
        ascii("aad"),
        ascii("a field of a certificate"),
      ];
      const sealed = crypto.sealAes256Gcm(key, nonce, aad, plaintext);
      for (let bit = 0; bit < sealed.length * 8; bit += 5)
        expect(crypto.openAes256Gcm(key, nonce, aad, flipped(sealed, bit))).toBeUndefined();
      expect(crypto.openAes256Gcm(key, nonce, flipped(aad, 3), sealed)).toBeUndefined();
      expect(crypto.openAes256Gcm(key, flipped(nonce, 9), aad, sealed)).toBeUndefined();
      expect(crypto.openAes256Gcm(flipped(key, 77), nonce, aad, sealed)).toBeUndefined();
      for (const length of [0, 15, 16, sealed.length - 1]) {
        expect(crypto.openAes256Gcm(key, nonce, aad, sealed.slice(0, length))).toBeUndefined();
      }
    });

    test("a key or nonce of another length is a bug", () => {
      const none = new Uint8Array(0);
      expect(() => crypto.sealAes256Gcm(new Uint8Array(16), new Uint8Array(12), none, none)).toThrow(/^bug: /);
      expect(() => crypto.openAes256Gcm(new Uint8Array(32), new Uint8Array(16), none, new Uint8Array(16))).toThrow(/^bug: /);
    });
  });
}
