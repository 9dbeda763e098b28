import { stateKeys, statePrefixes } from "@vermilion/contracts";
import { Fault } from "@vermilion/node/fault";
import type { Context } from "../context.ts";
import { readRange, readRow } from "../state/reader.ts";
import { giveGrant } from "./give-grant.ts";

/** Rows of grants that were given stay behind, empty: looking through all of them takes few calls, and is done seldom. */
const perPage = 900;
/** Blocks since the last commit that are looked into; what more bring at once is found by the next look at everything. */
const blocksMax = 20;
/** Entries of one grant that may come to nothing before a person must look. */
const triesMax = 20;
/** What a commit brings is done at once; everything is looked through so often, sooner after a fault. */
const lookAgainMs = 60_000;
const afterFaultMs = 5_000;

export interface Duties {
  /** Does what is owed now, beside the calls. */
  look(): void;
  /** Looks again and again, for a process that runs all the time. */
  start(): void;
  close(): void;
}

/**
 * What a member owes by the ledger: for every allowed request of its records, the grant. The state is the list of duties, so nothing is
 * forgotten by a crash, and the entry's id is derived from the request, so nothing is given twice.
 */
export function createDuties(context: Context): Duties {
  let closed = false;
  let isRunning = false;
  let again = false;
  let hadFault = false;
  let seenHeight: number | undefined;
  const work = async (): Promise<void> => {
    try {
      while (again && !closed) {
        again = false;
        hadFault = false;
        await doDuties(context);
      }
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      hadFault = true;
      context.log.warn("duties-wait", { code: cause.code, detail: cause.detail });
    } finally {
      isRunning = false;
    }
  };
  const look = (): void => {
    again = true;
    if (closed || isRunning) return;
    isRunning = true;
    context.node.runErrand("duties", work());
  };
  const tick = async (): Promise<void> => {
    while (!closed) {
      look();
      let restedMs = 0;
      do {
        await context.clock.sleep(afterFaultMs);
        restedMs += afterFaultMs;
      } while (!closed && !hadFault && restedMs < lookAgainMs);
    }
  };
  const lookAfterCommit = async (): Promise<void> => {
    const height = (await context.ledger.published())?.height ?? 0;
    const from = Math.max(height - blocksMax, seenHeight ?? height - 1);
    seenHeight = height;
    if (await areDuesWritten(context, from + 1, height)) look();
  };
  context.node.onCommit(() => context.node.runErrand("duties of a commit", lookAfterCommit()));
  return {
    look,
    start: () => void tick(),
    close: () => {
      closed = true;
    },
  };
}

/** Whether the blocks from one height to another made this member owe something. */
async function areDuesWritten(context: Context, from: number, to: number): Promise<boolean> {
  const prefix = statePrefixes.due(context.member);
  for (const hash of from > to ? [] : await context.ledger.hashesFrom(from, to - from + 1)) {
    const block = await context.ledger.readBlock(hash);
    if (block?.writes.some(({ key, value }) => value !== null && key.startsWith(prefix)) === true) return true;
  }
  return false;
}

async function doDuties(context: Context): Promise<void> {
  const prefix = statePrefixes.due(context.member);
  // All of them, page by page: those that cannot be served must not stand before the others.
  for (let from: string | undefined, more = true; more; ) {
    const page = await readRange(context, prefix, { from, limit: perPage });
    for (const { key } of page.rows) await doDuty(context, key.slice(prefix.length));
    from = page.next;
    more = from !== undefined;
  }
}

async function doDuty(context: Context, id: string): Promise<void> {
  const request = await readRow(context, stateKeys.request(id));
  if (request?.status !== "allowed") return;
  for (let tryNumber = 1; tryNumber <= triesMax; tryNumber++) {
    const answer = await giveGrant(context, request, tryNumber);
    if ("refused" in answer) {
      context.log.warn("grant-refused", { request: id, refused: answer.refused, detail: answer.detail });
      return;
    }
    if (answer.outcome?.kind !== "refused") return;
  }
}
