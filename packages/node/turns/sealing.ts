import { acknowledge } from "../chain/acknowledge.ts";
import { type SealOrder, sealBlock } from "../chain/seal.ts";
import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import type { ConditionKeeper } from "./condition.ts";
import type { InFlight } from "./in-flight.ts";
import type { Run } from "./run.ts";

export interface Sealing {
  readonly context: NodeContext;
  readonly condition: ConditionKeeper;
  readonly inFlight: InFlight;
  /** Aborted when the node closes. */
  readonly closing: AbortSignal;
}

/** Seals for as long as consensus asks for a block. `version`: of the Raft state that the turn began with. */
export async function sealWhileAsked(sealing: Sealing, run: Run, version: number): Promise<void> {
  while (run.seal !== null) {
    const { term, height, previous, empty } = run.seal;
    const sealed = await seal(sealing, { term, height, previous: previous.hash, empty });
    if (sealed === "taken") await giveWay(sealing, version);
    if (sealed === "nothing") run.step({ kind: "wanted", waiting: 0 });
    else if (sealed === "taken") run.step({ kind: "cannot-seal", term, height });
    else {
      const position = { term, height, hash: sealed.after.hash };
      sealing.inFlight.noteSealed(position.hash, sealed.entries.length);
      const proof = await acknowledge(sealing.context, position);
      run.step(proof === undefined ? { kind: "cannot-seal", term, height } : { kind: "sealed", position, proof });
    }
  }
}

/** Who does not know the rules in force cannot seal: the position is given up like one that is taken, and another member may lead. */
async function seal({ context, condition }: Sealing, order: SealOrder): ReturnType<typeof sealBlock> {
  try {
    return await sealBlock(context, order);
  } catch (cause) {
    if (!(cause instanceof Fault && cause.code === "upgrade-needed")) throw cause;
    condition.noteFault(cause);
    return "taken";
  }
}

/** The position is another turn's, which may be about to save its block: only one that does not come back is taken for dead. */
async function giveWay({ context, closing }: Sealing, version: number): Promise<void> {
  const { clock, pace, raftStore } = context;
  for (let waitedMs = 0; waitedMs < pace.takenPatienceMs; waitedMs += pace.tickMs, await clock.sleep(pace.tickMs, closing)) {
    if ((await raftStore.load()).version !== version) throw new Fault("stale-turn", "another turn has sealed at this position");
    if (closing.aborted) throw new Fault("stale-turn", "the node closes");
  }
}
