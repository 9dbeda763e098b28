import type { By } from "@vermilion/contracts";
import type { Caller } from "../services.ts";

/** For whom this member signs, as the entry says it; nothing else of a caller goes into it. */
export function byOf({ app, operator }: Caller): By {
  return { app, operator };
}
