import {
  checkpointText,
  cosignatureMessage,
  cosignatureTime,
  formatNote,
  logKeyType,
  noteSignatureLine,
  originOf,
  parseCheckpoint,
  parseNote,
  parseVkey,
  text,
  timestampedSignature,
  toBase64,
  utf8,
  verifierKey,
  verifyLogSignature,
} from "@vermilion/ledger";
import { nativeCrypto as crypto } from "@vermilion/node/host/native-crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainId, consortiumName, ed25519Key, origin } from "./fixtures.ts";

// The one complete example of C2SP signed-note.
const exampleKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const exampleNote =
  "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

describe("signed note", () => {
  test("the example of C2SP verifies and comes back byte for byte", () => {
    const key = parseVkey(exampleKey, crypto);
    const note = parseNote(exampleNote);
    if (key === undefined || "refused" in note) throw new Error("the example does not parse");
    const [line] = note.signatures;
    expect(line).toMatchObject({ name: key.name, keyId: key.keyId });
    expect(verifyLogSignature(note.text, line!, key, crypto)).toBe(true);
    expect(verifyLogSignature(`${note.text} `, line!, key, crypto)).toBe(false);
    expect(formatNote(note.text, note.signatures)).toBe(exampleNote);
  });

  test("an empty line inside the text belongs to the text", () => {
    const note = parseNote(`Ognuno sta solo\n\ned è subito sera.\n\n${exampleNote.split("\n\n")[1]}`);
    expect(note).toMatchObject({ text: "Ognuno sta solo\n\ned è subito sera.\n" });
  });

  test("bytes that are not UTF-8 are refused, others read like text", () => {
    expect(parseNote(utf8(exampleNote))).toEqual(parseNote(exampleNote));
    expect(parseNote(Uint8Array.of(0xff, 0x0a))).toMatchObject({ refused: "malformed-note" });
  });

  const line = exampleNote.split("\n\n")[1]!;
  test.each([
    ["no signatures", "text\n"],
    ["an empty signature block", "text\n\n"],
    ["no final newline", exampleNote.slice(0, -1)],
    ["a hyphen for the dash", exampleNote.replace("—", "-")],
    ["a control character", exampleNote.replace("example message", "example\tmessage")],
    ["a carriage return", exampleNote.replaceAll("\n", "\r\n")],
    ["a name with a plus", exampleNote.replace("example.com/foo", "example.com+foo")],
    ["a name with a Unicode space", exampleNote.replace("example.com/foo", "example.com\u2003foo")],
    ["two spaces", exampleNote.replace("foo ", "foo  ")],
    ["a third part", exampleNote.replace("foo ", "foo bar ")],
    ["no name", exampleNote.replace("example.com/foo ", "")],
    ["base64 without padding", exampleNote.replace("=\n", "\n")],
    ["base64 with other trailing bits", exampleNote.replace("QM=", "QN=")],
    ["a signature of nothing but a key ID", `text\n\n— name ${toBase64(new Uint8Array(4))}\n`],
    ["a line that is none after one that is", `text\n\n${line}signature\n`],
  ])("is refused with %s", (_, source) => {
    expect(parseNote(source)).toMatchObject({ refused: "malformed-note" });
  });

  test("takes 128 signatures and no more", () => {
    expect(parseNote(`text\n\n${line.repeat(128)}`)).toHaveProperty("signatures");
    expect(parseNote(`text\n\n${line.repeat(129)}`)).toMatchObject({ refused: "too-many-signatures" });
  });
});

describe("verifier key", () => {
  test("comes back from its text", () => {
    const key = verifierKey(origin, logKeyType, ed25519Key("vkey").publicKey, crypto);
    expect(parseVkey(key.vkey, crypto)).toEqual(key);
  });

  test.each([
    ["another key ID", exampleKey.replace("530d903a", "530d903b")],
    ["an upper-case key ID", exampleKey.replace("530d903a", "530D903A")],
    ["another name", exampleKey.replace("foo", "fo")],
    ["a short key", exampleKey.slice(0, -4)],
    ["a key type that we do not have", exampleKey.replace("+Aek", "+Auk")],
    ["two parts", exampleKey.slice(0, exampleKey.lastIndexOf("+"))],
    ["no name", exampleKey.slice(exampleKey.indexOf("+"))],
    ["a line break", `${exampleKey}\n`],
  ])("is refused with %s", (_, vkey) => {
    expect(parseVkey(vkey, crypto)).toBeUndefined();
  });

  test("is refused for a key of small order", () => {
    const { vkey } = verifierKey("small.example", logKeyType, Uint8Array.of(1, ...new Uint8Array(31)), crypto);
    expect(parseVkey(vkey, crypto)).toBeUndefined();
  });
});

describe("checkpoint", () => {
  const root = new Uint8Array(32).fill(9);

  test("has the three lines of C2SP and comes back", () => {
    const source = checkpointText({ origin, size: 20_852_163, root });
    expect(source).toBe(`${origin}\n20852163\n${toBase64(root)}\n`);
    expect(parseCheckpoint(source)).toEqual({ origin, size: 20_852_163, root });
    expect(originOf(consortiumName, chainId)).toBe(origin);
  });

  test("extension lines are opaque", () => {
    expect(parseCheckpoint(`o\n1\n${toBase64(root)}\nextension\n`)).toEqual({ origin: "o", size: 1, root });
  });

  test.each([
    ["a leading zero", `o\n01\n${toBase64(root)}\n`],
    ["a negative size", `o\n-1\n${toBase64(root)}\n`],
    ["a size beyond 2^53", `o\n9007199254740992\n${toBase64(root)}\n`],
    ["no origin", `\n1\n${toBase64(root)}\n`],
    ["a short root", `o\n1\n${toBase64(root.subarray(1))}\n`],
    ["no final newline", `o\n1\n${toBase64(root)}`],
    ["an empty extension line", `o\n1\n${toBase64(root)}\n\n`],
    ["two lines", "o\n1\n"],
  ])("is refused with %s", (_, source) => {
    expect(parseCheckpoint(source)).toBeUndefined();
  });
});

describe("cosignature", () => {
  test("the message is that of the example in C2SP", () => {
    const body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    expect(text(cosignatureMessage(1_679_315_147, body))).toBe(`cosignature/v1\ntime 1679315147\n${body}`);
  });

  test("the time in the example line of C2SP is read", () => {
    const note = parseNote(
      "t\n\n— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n",
    );
    expect("signatures" in note && cosignatureTime(note.signatures[0]!)).toBe(1_679_315_147);
  });

  test("times come back through eight bytes", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seconds) => {
        const signature = timestampedSignature(seconds, new Uint8Array(64));
        expect(signature.slice(0, 8)).toEqual(new Uint8Array(new BigUint64Array([BigInt(seconds)]).buffer).reverse());
        expect(cosignatureTime({ name: "n", keyId: "00000000", signature })).toBe(seconds);
      }),
    );
  });

  test("a time beyond 2^53 or another length is none", () => {
    const line = (signature: Uint8Array) => ({ name: "n", keyId: "00000000", signature });
    expect(cosignatureTime(line(new Uint8Array(72).fill(255)))).toBeUndefined();
    expect(cosignatureTime(line(new Uint8Array(64)))).toBeUndefined();
  });

  test("a line needs a key ID of four bytes", () => {
    expect(() => noteSignatureLine({ name: "n", keyId: "00", signature: new Uint8Array(72) })).toThrow(/^bug: /);
  });
});
