import { concat, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { ed25519Jwk } from "./keys.ts";
import { type NoteSignature, noteSignatureLine, type VerifierKey } from "./note.ts";

/** The key name of a member as cosigner: `<consortium name>/<member id>`. */
export function cosignerName(consortiumName: string, memberId: string): string {
  return `${consortiumName}/${memberId}`;
}

/** What a cosign key signs, C2SP tlog-cosignature "Ed25519 signed message". The time is in seconds, as the standard has it. */
export function cosignatureMessage(timeSeconds: number, checkpointText: string): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timeSeconds}\n${checkpointText}`);
}

/** What follows the key ID in a cosignature line: `timestamped_signature`, uint64 big-endian seconds ‖ 64 bytes. */
export function timestampedSignature(timeSeconds: number, signature: Uint8Array): Uint8Array {
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 0 || signature.length !== 64) throw new Error("bug: no timestamped signature");
  const time = new Uint8Array(8);
  let left = timeSeconds;
  for (let i = 7; i >= 0; i--, left = Math.floor(left / 256)) time[i] = left % 256;
  return concat(time, signature);
}

/** The signature line of a cosigner. */
export function cosignatureLine(key: VerifierKey, timeSeconds: number, signature: Uint8Array): string {
  return noteSignatureLine({ name: key.name, keyId: key.keyId, signature: timestampedSignature(timeSeconds, signature) });
}

/** The time that a cosignature line states, seconds; undefined where the line is not 8 + 64 bytes or the time is beyond 2^53. */
export function cosignatureTime(line: NoteSignature): number | undefined {
  if (line.signature.length !== 72) return undefined;
  let seconds = 0;
  for (const byte of line.signature.subarray(0, 8)) seconds = seconds * 256 + byte;
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** Whether `line` is a cosignature by `key`, under its own name, of the checkpoint text. */
export function verifyCosignature(checkpointText: string, line: NoteSignature, key: VerifierKey, crypto: Crypto): boolean {
  // A right signature under another name would count here and nowhere else: verifiers look a key up by its name and ID.
  if (line.name !== key.name || line.keyId !== key.keyId) return false;
  const timeSeconds = cosignatureTime(line);
  if (timeSeconds === undefined) return false;
  return crypto.verify(ed25519Jwk(key.publicKey), cosignatureMessage(timeSeconds, checkpointText), line.signature.subarray(8));
}
