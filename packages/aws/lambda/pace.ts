import type { Pace } from "@vermilion/node/ports/pace";

/**
 * A call to a peer may begin with a cold start and cross regions, so that everything takes longer than between processes: an election comes
 * 5 to 10 s after the leader fell silent (at once where it was called and did not answer), and never while there is nothing to do.
 */
export const lambdaPace: Pace = {
  tickMs: 500,
  restMs: 60_000,
  callTimeoutMs: 10_000,
  questionTimeoutMs: 5_000,
  forwardAgainMs: 10_000,
  takenPatienceMs: 5_000,
  catchUpBlocksMax: 50,
};

/**
 * How long a call goes on after its answer is there, ms, so that what it has begun is final: the call of an app, one that brought another
 * member's entries, any other of a peer. It keeps its caller waiting, hence well below `callTimeoutMs`.
 */
export const lingerMs = { app: 5_000, proposals: 5_000, peer: 250 } as const;
