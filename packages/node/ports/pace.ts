/** How long things take on a platform, ms. Safety depends on none of them. */
export interface Pace {
  /** Length of a consensus tick while something is to be done. */
  readonly tickMs: number;
  /** While nothing is to be done, a member that runs all the time says hello this often, so that one that missed a commit hears of it. */
  readonly restMs: number;
  /** Longest wait for a peer's answer to a Raft message or to proposals. */
  readonly callTimeoutMs: number;
  /** The same for the question what this member has signed, and for the question whether the leader still leads. */
  readonly questionTimeoutMs: number;
  /** A proposal is taken to the same leader again after so long without a commit. */
  readonly forwardAgainMs: number;
  /** How long the place of a block may be reserved by another turn before that turn is taken for dead; 0 where turns come one by one. */
  readonly takenPatienceMs: number;
  /** Blocks of one catch-up message: as many as a member takes in well within `callTimeoutMs`, or its answer is never heard. */
  readonly catchUpBlocksMax: number;
}

/** A member that is one process and runs all the time. */
export const processPace: Pace = {
  tickMs: 50,
  restMs: 5_000,
  callTimeoutMs: 2_000,
  questionTimeoutMs: 500,
  forwardAgainMs: 2_000,
  takenPatienceMs: 0,
  catchUpBlocksMax: 200,
};
