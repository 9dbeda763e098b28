import { setTimeout as sleep } from "node:timers/promises";
import type { ChildProblem, ChildRun } from "./child.ts";

export type MemberPhase = "starting" | "running" | "waiting" | "stopping" | "stopped";

export interface MemberStatus {
  readonly member: string;
  readonly url: string;
  readonly phase: MemberPhase;
  readonly pid: number | null;
  /** Times the supervisor has started it again after it ended by itself. */
  readonly restarts: number;
  /** Why it last ended by itself. */
  readonly lastProblem: ChildProblem | null;
}

export interface SupervisedMemberOptions {
  readonly member: string;
  readonly url: string;
  readonly run: () => ChildRun;
  /** True when the member answers for itself. */
  readonly isHealthy: () => Promise<boolean>;
  readonly onChange: (status: MemberStatus) => void;
}

const firstDelayMs = 500;
const delayMsMax = 30_000;
/** A run as long as this was a good one: the next fault starts again with the shortest delay. */
const goodRunMs = 60_000;
const stopGraceMs = 10_000;
const healthPollMs = 50;

/** Keeps one member's process as it is wanted: running, and started again with growing delays when it ends by itself; or stopped. */
export class SupervisedMember {
  private readonly options: SupervisedMemberOptions;
  private wanted = false;
  private phase: MemberPhase = "stopped";
  private run: ChildRun | undefined;
  private restarts = 0;
  private failuresInRow = 0;
  private lastProblem: ChildProblem | null = null;
  private wake: AbortController | undefined;
  private stopping: Promise<void> | undefined;

  constructor(options: SupervisedMemberOptions) {
    this.options = options;
  }

  status(): MemberStatus {
    const { member, url } = this.options;
    const isUp = this.phase === "running" || this.phase === "starting" || this.phase === "stopping";
    return {
      member,
      url,
      phase: this.phase,
      pid: isUp ? (this.run?.pid ?? null) : null,
      restarts: this.restarts,
      lastProblem: this.lastProblem,
    };
  }

  /** Starts the process and waits until the member is healthy or `timeoutMs` have passed. Answers why it is not, if it is not. */
  async start(timeoutMs: number): Promise<ChildProblem | undefined> {
    await this.stopping;
    if (!this.wanted) {
      this.wanted = true;
      this.failuresInRow = 0;
      this.launch();
    } else this.wake?.abort();
    const until = Date.now() + timeoutMs;
    while (Date.now() < until) {
      if (this.phase === "running") return undefined;
      if (this.phase === "waiting" && this.lastProblem !== null) return this.lastProblem;
      if (!this.wanted) return { code: "stopped", names: { zh: "成员在启动时被停止", en: "the member was stopped while it started" } };
      await sleep(healthPollMs);
    }
    return { code: "member-not-ready", names: { zh: "成员未及时就绪", en: "the member was not ready in time" } };
  }

  /** Stops the process on purpose: it stays stopped until `start`. */
  stop(): Promise<void> {
    this.stopping ??= this.drain().finally(() => {
      this.stopping = undefined;
    });
    return this.stopping;
  }

  private async drain(): Promise<void> {
    const isUp = this.phase === "starting" || this.phase === "running";
    this.wanted = false;
    this.wake?.abort();
    if (isUp && this.run !== undefined) {
      this.enter("stopping");
      await this.run.stop(stopGraceMs);
    }
    this.enter("stopped");
  }

  /** For the impatient second Ctrl-C. */
  kill(): void {
    this.wanted = false;
    this.run?.kill();
  }

  private launch(): void {
    const startedAt = Date.now();
    let run: ChildRun;
    try {
      run = this.options.run();
    } catch (error) {
      // The disk may be full, or the user's processes too many: both may pass.
      const reason = error instanceof Error ? error.message : String(error);
      void this.ended({ code: "failed", names: { zh: `进程无法启动：${reason}`, en: `the process could not be started: ${reason}` } }, 0);
      return;
    }
    this.run = run;
    this.enter("starting");
    void this.awaitHealth(run);
    void run.ended.then((problem) => this.ended(problem, Date.now() - startedAt));
  }

  private async awaitHealth(run: ChildRun): Promise<void> {
    if ((await run.listening) !== "listening") return;
    while (this.run === run && this.phase === "starting") {
      if (await this.options.isHealthy()) {
        if (this.run === run && this.phase === "starting") this.enter("running");
        return;
      }
      await sleep(healthPollMs);
    }
  }

  private async ended(problem: ChildProblem, ranMs: number): Promise<void> {
    if (!this.wanted) return;
    this.failuresInRow = ranMs >= goodRunMs ? 1 : this.failuresInRow + 1;
    this.lastProblem = problem;
    this.wake = new AbortController();
    this.enter("waiting");
    const delayMs = Math.min(firstDelayMs * 2 ** (this.failuresInRow - 1), delayMsMax);
    await sleep(delayMs, undefined, { signal: this.wake.signal }).catch(() => undefined);
    if (!this.wanted || this.phase !== "waiting") return;
    this.restarts++;
    this.launch();
  }

  private enter(phase: MemberPhase): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.options.onChange(this.status());
  }
}
