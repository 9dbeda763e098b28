export { type CommittedBlocks, fillAppend } from "./fill-append.ts";
export type { Evidence, Input, LeaderProbe, Receive, Seal, Step } from "./input.ts";
export type {
  Append,
  AppendAccepted,
  AppendAnswer,
  AppendIntent,
  AppendRefusal,
  AppendRefused,
  Envelope,
  Hello,
  HelloAnswer,
  Message,
  Outgoing,
  PreVote,
  PreVoteAnswer,
  Vote,
  VoteAnswer,
} from "./messages.ts";
export { isAsleep } from "./sleep.ts";
export {
  type CommitCertificate,
  initialState,
  type Mark,
  type MemberId,
  type Peer,
  type Position,
  type RaftState,
  type Role,
} from "./state.ts";
export { step } from "./step.ts";
export { timing } from "./timing.ts";
