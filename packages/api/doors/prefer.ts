import { waitSecondsMax } from "@vermilion/protocol/forms";
import type { ApiContext } from "../context/http.ts";

/** How long a write waits for its commit where the caller says nothing. A lone entry needs a fraction of a second. */
const defaultWaitMs = 10_000;

/** RFC 7240: `respond-async` (section 4.1) and `wait` (section 4.3); preferences that we do not understand are ignored (section 2). */
export function preferredWaitMs(c: ApiContext): number {
  const preferences = (c.req.header("prefer") ?? "").split(",", 16).map((each) => each.trim().toLowerCase());
  if (preferences.includes("respond-async")) {
    c.header("Preference-Applied", "respond-async");
    return 0;
  }
  const [, seconds] = preferences.map((each) => /^wait=([0-9]{1,4})$/.exec(each)).find((found) => found !== null) ?? [];
  if (seconds === undefined) return defaultWaitMs;
  const applied = Math.min(Number(seconds), waitSecondsMax);
  c.header("Preference-Applied", `wait=${applied}`);
  return applied * 1000;
}
