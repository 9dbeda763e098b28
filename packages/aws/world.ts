import { nativeCrypto } from "@vermilion/member/native-crypto";
import { systemClock } from "@vermilion/member/system-clock";
import { systemRandom } from "@vermilion/member/system-random";

/** What a process has of its own, on this platform as on any. */
export const world = { crypto: nativeCrypto, clock: systemClock, random: systemRandom } as const;
