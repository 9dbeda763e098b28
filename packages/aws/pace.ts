import type { Pace } from "@vermilion/member/turns/pace";

/**
 * A call to a peer may begin with a cold start and cross regions, so that everything takes longer than between processes: an election
 * 2.5 to 5 s after its leader fell silent, and none at all while there is nothing to do.
 */
export const lambdaPace: Pace = { tickMs: 250, restMs: 60_000, callTimeoutMs: 3_000, questionTimeoutMs: 2_000, takenPatienceMs: 3_000 };

/** How long a call goes on after its answer is there, so that what it has begun is final, ms. Shorter for peers, who wait for the answer. */
export const lingerMs = { app: 4_000, proposals: 1_500, peer: 250 } as const;
