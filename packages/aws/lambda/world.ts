import { nativeCrypto } from "@vermilion/node/host/native-crypto";
import { systemClock } from "@vermilion/node/host/system-clock";
import { systemRandom } from "@vermilion/node/host/system-random";

/** What a process has of its own, on this platform as on any. */
export const world = { crypto: nativeCrypto, clock: systemClock, random: systemRandom } as const;
