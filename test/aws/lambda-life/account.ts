import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Act, Carried, TurnAnswer, whereTo } from "@vermilion/aws/coordinator/acts";
import { type CoordinatorStore, dynamoCoordinator } from "@vermilion/aws/coordinator/store";
import { takeAct } from "@vermilion/aws/coordinator/take-act";
import type { Table } from "@vermilion/aws/dynamodb/index";
import { openMember, type RunningMember } from "@vermilion/member";
import { unfinishedWork } from "@vermilion/member/unfinished";
import { Fault, type GenesisFile, nativeCrypto } from "@vermilion/node";
import type { Brings } from "@vermilion/node/driver/invocations";
import type { Keys, Log, Peers } from "@vermilion/node/ports/index";
import type { Pace } from "@vermilion/node/ports/pace";
import { acts } from "../../../infra/coordinator.ts";
import { type MemoryStores, type MemoryTable, memoryChain, memoryStores } from "../../support/memory/index.ts";
import { Gate } from "./gate.ts";

/** Five times as fast as on Lambda. */
export const fastPace: Pace = {
  tickMs: 100,
  restMs: 12_000,
  callTimeoutMs: 2_000,
  questionTimeoutMs: 1_000,
  forwardAgainMs: 2_000,
  takenPatienceMs: 1_000,
  catchUpBlocksMax: 50,
};
const lingerMs: Readonly<Record<Brings, number>> = { entries: 1_000, message: 50 };
const stepRetriesMax = 20;

/** What may go wrong; each is the chance of one event, asked of the test's own random numbers. */
export interface Misfortune {
  /** A process ends at an await. */
  readonly death: () => boolean;
  /** A wake-up is lost. */
  readonly lostWakeUp: () => boolean;
}

interface Process {
  readonly gate: Gate;
  readonly member: RunningMember;
}

/** One member's account: stores that last, and processes that come and go over them. */
export class Account {
  readonly id: string;
  readonly stores: MemoryStores;
  readonly coordinator: CoordinatorStore;
  readonly errors: { readonly event: string; readonly fields: unknown }[] = [];
  /** Calls of any store, by any process. */
  storeCalls = 0;
  coldStarts = 0;
  executions = 0;
  /** Steps of the coordinator that called the function. */
  steps = 0;
  /** Messages on the queue of wake-ups. */
  wakeUps = 0;
  private readonly resting: Process[] = [];
  readonly genesis: GenesisFile;
  readonly keys: Keys;
  private readonly callPeer: (from: string) => Peers["call"];
  private readonly misfortune: Misfortune;
  private readonly pace: Pace;

  constructor(
    id: string,
    of: {
      genesis: GenesisFile;
      keys: Keys;
      callPeer: (from: string) => Peers["call"];
      misfortune: Misfortune;
      table: MemoryTable;
      pace?: Pace;
    },
  ) {
    this.id = id;
    this.genesis = of.genesis;
    this.keys = of.keys;
    this.callPeer = of.callPeer;
    this.misfortune = of.misfortune;
    this.pace = of.pace ?? fastPace;
    this.stores = memoryStores(this.counting(of.table));
    this.coordinator = dynamoCoordinator(memoryChain, this.stores.table);
  }

  /** A call of the API: in a process that rests, or in a new one. Rejects when the process ends under it. */
  async invoke<T>(work: (member: RunningMember) => Promise<T>, brings: Brings): Promise<T> {
    const process = this.resting.pop() ?? (await this.start());
    process.gate.thaw();
    const attended = process.member.invocations.attend(work(process.member), brings, () => lingerMs[brings]);
    try {
      const { answer, isLeft } = await Promise.race([attended, process.gate.died]);
      if (isLeft && !this.misfortune.lostWakeUp()) void this.wake();
      return answer;
    } finally {
      this.rest(process);
    }
  }

  private rest(process: Process): void {
    process.gate.freeze();
    if (!process.gate.isDead) this.resting.push(process);
  }

  /** What the wake-up function and the state machine do together. */
  async wake(): Promise<void> {
    this.wakeUps += 1;
    const wanted = await this.coordinator.want();
    if (wanted === "running") return;
    this.executions += 1;
    // An execution that fails is given up by the watchdog, which here hears of it at once.
    await this.execute(wanted.start).catch(() => this.coordinator.lost(wanted.start));
  }

