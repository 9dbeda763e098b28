import { stateKeys, statePrefixes } from "@vermilion/contracts";
import type { Context } from "../context.ts";
import { readRange, readRow } from "../entries/state-reader.ts";
import { Fault } from "../fault.ts";
import type { Driver } from "../turns/driver.ts";
import { giveGrant } from "./give-grant.ts";

/** Rows of grants that were given stay behind, empty: they are passed over after each commit, so in few calls. */
const perPage = 900;
/** Entries of one grant that may come to nothing before a person must look. */
const triesMax = 20;
/** Duties are looked through after each commit, and at least so often. */
const lookAgainMs = 5_000;

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
export function createDuties(context: Context, driver: Driver): Duties {
  let closed = false;
  let isRunning = false;
  let again = false;
  const work = async (): Promise<void> => {
    try {
      while (again && !closed) {
        again = false;
        await doDuties(context, driver);
      }
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      context.log.warn("duties-wait", { code: cause.code, detail: cause.detail });
    } finally {
      isRunning = false;
    }
  };
  const look = (): void => {
    again = true;
    if (closed || isRunning) return;
    isRunning = true;
    driver.runErrand("duties", work());
  };
  const tick = async (): Promise<void> => {
    while (!closed) {
      look();
      await context.clock.sleep(lookAgainMs);
    }
  };
  driver.onCommit(look);
  return {
    look,
    start: () => void tick(),
    close: () => {
      closed = true;
    },
  };
}

async function doDuties(context: Context, driver: Driver): Promise<void> {
  const prefix = statePrefixes.due(context.member);
  // All of them, page by page: those that cannot be served must not stand before the others.
  for (let from: string | undefined, more = true; more; ) {
    const page = await readRange(context, prefix, { from, limit: perPage });
    for (const { key } of page.rows) await doDuty(context, driver, key.slice(prefix.length));
    from = page.next;
    more = from !== undefined;
  }
}

async function doDuty(context: Context, driver: Driver, id: string): Promise<void> {
  const request = await readRow(context, stateKeys.request(id));
  if (request?.status !== "allowed") return;
  for (let tryNumber = 1; tryNumber <= triesMax; tryNumber++) {
    const answer = await giveGrant(context, driver, request, tryNumber);
    if ("refused" in answer) {
      context.log.warn("grant-refused", { request: id, refused: answer.refused, detail: answer.detail });
      return;
    }
    if (answer.outcome?.startsWith("refused:") !== true) return;
  }
}
