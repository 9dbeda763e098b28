/** How long things take, in ticks. Safety depends on none of them. */
export const timing = {
  /** A member that needs a leader waits at least so long without hearing one before it asks for votes … */
  electionTicksMin: 10,
  /** … plus a random number below this, so that two members seldom ask at once. */
  electionTicksSpread: 10,
  /** An awake leader speaks to everybody this often. */
  heartbeatTicks: 3,
  /** A leader with unfinished work that a majority has not answered for so long gives up, so that others may try. */
  leaderSilenceTicks: 20,
} as const;
