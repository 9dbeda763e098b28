import type { Clock } from "@vermilion/node/ports/index";

/** Why a stream of lines ended before its end. */
export type LinesEnd = "line-too-long" | "stream-idle";

export interface LineReader {
  /** The bytes of each line, without its end; empty lines are left out. */
  readonly lines: AsyncIterable<Uint8Array>;
  /** Set once the lines are over, where they did not come to their own end. */
  readonly ended: LinesEnd | undefined;
}

const newline = 0x0a;

/**
 * Cuts a body into lines as they are asked for: nothing is read ahead of what the line needs, so that a sender is held up by whoever works on
 * his lines. A line over `lineBytesMax` or a silence of `idleMs` ends it.
 */
export function readLines(
  body: ReadableStream<Uint8Array> | null,
  { lineBytesMax, idleMs, clock }: { readonly lineBytesMax: number; readonly idleMs: number; readonly clock: Pick<Clock, "sleep"> },
): LineReader {
  let ended: LinesEnd | undefined;
  async function* lines(): AsyncGenerator<Uint8Array> {
    const reader = body?.getReader();
    let held = new Uint8Array();
    try {
      for (;;) {
        const end = held.indexOf(newline);
        if (end >= 0) {
          const line = trimmed(held.subarray(0, end));
          held = held.slice(end + 1);
          if (line.length > 0) yield line;
          continue;
        }
        if (held.length > lineBytesMax) {
          ended = "line-too-long";
          return;
        }
        const chunk = await Promise.race([reader?.read() ?? { done: true as const, value: undefined }, clock.sleep(idleMs)]);
        if (chunk === undefined) {
          ended = "stream-idle";
          return;
        }
        if (chunk.done) break;
        held = held.length === 0 ? Uint8Array.from(chunk.value) : joined(held, chunk.value);
      }
      if (trimmed(held).length > 0) yield trimmed(held);
    } finally {
      // Whatever is left is not read; the sender learns of it by the end of the answer.
      await reader?.cancel().catch(() => undefined);
    }
  }
  return {
    lines: lines(),
    get ended() {
      return ended;
    },
  };
}

/** A line may end in CR LF. */
function trimmed(line: Uint8Array): Uint8Array {
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
