import type { Invocations, Progress } from "@vermilion/node/driver/invocations";
import type { Random } from "@vermilion/node/ports/index";
import { z } from "zod";
import { type Carried, executionName, type NextNumberAnswer, type TurnAnswer, type TurnCall, type whereTo } from "./acts.ts";
import type { CoordinatorStore } from "./store.ts";

type Act = keyof typeof whereTo;
type Next<Which extends Act> = TurnAnswer<Which>["next"];

const count = z.int().min(0);

/** What the state machine calls the function with. */
export const turnCall: z.ZodType<TurnCall> = z.strictObject({
  act: z.enum(["readRole", "forward", "preVote", "campaign", "lead", "drain", "handOver", "nextNumber"]),
  execution: z.strictObject({ chain: z.string().regex(/^[0-9a-f]{64}$/), number: count, loops: count, seen: count }),
});

/** How long an act may go on, ms; the function's own time is 60 s. */
const budgetMs = { look: 8_000, forward: 15_000, election: 12_000, lead: 15_000, drain: 30_000, handOver: 10_000 } as const;
/** After a lost election candidates stand back for 1 to this many seconds, so that they part. */
const standBackSecondsMax = 4;
/** A first look that finds nothing while somebody asks for another is repeated so often before the state machine takes a round for it. */
const looksMax = 3;

/** What the acts of the coordinator are done with: all of it is of the chain that the execution names. */
export interface Coordinating {
  readonly invocations: Invocations;
  readonly store: CoordinatorStore;
  readonly random: Random;
}

/** One act of the coordinator. It may be repeated and may run beside itself: all that it decides is found again in the stores. */
export async function takeAct(call: TurnCall, needs: Coordinating): Promise<TurnAnswer<Act> | NextNumberAnswer> {
  const { act, execution } = call;
  if (act === "nextNumber") {
    const number = await needs.store.nextNumber(execution.number);
    return { ...execution, number, name: executionName(execution.chain, number) };
  }
  return acts[act](execution, needs);
}

const acts: { readonly [Which in Act]: (execution: Carried, needs: Coordinating) => Promise<TurnAnswer<Which>> } = {
  async readRole(execution, { invocations, store }) {
    for (let look = 1; ; look++) {
      const seen = await store.seen();
      const progress = await invocations.look(budgetMs.look);
      const next = whatNext(progress);
      if (next !== "End") return answer({ ...execution, seen }, progress, next);
      if ((await store.end(execution.number, seen)) === "ended") return answer({ ...execution, seen }, progress, "End");
      if (look === looksMax) return answer({ ...execution, seen }, progress, "Follower");
    }
  },

  async forward(execution, { invocations, store }) {
    const progress = await invocations.drive("taken", budgetMs.forward);
    if (progress.role !== "follower" || progress.leader === null) return answer(execution, progress, "PreVote");
    if (!progress.isSettled) return answer(execution, progress, "ReadRole");
    return answer(execution, progress, await endOr(store, execution));
  },

  async preVote(execution, { invocations, random }) {
    const progress = await invocations.drive("pre-voted", budgetMs.election);
    if (progress.role === "candidate" || progress.role === "leader") return answer(execution, progress, "Candidate");
    if (progress.isSettled || hasLeader(progress)) return answer(execution, progress, "ReadRole");
    return { ...answer(execution, progress, "LostElection"), waitSeconds: standBackSeconds(random) };
  },

  async campaign(execution, { invocations, random }) {
    const progress = await invocations.drive("elected", budgetMs.election);
    if (progress.role === "leader") return answer(execution, progress, "Leader");
    if (hasLeader(progress)) return answer(execution, progress, "ReadRole");
    return { ...answer(execution, progress, "LostElection"), waitSeconds: standBackSeconds(random) };
  },

  async lead(execution, { invocations }) {
    const progress = await invocations.drive("confirmed", budgetMs.lead);
    return answer(execution, progress, progress.role === "leader" ? "Drain" : "ReadRole");
  },

  async drain(execution, { invocations }) {
    const progress = await invocations.drive("committed", budgetMs.drain);
    return answer(execution, progress, progress.role === "leader" && progress.waiting === 0 ? "HandOver" : "ReadRole");
  },

  /** A head that gets no quorum now, because members are down, is not waited for: the watchdog sees that it is not final, and comes again. */
  async handOver(execution, { invocations, store }) {
    const progress = await invocations.drive("settled", budgetMs.handOver);
    if (progress.role !== "leader" || progress.waiting > 0) return answer(execution, progress, "ReadRole");
    return answer(execution, progress, await endOr(store, execution));
  },
};

function whatNext(progress: Progress): Next<"readRole"> {
  if (progress.isSettled) return "End";
  if (progress.role === "leader") return "Leader";
  return hasLeader(progress) ? "Follower" : "PreVote";
}

/** A member that stands for election still knows the leader that it has given up. */
function hasLeader({ role, leader }: Progress): boolean {
  return role === "follower" && leader !== null;
}

async function endOr(store: CoordinatorStore, { number, seen }: Carried): Promise<"End" | "ReadRole"> {
  return (await store.end(number, seen)) === "ended" ? "End" : "ReadRole";
}

function answer<To extends string>(execution: Carried, { role, waiting, isSettled }: Progress, next: To) {
  return { ...execution, role, next, waiting, settled: isSettled };
}

function standBackSeconds(random: Random): number {
  const [byte = 0] = random.bytes(1);
  return 1 + (byte % standBackSecondsMax);
}
