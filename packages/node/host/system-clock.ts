import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../ports/index.ts";

/** The computer's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => sleep(ms),
};
