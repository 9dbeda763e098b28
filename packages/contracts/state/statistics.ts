import { dayText } from "@vermilion/certificates";
import type { StateKey, StatePrefix } from "@vermilion/ledger";

/** What a member did on one day on one subject, by act. */
export type DayRow = { readonly [act: string]: number };

/** Subject of what has no certificate type; no type id begins with a capital. */
export const evidenceSubject = "EVIDENCE";

/** Days of the statistics are those of China Standard Time (UTC+8, no summer time), in which the agencies work. */
const DAY_OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 24 * 3_600_000;

/** The day of a time in ms since 1970, `YYYYMMDD`. */
export function dayOf(time: number): string {
  return dayText(Math.floor((time + DAY_OFFSET_MS) / DAY_MS));
}

export const statisticsKeys = {
  /** `subject`: a certificate type, or `evidenceSubject`. */
  day: (day: string, member: string, subject: string): StateKey<DayRow> => `day/${day}/${member}/${subject}`,
} as const;

export const statisticsPrefixes = {
  days: "day/" as StatePrefix<DayRow>,
} as const;
