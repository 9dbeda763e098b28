/**
 * What the coordinator and the `turn` function say to each other. The coordinator is a Step Functions state machine (`infra/coordinator.ts`);
 * each of its steps is one call of the function, which drives consensus and answers with data. What was lost, refused or too late is an
 * answer, never an error: an error means that the world failed, and the step is repeated. So every act may run twice.
 */

/** What goes from step to step, and into the execution that continues this one. */
export interface Carried {
  /** Id, hex, of the chain whose consensus this execution drives. */
  readonly chain: string;
  /** Number of this execution: its name is `executionName(chain, number)`. */
  readonly number: number;
  /** How often this execution has come back to `readRole`; the coordinator counts, the function returns what it was given. */
  readonly loops: number;
  /** How many wake-ups the coordinator's item had counted when this execution last looked for work. */
  readonly seen: number;
}

export type Role = "follower" | "pre-candidate" | "candidate" | "leader";

/** Where each act may lead; the state machine's choices are made from this table, and any other answer fails the execution. */
export const whereTo = {
  /** Loads the member and looks: is there work, and who is the leader? */
  readRole: ["Follower", "PreVote", "Leader", "End"],
  /** Hands what waits to the leader. `End` when it was taken, `PreVote` when the leader cannot be reached. */
  forward: ["End", "PreVote", "ReadRole"],
  /** Asks the others whether they would vote; changes no term. */
  preVote: ["Candidate", "LostElection", "ReadRole"],
  /** Stands for election in a new term. */
  campaign: ["Leader", "LostElection", "ReadRole"],
  /** The first duty of a new leader: commit what was found, by an empty block where it must be. */
  lead: ["Drain", "ReadRole"],
  /** Seals block after block while proposals wait. `ReadRole` when deposed, or when the function's time is over. */
  drain: ["HandOver", "ReadRole"],
  /** Tells every reachable member of the commit and gathers cosignatures, then sleeps: `End`, unless work came meanwhile. */
  handOver: ["End", "ReadRole"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** `nextNumber` moves the counter of executions by compare-and-set and leads nowhere: the coordinator starts its successor. */
export type Act = keyof typeof whereTo | "nextNumber";

/** What the function is called with. */
export interface TurnCall {
  readonly act: Act;
  readonly execution: Carried;
}

/** What the function answers. Integers only; all members are always there, but for `waitSeconds`. */
export interface TurnAnswer<Which extends keyof typeof whereTo> extends Carried {
  readonly role: Role;
  readonly next: (typeof whereTo)[Which][number];
  /** Proposals that wait. */
  readonly waiting: number;
  /** True when every block is committed and the head has its quorum of cosignatures. */
  readonly settled: boolean;
  /** With `LostElection`: how long to stand back, drawn at random by the function so that candidates part. */
  readonly waitSeconds?: number;
}

/** Answer to `nextNumber`: what the successor carries. `number` is the new one; the coordinator starts `loops` again at 0. */
export interface NextNumberAnswer extends Carried {
  /** Of the successor. */
  readonly name: string;
}

/**
 * Name of an execution, of at most 80 characters. Step Functions refuses a second of the same name, so two starters of one number start one
 * execution. So many digits tell chains apart.
 */
export function executionName(chain: string, number: number): string {
  return `${executionPrefix}${chain.slice(0, chainDigits)}-${number}`;
}

/** How the names of all executions begin. */
export const executionPrefix = "turns-";
const chainDigits = 32;
