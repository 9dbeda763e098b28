import type { Evidence, Input, Outgoing, Position, RaftState } from "@vermilion/consensus";
import { followCommit } from "../chain/commit.ts";
import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import type { ConditionKeeper } from "./condition.ts";
import { InFlight } from "./in-flight.ts";
import { RaftMemory } from "./raft-memory.ts";
import { type Bodies, receive } from "./receive.ts";
import { Run } from "./run.ts";
import { type Sealing, sealWhileAsked } from "./sealing.ts";

/** What may leave the member after a turn: its state is saved. */
export interface Turn {
  readonly state: RaftState;
  readonly send: readonly Outgoing[];
  readonly asleep: boolean;
}

/** Tries of one turn before it gives up: another turn has moved the state each time. */
const triesMax = 20;

/**
 * One turn: load → step → save with compare-and-set; what leaves the member leaves afterwards, by the caller. A turn whose save is stale is
 * dropped whole and taken again on the newer state. Throws `Fault` when storage fails: then nothing was said.
 */
export class Turns {
  private readonly context: NodeContext;
  private readonly condition: ConditionKeeper;
  private readonly memory: RaftMemory;
  private readonly inFlight: InFlight;
  private readonly sealing: Sealing;
  private queue: Promise<unknown> = Promise.resolve();
  /** The commit that was last followed to its end by this process. */
  private followed: Position | undefined;
  private cosignedSize = 0;

  constructor(context: NodeContext, condition: ConditionKeeper, closing: AbortSignal) {
    this.context = context;
    this.condition = condition;
    this.memory = new RaftMemory(context, condition);
    this.inFlight = new InFlight(context);
    this.sealing = { context, condition, inFlight: this.inFlight, closing };
  }

  /** Turns of one process come one after the other; turns of other processes are kept apart by the compare-and-set alone. */
  take(input: Input, bodies: Bodies = new Map()): Promise<Turn> {
    return this.enqueue(() => this.untilSaved(input, bodies));
  }

  /** A turn without an input, which sees all that waits when it begins; `onBegin` tells when that is. */
  look(onBegin: () => void): Promise<Turn> {
    return this.enqueue(() => {
      onBegin();
      return this.untilSaved(undefined, new Map());
    });
  }

  /** The next turn tells consensus that a tree of so many leaves was cosigned here. */
  noteCosigned(size: number): void {
    this.cosignedSize = Math.max(this.cosignedSize, size);
  }

  /** The saved state, or the first one. */
  async state(): Promise<RaftState> {
    return (await this.memory.load()).state;
  }

  private enqueue(turn: () => Promise<Turn>): Promise<Turn> {
    const taken = this.queue.then(turn);
    this.queue = taken.catch(() => undefined);
    return taken;
  }

  private async untilSaved(input: Input | undefined, bodies: Bodies): Promise<Turn> {
    for (let attempt = 0; attempt < triesMax; attempt++) {
      try {
        const turn = await this.attempt(input, bodies);
        if (turn !== undefined) return turn;
      } catch (cause) {
        this.condition.noteFault(cause);
        if (!(cause instanceof Fault && cause.code === "stale-turn")) throw cause;
      }
    }
    throw new Fault("stale-turn", `state moved on during ${triesMax} tries`);
  }

  /** The steps of a turn, and what a process leaves behind that ends between them. Undefined where another turn was faster. */
  private async attempt(input: Input | undefined, bodies: Bodies): Promise<Turn | undefined> {
    const { context, inFlight } = this;
    const loaded = await this.memory.load();
    const run = new Run(loaded.state);

    // 1. Finish what an earlier turn has decided: head, state, tiles, index.
    await this.followCommit(run.state);
    // CRASH: publishing is repeatable, and the next turn begins here again.

    // 2. Tell consensus what it must know of this member, then the input. Blocks that it appends are executed and saved.
    run.step({ kind: "wanted", waiting: await inFlight.waiting(run.state, input) });
    if (this.cosignedSize > run.state.cosignedSize) run.step({ kind: "cosigned", size: this.cosignedSize });
    if (input !== undefined) await receive(context, run, input, bodies);
    // CRASH: received blocks are saved under their hashes and stand in no log; their sender brings them again.

    // 3. A leader seals what waits: reserves the position, signs the header, saves the block, signs its own acknowledgement.
    await sealWhileAsked(this.sealing, run, loaded.version);
    // CRASH: the position is taken by a block that stands in no log. The next turn gives it up, and this term with it.

    // 4. Save what consensus has decided. Only from here on may anybody hear of it.
    // Of several processes over one store one alone may say what time has made due: the one whose turn is saved.
    const isDueByTime = input?.kind === "tick" && run.send.length > 0;
    if (!(await this.memory.save(run.state, loaded, isDueByTime))) return undefined;
    // CRASH: this member is bound by what it saved and has told nobody. Messages are made anew at the next tick, from what is saved.

    this.report(run.evidence);
    // 5. Move the head to what this turn has committed, and publish.
    await this.followCommit(run.state);
    // CRASH: as after step 1. Nothing is cosigned yet; whoever takes the next turn sees to that.

    return { state: run.state, send: run.send, asleep: run.asleep };
    // CRASH: as after step 4.
  }

  private async followCommit({ certificate, committed }: RaftState): Promise<void> {
    if (certificate === null || this.followed?.hash === committed.hash) return;
    await followCommit(this.context, certificate);
    this.followed = committed;
  }

  private report(evidence: readonly Evidence[]): void {
    for (const one of evidence) {
      this.context.log.error("member-misbehaved", { ...one });
      if (one.kind === "two-certificates")
        this.condition.note({ kind: "diverged", detail: `two certificates at height ${one.ours.height}, shown by ${one.from}` });
    }
  }
}
