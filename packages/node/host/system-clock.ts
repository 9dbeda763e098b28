import type { Clock } from "../ports/index.ts";

/** The computer's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, cancel) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (cancel?.aborted === true) resolve();
    else {
      const end = () => {
        clearTimeout(timer);
        cancel?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      cancel?.addEventListener("abort", end);
    }
    return promise;
  },
};
