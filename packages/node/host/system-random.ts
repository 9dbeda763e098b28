import { getRandomValues } from "node:crypto";
import type { Random } from "../ports/index.ts";

/** The operating system's cryptographic generator. */
export const systemRandom: Random = {
  bytes: (count) => getRandomValues(new Uint8Array(count)),
};
