import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Act, Carried, TurnAnswer, whereTo } from "@vermilion/aws/coordinator/acts";
import { type CoordinatorStore, dynamoCoordinator } from "@vermilion/aws/coordinator/store";
import { takeAct } from "@vermilion/aws/coordinator/take-act";
import type { Table } from "@vermilion/aws/dynamodb/index";
import { openMember, type RunningChain } from "@vermilion/member";
import { chainRules } from "@vermilion/member/rules";
import { unfinishedWork } from "@vermilion/member/unfinished";
import { checkGenesis, Fault, type GenesisFile, nativeCrypto } from "@vermilion/node";
import type { Brings } from "@vermilion/node/driver/invocations";
import type { Keys, Log, Peers } from "@vermilion/node/ports/index";
import type { Pace } from "@vermilion/node/ports/pace";
import { acts } from "../../../infra/coordinator.ts";
import { type MemoryStores, type MemoryTable, memoryStores } from "../../support/memory/index.ts";
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
  /** By chain. */
  readonly chains: ReadonlyMap<string, RunningChain>;
}

/** What an account has of one chain. */
export interface ChainOfAccount {
  readonly chain: string;
  readonly genesis: GenesisFile;
  readonly stores: MemoryStores;
  readonly coordinator: CoordinatorStore;
}

/** One member's account: stores that last, and processes that come and go over them. */
export class Account {
  readonly id: string;
  /** The main one first. */
  readonly chains: readonly ChainOfAccount[];
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
  readonly keys: Keys;
  private readonly callPeer: (from: string, chain: string) => Peers["call"];
  private readonly misfortune: Misfortune;
  private readonly pace: Pace;

  constructor(
    id: string,
    of: {
      geneses: readonly GenesisFile[];
      keys: Keys;
      callPeer: (from: string, chain: string) => Peers["call"];
      misfortune: Misfortune;
      table: MemoryTable;
      pace?: Pace;
    },
  ) {
    this.id = id;
    this.keys = of.keys;
    this.callPeer = of.callPeer;
    this.misfortune = of.misfortune;
    this.pace = of.pace ?? fastPace;
    const table = this.counting(of.table);
    this.chains = of.geneses.map((genesis) => {
      const chain = chainIdOf(genesis);
      return { chain, genesis, stores: memoryStores(table, chain), coordinator: dynamoCoordinator(chain, table) };
    });
  }

  /** One of its chains, the main one by default. */
  of(chain?: string): ChainOfAccount {
    const found = chain === undefined ? this.chains[0] : this.chains.find((one) => one.chain === chain);
    if (found === undefined) throw new Fault("peer-unreachable", `${this.id} is on no such chain`);
    return found;
  }

  get stores(): MemoryStores {
    return this.of().stores;
  }

  get genesis(): GenesisFile {
    return this.of().genesis;
  }

  get coordinator(): CoordinatorStore {
    return this.of().coordinator;
  }

  /** A call of the API: in a process that rests, or in a new one. Rejects when the process ends under it. */
  async invoke<T>(work: (member: RunningChain) => Promise<T>, brings: Brings, chain = this.of().chain): Promise<T> {
    this.of(chain);
    const process = this.resting.pop() ?? (await this.start());
    process.gate.thaw();
    const member = runningOn(process, chain);
    const attended = member.invocations.attend(work(member), brings, () => lingerMs[brings]);
    try {
      const { answer, isLeft } = await Promise.race([attended, process.gate.died]);
      if (isLeft && !this.misfortune.lostWakeUp()) void this.wake(chain);
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
  async wake(chain = this.of().chain): Promise<void> {
    const { coordinator } = this.of(chain);
    this.wakeUps += 1;
    const wanted = await coordinator.want();
    if (wanted === "running") return;
    this.executions += 1;
    // An execution that fails is given up by the watchdog, which here hears of it at once.
    await this.execute(chain, wanted.start).catch(() => coordinator.lost(wanted.start));
  }

  private async execute(chain: string, number: number): Promise<void> {
    let carried: Carried = { chain, number, loops: 0, seen: 0 };
    for (let act: keyof typeof whereTo = "readRole"; ; ) {
      const answer: TurnAnswer<keyof typeof whereTo> = await this.step(act, carried);
      carried = { ...answer };
      if (answer.next === "End") return;
      if (answer.next === "LostElection") await sleep((answer.waitSeconds ?? 1) * 200);
      act = actOf[answer.next] ?? unknownAnswer(answer.next);
    }
  }

  /** What the watchdog finds by the stores alone, and from the height of the others. */
  async watch(heights: readonly number[], chain?: string): Promise<readonly string[]> {
    const { stores, coordinator, ...of } = this.of(chain);
    const { running, number } = await coordinator.state();
    const own = (await stores.ledger.published())?.height ?? -1;
    const reasons = [...(await unfinishedWork({ ...stores, member: this.id })), ...(Math.max(...heights) > own ? ["behind"] : [])];
    if (reasons.length > 0 && !running) void this.wake(of.chain);
    return running ? [`execution ${number} runs`, ...reasons] : reasons;
  }

  private async step(act: keyof typeof whereTo, execution: Carried): Promise<TurnAnswer<keyof typeof whereTo>> {
    for (let attempt = 1; ; attempt++) {
      this.steps += 1;
      try {
        const { coordinator: store } = this.of(execution.chain);
        const needs = { store, random: { bytes: (count: number) => new Uint8Array(randomBytes(count)) } };
        const answer = await this.invokeTurn((process) =>
          takeAct({ act: act as Act, execution }, { ...needs, invocations: runningOn(process, execution.chain).invocations }),
        );
        return answer as TurnAnswer<keyof typeof whereTo>;
      } catch (error) {
        if (attempt === stepRetriesMax) throw error;
      }
    }
  }

  private async invokeTurn<T>(work: (process: Process) => Promise<T>): Promise<T> {
    const process = this.resting.pop() ?? (await this.start());
    process.gate.thaw();
    try {
      return await Promise.race([work(process), process.gate.died]);
    } finally {
      this.rest(process);
    }
  }

  private async start(): Promise<Process> {
    this.coldStarts += 1;
    const gate = new Gate(this.misfortune.death);
    const error: Log["error"] = (event, fields) => void this.errors.push({ event, fields });
    gate.thaw();
    const opening = openMember(
      {
        member: this.id,
        crypto: nativeCrypto,
        keys: this.keys,
        clock: { now: Date.now, sleep: (ms) => gate.pass(() => sleep(ms)) },
        random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
        pace: this.pace,
      },
      this.chains.map(({ chain, genesis, stores: { table } }) => {
        const { ledger, raftStore, recordKeys, files } = memoryStores(this.gated(table, gate) as MemoryStores["table"], chain);
        const call = this.callPeer(this.id, chain);
        const log: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error };
        const peers: Peers = { call: (...given) => gate.pass(() => call(...given)) };
        return { genesis, ledger, raftStore, recordKeys, files, peers, log };
      }),
    );
    const { chains } = await Promise.race([opening, gate.died]);
    gate.freeze();
    return { gate, chains: new Map(chains.map((running) => [running.chain, running])) };
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

function runningOn({ chains }: Process, chain: string): RunningChain {
  const found = chains.get(chain);
  if (found === undefined) throw new Error(`the process has not opened ${chain}`);
  return found;
}

function chainIdOf(genesis: GenesisFile): string {
  const checked = checkGenesis(genesis, nativeCrypto, chainRules);
  if ("refused" in checked) throw new Error(checked.detail);
  return checked.chain;
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
