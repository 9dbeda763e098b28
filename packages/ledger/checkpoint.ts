import { fromBase64, toBase64, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { ed25519Jwk } from "./keys.ts";
import { type NoteSignature, noteSignatureLine, type VerifierKey } from "./note.ts";
import { treeHashBytes } from "./tree.ts";

/** A tree head of one log, C2SP tlog-checkpoint. */
export type Checkpoint = {
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
};

/** The origin of a chain: `<consortium name>/<first 16 hex of the chain id>`. */
export function originOf(consortiumName: string, chainId: string): string {
  return `${consortiumName}/${chainId.slice(0, 16)}`;
}

/** The note text of a checkpoint. Vermilion writes no extension lines: monitors could not audit them. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  if (origin === "" || origin.includes("\n") || !Number.isSafeInteger(size) || size < 0 || root.length !== treeHashBytes) {
    throw new Error(`bug: no checkpoint: ${origin} ${size}`);
  }
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

const textForm = /^([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n((?:[^\n]+\n)*)$/;

/** The tree head that the text of a note states, extension lines ignored; undefined where it states none. */
export function parseCheckpoint(noteText: string): Checkpoint | undefined {
  const [, origin, sizeText, rootText] = textForm.exec(noteText) ?? [];
  if (origin === undefined || sizeText === undefined || rootText === undefined) return undefined;
  const size = Number(sizeText);
  const root = fromBase64(rootText);
  return Number.isSafeInteger(size) && root?.length === treeHashBytes ? { origin, size, root } : undefined;
}

/** What a log key signs (type 0x01): the note text. */
export function logSignatureMessage(text: string): Uint8Array {
  return utf8(text);
}

/** The signature line of a log key; its name is the origin. `signature`: 64 bytes. */
export function logSignatureLine(key: VerifierKey, signature: Uint8Array): string {
  return noteSignatureLine({ name: key.name, keyId: key.keyId, signature });
}

/** Whether `line` is a signature by `key`, under its own name, over the note text. */
export function verifyLogSignature(text: string, line: NoteSignature, key: VerifierKey, crypto: Crypto): boolean {
  if (line.name !== key.name || line.keyId !== key.keyId) return false;
  return line.signature.length === 64 && crypto.verify(ed25519Jwk(key.publicKey), logSignatureMessage(text), line.signature);
}