  private async execute(number: number): Promise<void> {
    let carried: Carried = { chain: memoryChain, number, loops: 0, seen: 0 };
    for (let act: keyof typeof whereTo = "readRole"; ; ) {
      const answer: TurnAnswer<keyof typeof whereTo> = await this.step(act, carried);
      carried = { ...answer };
      if (answer.next === "End") return;
      if (answer.next === "LostElection") await sleep((answer.waitSeconds ?? 1) * 200);
      act = actOf[answer.next] ?? unknownAnswer(answer.next);
    }
  }

  /** What the watchdog finds by the stores alone, and from the height of the others. */
  async watch(heights: readonly number[]): Promise<readonly string[]> {
    const { running, number } = await this.coordinator.state();
    const own = (await this.stores.ledger.published())?.height ?? -1;
    const reasons = [...(await unfinishedWork({ ...this.stores, member: this.id })), ...(Math.max(...heights) > own ? ["behind"] : [])];
    if (reasons.length > 0 && !running) void this.wake();
    return running ? [`execution ${number} runs`, ...reasons] : reasons;
  }

  private async step(act: keyof typeof whereTo, execution: Carried): Promise<TurnAnswer<keyof typeof whereTo>> {
    for (let attempt = 1; ; attempt++) {
      this.steps += 1;
      try {
        const needs = { store: this.coordinator, random: { bytes: (count: number) => new Uint8Array(randomBytes(count)) } };
        const answer = await this.invokeTurn((member) =>
          takeAct({ act: act as Act, execution }, { ...needs, invocations: member.invocations }),
        );
        return answer as TurnAnswer<keyof typeof whereTo>;
      } catch (error) {
        if (attempt === stepRetriesMax) throw error;
      }
    }
  }

  private async invokeTurn<T>(work: (member: RunningMember) => Promise<T>): Promise<T> {
    const process = this.resting.pop() ?? (await this.start());
    process.gate.thaw();
    try {
      return await Promise.race([work(process.member), process.gate.died]);
    } finally {
      this.rest(process);
    }
  }

  private async start(): Promise<Process> {
    this.coldStarts += 1;
    const gate = new Gate(this.misfortune.death);
    const stores = memoryStores(this.gated(this.stores.table, gate) as MemoryStores["table"]);
    const error: Log["error"] = (event, fields) => void this.errors.push({ event, fields });
    const call = this.callPeer(this.id);
    gate.thaw();
    const opening = openMember(
      {
        crypto: nativeCrypto,
        ledger: stores.ledger,
        raftStore: stores.raftStore,
        recordKeys: stores.recordKeys,
        files: stores.files,
        keys: this.keys,
        peers: { call: (...given) => gate.pass(() => call(...given)) },
        clock: { now: Date.now, sleep: (ms) => gate.pass(() => sleep(ms)) },
        random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
        log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error },
        pace: this.pace,
      },
      { member: this.id, genesis: this.genesis },
    );
    const member = await Promise.race([opening, gate.died]);
    gate.freeze();
    return { gate, member };
  }

  private gated(table: Table, gate: Gate): Table {
    return mapped(table, (work) => gate.pass(work));
  }

  private counting<T extends Table>(table: T): T {
    return {
      ...table,
      ...mapped(table, (work) => {
        this.storeCalls += 1;
        return work();
      }),
    };
  }
}

function mapped(table: Table, around: <T>(work: () => Promise<T>) => Promise<T>): Table {
  return Object.fromEntries(
    Object.entries(table)
      .filter(([, value]) => typeof value === "function")
      .map(([name, method]) => [
        name,
        (...given: unknown[]) => around(() => (method as (...all: unknown[]) => Promise<unknown>).apply(table, given)),
      ]),
  ) as unknown as Table;
}

/** The state machine's own table; what lost an election begins anew. */
const actOf: Readonly<Record<string, keyof typeof whereTo>> = { ...acts, LostElection: "readRole" };

function unknownAnswer(next: string): never {
  throw new Error(`the coordinator knows no ${next}`);
}

/** A call that takes too long, or whose process ends, is for its caller one that did not answer. */
export async function withinTimeout<T>(call: Promise<T>, timeoutMs: number): Promise<T> {
  const late = sleep(timeoutMs, undefined, { ref: false }).then(() => Promise.reject(new Fault("peer-unreachable", "no answer in time")));
  return Promise.race([call, late]);
}
