import { Fault, type FaultCode } from "../fault.ts";

/** What keeps a node from doing all that it should. */
export type Condition =
  | { readonly kind: "ok" }
  /** Another member has proved that this one contradicts what is committed. For good. */
  | { readonly kind: "diverged"; readonly detail: string }
  /** The rules in force are newer than this software: it serves what it has and takes no block. Until the upgrade. */
  | { readonly kind: "upgrade-needed"; readonly detail: string }
  /** The store took no write when it was last asked. Until the next save that it takes. */
  | { readonly kind: "storage-fault"; readonly code: FaultCode; readonly detail: string }
  /** A piece of background work has failed. Until a tick or a hello goes well. */
  | { readonly kind: "background-fault"; readonly code: FaultCode; readonly detail: string };

type Kind = Exclude<Condition["kind"], "ok">;

const worstFirst: readonly Kind[] = ["diverged", "upgrade-needed", "storage-fault", "background-fault"];

/** The condition of one node, kept together with what it becomes when its worst trouble is over. */
export class ConditionKeeper {
  private readonly troubles = new Map<Kind, Condition>();

  /** The worst that is known. */
  get condition(): Condition {
    for (const kind of worstFirst) {
      const trouble = this.troubles.get(kind);
      if (trouble !== undefined) return trouble;
    }
    return { kind: "ok" };
  }

  /** Whether the others may take this member for one that leads: who cannot write, or must not, cannot. */
  get mayLead(): boolean {
    const { kind } = this.condition;
    return kind === "ok" || kind === "background-fault";
  }

  note(condition: Exclude<Condition, { readonly kind: "ok" }>): void {
    this.troubles.set(condition.kind, condition);
  }

  /**
   * Keeps a fault that outlives its turn. A leader that cannot write must not be taken for one that leads; a follower that does not know the
   * rules of a block tells so in its health, whoever's call brought the block.
   */
  noteFault(cause: unknown): void {
    if (!(cause instanceof Fault)) return;
    const { code, detail } = cause;
    if (code === "upgrade-needed") this.note({ kind: "upgrade-needed", detail });
    else if (code.startsWith("storage-")) this.note({ kind: "storage-fault", code, detail });
  }

  isOver(kind: "storage-fault" | "background-fault"): void {
    this.troubles.delete(kind);
  }
}
