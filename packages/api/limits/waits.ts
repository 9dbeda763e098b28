/** Requests that may wait at one time for something to happen, of one audience. */
export interface Waits {
  /** Runs `work` with the wait that was asked for, or with none at all where too many wait already: then it answers what is there. */
  during<T>(waitMs: number, work: (waitMs: number) => Promise<T>): Promise<T>;
}

/**
 * Waiting costs its caller nothing and holds a connection, a timer and a look at the ledger after every block here, so it is counted.
 * `waitingMax` is far above what honest callers need; beyond it everybody is still answered.
 */
export function createWaits(waitingMax: number): Waits {
  let waiting = 0;
  return {
    async during(waitMs, work) {
      if (waitMs === 0 || waiting >= waitingMax) return work(0);
      waiting++;
      try {
        return await work(waitMs);
      } finally {
        waiting--;
      }
    },
  };
}
