import { type Outcome, parseOutcome } from "@vermilion/ledger";
import { Fault } from "../fault.ts";

/** Length in front of each part: 4 bytes, big-endian. */
const lengthBytes = 4;

/** Many byte strings as one: one write and one read for all entries of a block. */
export function frame(parts: readonly Uint8Array[]): Uint8Array {
  const framed = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + lengthBytes + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    offset = framed.writeUInt32BE(part.length, offset);
    framed.set(part, offset);
    offset += part.length;
  }
  return framed;
}

/** The parts as views of `framed`. `place` names the column or item whose bytes do not add up. */
export function unframe(framed: Uint8Array, place: string): Uint8Array[] {
  const view = new DataView(framed.buffer, framed.byteOffset, framed.byteLength);
  const parts: Uint8Array[] = [];
  let offset = 0;
  while (offset < framed.length) {
    if (framed.length - offset < lengthBytes) damaged(place, "cut inside a length");
    const start = offset + lengthBytes;
    offset = start + view.getUint32(offset);
    if (offset > framed.length) damaged(place, "cut inside a part");
    parts.push(framed.subarray(start, offset));
  }
  return parts;
}

/** What was stored is not what this program writes: a `Fault`, since the store has failed and not the caller. */
export function damaged(place: string, what: string, cause?: unknown): never {
  throw new Fault("storage-failed", `stored ${place} is damaged: ${what}`, cause);
}

/** An outcome from its stored text. */
export function storedOutcome(text: string, what: string): Outcome {
  return parseOutcome(text) ?? damaged(what, `no outcome: ${text}`);
}
