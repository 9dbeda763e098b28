import { getRandomValues } from "node:crypto";
import type { Random } from "@vermilion/member/ports/index";

/** The operating system's cryptographic generator. */
export const systemRandom: Random = {
  bytes: (count) => getRandomValues(new Uint8Array(count)),
};
