import { concat, fromBase64, fromHex, textOrUndefined, toBase64, toHex, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { isStrictEd25519Point } from "./keys.ts";

/** C2SP signed-note "Signature types": the two that Vermilion makes and checks. */
export const logKeyType = 0x01;
export const cosignatureKeyType = 0x04;
export type NoteKeyType = typeof logKeyType | typeof cosignatureKeyType;

export type VerifierKey = {
  readonly name: string;
  /** 4 bytes as 8 lower-case hex. */
  readonly keyId: string;
  readonly type: NoteKeyType;
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The text form. */
  readonly vkey: string;
};

export type NoteSignature = {
  readonly name: string;
  readonly keyId: string;
  /** What follows the key ID in the line. */
  readonly signature: Uint8Array;
};

export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };
export type NoteCode = "malformed-note" | "too-many-signatures";
export type NoteRefusal = { readonly refused: NoteCode; readonly detail: string };

/** C2SP asks for 16 at least; every member of a consortium of 64 may have signed and cosigned. */
export const noteSignaturesMax = 128;

/** Key names: not empty, no Unicode spaces, no plus; and no control characters, as in every note. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this form excludes
const keyNameForm = /^[^\p{White_Space}+\u0000-\u001f]+$/u;

/** SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4] as hex, C2SP signed-note "Signatures". */
export function noteKeyId(name: string, type: NoteKeyType, publicKey: Uint8Array, crypto: Crypto): string {
  return toHex(crypto.sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).subarray(0, 4));
}

/** The verifier key of a raw Ed25519 public key under a name. */
export function verifierKey(name: string, type: NoteKeyType, publicKey: Uint8Array, crypto: Crypto): VerifierKey {
  if (!keyNameForm.test(name) || publicKey.length !== 32) throw new Error(`bug: no note key: ${name}`);
  const keyId = noteKeyId(name, type, publicKey, crypto);
  return { name, keyId, type, publicKey, vkey: `${name}+${keyId}+${toBase64(concat(Uint8Array.of(type), publicKey))}` };
}

/** The text of a vkey: `<name>+<hex key ID>+<base64(type ‖ public key)>`. */
export function encodeVkey(key: VerifierKey): string {
  return key.vkey;
}

/** Undefined for a malformed vkey, a key ID that does not fit, another key type, or a key that is not strict Ed25519. */
export function parseVkey(vkey: string, crypto: Crypto): VerifierKey | undefined {
  // Base64 may hold plus signs, names may not: the first two separate.
  const [, name, keyId, material] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  if (name === undefined || material === undefined || !keyNameForm.test(name)) return undefined;
  const bytes = fromBase64(material);
  const type = bytes?.[0];
  if (bytes === undefined || (type !== logKeyType && type !== cosignatureKeyType)) return undefined;
  const publicKey = bytes.slice(1);
  if (!isStrictEd25519Point(publicKey)) return undefined;
  const key = verifierKey(name, type, publicKey, crypto);
  return key.keyId === keyId ? key : undefined;
}

/** `— <name> base64(keyId ‖ signature)\n`; the dash is U+2014. */
export function noteSignatureLine({ name, keyId, signature }: NoteSignature): string {
  const id = fromHex(keyId);
  if (id?.length !== 4) throw new Error(`bug: no key ID: ${keyId}`);
  return `\u2014 ${name} ${toBase64(concat(id, signature))}\n`;
}

/** A signed note of `text` (it ends in a newline) and its signature lines. */
export function formatNote(text: string, signatures: readonly NoteSignature[]): string {
  if (!text.endsWith("\n")) throw new Error("bug: the text of a note ends in a newline");
  return `${text}\n${signatures.map(noteSignatureLine).join("")}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: notes have no control characters but the newline
const controlCharacter = /[\u0000-\u0009\u000b-\u001f]/;
const lineForm = /^\u2014 ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/;

/** The parts of a signed note, nothing verified. The text ends at the last empty line. */
export function parseNote(source: string | Uint8Array): Note | NoteRefusal {
  const note = typeof source === "string" ? source : textOrUndefined(source);
  if (note === undefined || !note.isWellFormed()) return malformed("the note is not UTF-8");
  if (controlCharacter.test(note)) return malformed("the note has a control character");
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n")) return malformed("the note has no signatures after an empty line");
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > noteSignaturesMax) return { refused: "too-many-signatures", detail: `at most ${noteSignaturesMax}` };
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseLine(line);
    if (signature === undefined) return malformed(`not a signature line: ${line.slice(0, 80)}`);
    signatures.push(signature);
  }
  return { text: note.slice(0, split + 1), signatures };
}

function parseLine(line: string): NoteSignature | undefined {
  const [, name, encoded] = lineForm.exec(line) ?? [];
  if (name === undefined || encoded === undefined || !keyNameForm.test(name)) return undefined;
  const bytes = fromBase64(encoded);
  if (bytes === undefined || bytes.length < 5) return undefined;
  return { name, keyId: toHex(bytes.subarray(0, 4)), signature: bytes.slice(4) };
}

function malformed(detail: string): NoteRefusal {
  return { refused: "malformed-note", detail };
}
