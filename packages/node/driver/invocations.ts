import { isAsleep, type RaftState } from "@vermilion/consensus";
import type { NodeContext } from "../context.ts";
import type { Driver } from "./driver.ts";

/** How far an invocation is to bring this member. */
export type Goal = keyof typeof goals;

export type Brings = "entries" | "message";

/** What is left to do after an invocation. */
export interface Progress {
  readonly role: RaftState["role"];
  readonly term: number;
  readonly leader: string | null;
  /** Proposals that wait here. */
  readonly waiting: number;
  /** Nothing is left to do that a tick would further: no proposal waits, all is committed and, by a leader, handed round. */
  readonly isSettled: boolean;
}

/**
 * The work of a process that lives only while it is called and may be frozen or ended between two calls. Any number of them may run at one
 * time, each may die at any await: what one has left undone is found by the next in the stores.
 */
export interface Invocations {
  /**
   * Runs `call` and ticks meanwhile; then goes on until what it has begun is done, for `lingerMs` at most. `isLeft`: something is left to do,
   * so somebody must be woken. A call that brought entries (`entries`) sees them settled, unless the chain has moved on in other hands; a
   * `message` of consensus ends with what it made this process send.
   */
  attend<T>(call: Promise<T>, brings: Brings, lingerMs: (answer: T) => number): Promise<{ readonly answer: T; readonly isLeft: boolean }>;
  /** Says hello to the others and does what this member owes by the ledger. */
  look(budgetMs: number): Promise<Progress>;
  /** Goes on until the goal is reached or `budgetMs` is over. */
  drive(goal: Goal, budgetMs: number): Promise<Progress>;
}

/** When an invocation has come to its end, by the state that its last turn saved. */
const goals = {
  /** What waits here was taken to the leader and is committed, or there is no leader to take it to. */
  taken: (state: RaftState) => isAsleep(state) || state.role !== "follower" || state.leader === null,
  /** A majority would vote for this member, or another one leads, or nobody needs a leader any more. */
  "pre-voted": (state: RaftState) => isAsleep(state) || state.role === "candidate" || someoneLeads(state),
  /** Somebody leads. */
  elected: someoneLeads,
  /** This leader has committed all that it found. */
  confirmed: ({ role, tail }: RaftState) => role !== "leader" || tail.length === 0,
  /** This leader's blocks are committed and no proposal waits; or it leads no more. */
  committed: ({ role, tail, waiting }: RaftState) => role !== "leader" || (tail.length === 0 && waiting === 0),
  /** The head is handed round, with the quorum of its cosignatures. */
  settled: ({ role, settled, committed }: RaftState) => role !== "leader" || settled >= committed.height,
} as const;

function someoneLeads({ role, leader }: RaftState): boolean {
  return role === "leader" || (role === "follower" && leader !== null);
}

/** Longest time that a call may take; callers' own limits are shorter. */
const callMsMax = 900_000;

export function createInvocations(context: NodeContext, driver: Driver, duties: { look(): void }): Invocations {
  async function progress(): Promise<Progress> {
    const state = await driver.turns.state();
    // A leader's turn has told those that no block may take yet, as their time is ahead, from those that wait for one.
    const waiting = state.role === "leader" ? (driver.loop.lastState ?? state).waiting : await context.raftStore.proposalCount();
    return { role: state.role, term: state.term, leader: state.leader, waiting, isSettled: driver.isQuiet && waiting === 0 };
  }
  return {
    async attend(call, brings, lingerMs) {
      let isAnswered = false;
      const answered = () => {
        isAnswered = true;
        driver.loop.nudge();
      };
      call.then(answered, answered);
      try {
        await driver.loop.drive(() => isAnswered, callMsMax);
        const answer = await call;
        // A call that only reads leaves nothing, whatever this process remembers of what others have finished since.
        if (!driver.loop.hasBegun && driver.background.isIdle) return { answer, isLeft: false };
        const height = heightOf(driver);
        return { answer, isLeft: !(await driver.loop.drive(() => isDone(driver, brings, height), lingerMs(answer))) };
      } finally {
        driver.pause();
      }
    },

    async look(budgetMs) {
      try {
        await driver.sayHello();
        duties.look();
        await driver.loop.drive(() => driver.background.isIdle, budgetMs);
        return await progress();
      } finally {
        driver.pause();
      }
    },

    async drive(goal, budgetMs) {
      try {
        // A turn of its own first: the state may have moved in other hands, and proposals may wait that no turn here has seen.
        driver.takeAll();
        await driver.wake();
        const isOver = () => driver.loop.lastState !== undefined && goals[goal](driver.loop.lastState);
        await driver.loop.drive(isOver, budgetMs);
        return await progress();
      } finally {
        driver.pause();
      }
    },
  };
}

/**
 * Whether a call that found the chain at `height` when it was answered has nothing more to see to. A follower's blocks are its leader's
 * business, and entries that wait are that of the calls which brought them.
 */
function isDone(driver: Driver, brings: Brings, height: number): boolean {
  if (driver.isQuiet) return true;
  const { lastState } = driver.loop;
  if (lastState?.role === "follower")
    return !driver.background.hasErrands && !lastState.summoned && (brings === "message" || lastState.waiting === 0);
  return driver.background.isIdle && (brings === "message" || heightOf(driver) > height);
}

function heightOf(driver: Driver): number {
  return driver.loop.lastState?.committed.height ?? 0;
}
