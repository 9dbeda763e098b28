import type { Context } from "../context.ts";
import type { BulkLine, BulkResult, Caller, Refused, WriteOptions } from "../services.ts";
import { createLineWork } from "./bulk-lines.ts";

/** Groups under way at one time: while one waits for its commit, others are prepared. */
const groupsMax = 4;
/** Keys of a call that are remembered, so that one which stands twice is refused; beyond them the ledger tells. */
const keysMax = 100_000;
/** A group that is not full goes on its way when no further line has come for so long. */
const patienceMs = 20;

/**
 * Many lines in one call. They are put together into groups, each one entry with one signature; a line that is refused leaves its group
 * and stops nothing. Answers come in the order of the lines, and no more lines are read than are worked on.
 */
export async function* bulk(
  context: Context,
  lines: AsyncIterable<BulkLine>,
  caller: Caller,
  options: Pick<WriteOptions, "waitMs">,
): AsyncGenerator<BulkResult> {
  const work = createLineWork(context, caller, options);
  const groups = groupsOf(context, lines, work.linesPerGroup);
  const running: Promise<readonly BulkResult[]>[] = [];
  let coming: Promise<IteratorResult<readonly BulkLine[]>> | undefined = groups.next();
  try {
    for (;;) {
      const [first] = running;
      const waits: Promise<Won>[] = [];
      if (coming !== undefined && running.length < groupsMax) waits.push(coming.then((group) => ({ group })));
      if (first !== undefined) waits.push(first.then((results) => ({ results })));
      if (waits.length === 0) return;
      const won = await Promise.race(waits);
      if ("results" in won) {
        running.shift();
        yield* won.results;
      } else if (won.group.done === true) coming = undefined;
      else {
        running.push(work.run(won.group.value));
        coming = groups.next();
      }
    }
  } finally {
    // The reader has gone: what is under way is committed all the same, and is answered when its lines are sent again.
    for (const group of running) group.catch((cause: unknown) => context.log.warn("bulk-group-failed", { cause: String(cause) }));
    await groups.return?.(undefined);
  }
}

type Won = { readonly group: IteratorResult<readonly BulkLine[]> } | { readonly results: readonly BulkResult[] };

async function* groupsOf(context: Context, lines: AsyncIterable<BulkLine>, linesMax: number): AsyncGenerator<readonly BulkLine[]> {
  const seen = new Set<string>();
  const iterator = lines[Symbol.asyncIterator]();
  let coming = iterator.next();
  let group: BulkLine[] = [];
  try {
    for (;;) {
      const line = group.length === 0 ? await coming : await Promise.race([coming, context.clock.sleep(patienceMs)]);
      if (line !== undefined && line.done !== true) {
        group.push(onceIn(seen, line.value));
        coming = iterator.next();
        if (group.length < linesMax) continue;
      }
      if (group.length > 0) yield group;
      group = [];
      if (line?.done === true) return;
    }
  } finally {
    await iterator.return?.();
  }
}

/** The line itself, or its refusal where its key stood before. */
function onceIn(seen: Set<string>, line: BulkLine): BulkLine {
  if (line.act.op === "unreadable") return line;
  if (seen.has(line.key)) return { key: line.key, act: { op: "unreadable", refused: keyTwice } };
  if (seen.size < keysMax) seen.add(line.key);
  return line;
}

const keyTwice: Refused = { refused: "key-stands-twice", detail: "an earlier line of this call has this key" };
