import {
  type Evidence,
  type Input,
  initialState,
  type Outgoing,
  type Position,
  type RaftState,
  type Receive,
  type Step,
  step,
} from "@vermilion/consensus";
import { type BlockRefusal, executeReceived } from "../chain/accept.ts";
import { acknowledge } from "../chain/acknowledge.ts";
import { followCommit } from "../chain/commit.ts";
import { type SealOrder, sealBlock } from "../chain/seal.ts";
import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import type { BlockBody } from "../peers/wire.ts";

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
  /** The tick counters of the last state seen, not worth a write each: losing them costs time, never safety. */
  private resting: { readonly version: number; readonly state: RaftState } | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  /** The certificate that was last followed to its end by this process. */
  private followed: Position | undefined;
  private cosignedSize = 0;
  /** Entries of the blocks in the tail, by header hash. */
  private readonly entryCounts = new Map<string, number>();
  private lastStorageFault: string | undefined;
  /** Set for good when the rules in force are newer than this software: this member serves what it has, and takes no block until its upgrade. */
  upgradeNeeded: string | undefined;
  /** Set for good when another member has proved that this one contradicts what is committed. */
  diverged: string | undefined;

  constructor(context: NodeContext) {
    this.context = context;
  }

  /** Turns of one process come one after the other; turns of other processes are kept apart by the compare-and-set alone. */
  take(input: Input | undefined, bodies?: ReadonlyMap<string, BlockBody>): Promise<Turn> {
    return this.enqueue(() => this.takeNow(input, bodies));
  }

  /** A turn without an input, which sees all that waits when it begins; `onBegin` tells when that is. */
  look(onBegin: () => void): Promise<Turn> {
    return this.enqueue(() => {
      onBegin();
      return this.takeNow(undefined, undefined);
    });
  }

  private enqueue(turn: () => Promise<Turn>): Promise<Turn> {
    const taken = this.queue.then(turn);
    this.queue = taken.catch(() => undefined);
    return taken;
  }

  /** The next turn tells consensus that a tree of so many leaves was cosigned here. */
  noteCosigned(size: number): void {
    this.cosignedSize = Math.max(this.cosignedSize, size);
  }

  /** Why the store took no write when it was last asked, in one sentence; undefined from the next save that it takes. */
  get storageFault(): string | undefined {
    return this.lastStorageFault;
  }

  /**
   * Remembers a fault that outlives its turn. A leader that cannot write must not be taken for one that leads; a follower that does not know
   * the rules of a block tells so in its health, whoever's call brought the block.
   */
  noteFault(cause: unknown): void {
    if (!(cause instanceof Fault)) return;
    if (cause.code.startsWith("storage-")) this.lastStorageFault = `${cause.code}: ${cause.detail}`;
    if (cause.code === "upgrade-needed") this.upgradeNeeded = cause.detail;
  }

  /** The saved state, or the first one. */
  async state(): Promise<RaftState> {
    return (await this.load()).state;
  }

  private async takeNow(input: Input | undefined, bodies: ReadonlyMap<string, BlockBody> | undefined): Promise<Turn> {
    for (let attempt = 0; attempt < triesMax; attempt++) {
      try {
        const turn = await this.tryTurn(input, bodies);
        if (turn !== undefined) return turn;
      } catch (cause) {
        this.noteFault(cause);
        if (!(cause instanceof Fault && cause.code === "stale-turn")) throw cause;
      }
    }
    throw new Fault("stale-turn", `state moved on during ${triesMax} tries`);
  }

  private async tryTurn(input: Input | undefined, bodies: ReadonlyMap<string, BlockBody> | undefined): Promise<Turn | undefined> {
    const { version, state } = await this.load();
    await this.follow(state);
    const run = new Run(state);
    run.take(step(run.state, { kind: "wanted", waiting: await this.waiting(state, input) }));
    if (this.cosignedSize > run.state.cosignedSize) run.take(step(run.state, { kind: "cosigned", size: this.cosignedSize }));
    if (input !== undefined) await this.feed(run, input, bodies);
    await this.sealWhileAsked(run, version);
    // Of several processes over one store one alone may say what time has made due: the one whose turn is saved.
    const isDueByTime = input?.kind === "tick" && run.send.length > 0;
    if (!(await this.save(run.state, version, state, isDueByTime))) return undefined;
    for (const evidence of run.evidence) {
      this.context.log.error("member-misbehaved", { ...evidence });
      if (evidence.kind === "two-certificates")
        this.diverged = `two certificates at height ${evidence.ours.height}, shown by ${evidence.from}`;
    }
    await this.follow(run.state);
    return { state: run.state, send: run.send, asleep: run.asleep };
  }

  /**
   * Proposals that are in no block of the log yet. Those of a block stay in the store until it is published; counted as waiting they would
   * make the leader expect another block, and hold back the word that this one is committed.
   */
  private async waiting(state: RaftState, input: Input | undefined): Promise<number> {
    // A leader with a block under way can seal no other one: only what may commit it makes the number matter.
    if (state.role === "leader" && state.tail.length > 0 && input?.kind !== "receive") return state.waiting;
    if (state.tail.length === 0) this.entryCounts.clear();
    let inFlight = 0;
    for (const { hash } of state.role === "leader" ? state.tail : []) inFlight += await this.entriesOf(hash);
    return Math.max(0, (await this.context.raftStore.proposalCount()) - inFlight);
  }

  private async entriesOf(hash: string): Promise<number> {
    const known = this.entryCounts.get(hash) ?? (await this.context.ledger.readBlock(hash))?.entries.length ?? 0;
    this.entryCounts.set(hash, known);
    return known;
  }

  /** Feeds the input; blocks that it appends are checked, executed and saved first, and refused whole if one of them fails. */
  private async feed(run: Run, input: Input, bodies: ReadonlyMap<string, BlockBody> | undefined): Promise<void> {
    const before = run.state;
    const first = step(before, input);
    if (first.appended.length === 0 || input.kind !== "receive") return run.take(first);
    const refusal = await this.acceptBlocks(first.appended, input, bodies ?? new Map());
    if (refusal === undefined) return run.take(first);
    this.context.log.error("block-refused", { from: input.message.from, refused: refusal.refused, why: refusal.why });
    run.take(step(before, { ...input, refused: refusal.refused }));
  }

  private async acceptBlocks(appended: readonly Position[], { message, certificate }: Receive, bodies: ReadonlyMap<string, BlockBody>) {
    if (message.kind !== "append") throw new Error("bug: only an append appends");
    for (const position of appended) {
      const place = message.positions.findIndex(({ height }) => height === position.height);
      const below = place === 0 ? message.previous : message.positions[place - 1];
      if (below === undefined) throw new Error("bug: appended positions are those of the message");
      const refusal = await this.acceptBlock(position, below.hash, position.height > (certificate?.position.height ?? -1), bodies);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** The block of a position that stands on the block `previous`: saved before, in this very place, or checked, executed and saved now. */
  private async acceptBlock(
    position: Position,
    previous: string,
    live: boolean,
    bodies: ReadonlyMap<string, BlockBody>,
  ): Promise<BlockRefusal | undefined> {
    const known = await this.placeOfKnown(position, previous);
    if (known !== undefined) return known === "there" ? undefined : known;
    const body = bodies.get(position.hash);
    if (body === undefined) return { refused: "invalid-block", why: "the block did not come with the message" };
    const block = await executeReceived(this.context, { position, previous, live }, body);
    if ("refused" in block) {
      // Another process of this member may have taken this very block meanwhile; once it is published its own entries count as repeated.
      return (await this.placeOfKnown(position, previous)) === "there" ? undefined : block;
    }
    await this.context.ledger.saveBlock(block);
    return undefined;
  }

  private async placeOfKnown(position: Position, previous: string): Promise<"there" | BlockRefusal | undefined> {
    const saved = await this.context.ledger.readBlock(position.hash);
    if (saved === undefined) return undefined;
    const isThere = saved.after.height === position.height && saved.term === position.term && saved.previous === previous;
    return isThere ? "there" : { refused: "invalid-block", why: "a block that is known in another place" };
  }

  private async sealWhileAsked(run: Run, version: number): Promise<void> {
    while (run.seal !== null) {
      const order = run.seal;
      const sealed = await this.seal({ ...order, previous: order.previous.hash });
      if (sealed === "taken") await this.giveWay(version);
      if (sealed === "nothing") run.take(step(run.state, { kind: "wanted", waiting: 0 }));
      else if (sealed === "taken") run.take(step(run.state, { kind: "cannot-seal", term: order.term, height: order.height }));
      else {
        const position = { term: order.term, height: order.height, hash: sealed.after.hash };
        this.entryCounts.set(position.hash, sealed.entries.length);
        const proof = await acknowledge(this.context, position);
        run.take(
          proof === undefined
            ? step(run.state, { kind: "cannot-seal", term: order.term, height: order.height })
            : step(run.state, { kind: "sealed", position, proof }),
        );
      }
    }
  }

  /** The place is another turn's, which may be about to save its block: only one that does not come back is taken for dead. */
  private async giveWay(version: number): Promise<void> {
    const { clock, pace, raftStore } = this.context;
    for (let waitedMs = 0; waitedMs < pace.takenPatienceMs; waitedMs += pace.tickMs, await clock.sleep(pace.tickMs)) {
      if ((await raftStore.load()).version !== version) throw new Fault("stale-turn", "another turn has sealed this place");
    }
  }

  /** A turn that died between its save and the head is finished here by the next one. */
  private async follow(state: RaftState): Promise<void> {
    if (state.certificate === null || this.followed?.hash === state.committed.hash) return;
    await followCommit(this.context, state.certificate);
    this.followed = state.committed;
  }

  /** Who does not know the rules in force cannot seal: the place is given up like one that is taken, and another member may lead. */
  private async seal(order: SealOrder): ReturnType<typeof sealBlock> {
    try {
      return await sealBlock(this.context, order);
    } catch (cause) {
      if (!(cause instanceof Fault && cause.code === "upgrade-needed")) throw cause;
      this.noteFault(cause);
      return "taken";
    }
  }

  private async load(): Promise<{ version: number; state: RaftState }> {
    const { version, state } = await this.context.raftStore.load();
    if (state === undefined) return { version, state: await this.firstState() };
    return this.resting?.version === version ? this.resting : { version, state };
  }

  private async firstState(): Promise<RaftState> {
    const head = await this.context.ledger.head();
    const [hash] = head === undefined ? [] : await this.context.ledger.hashesFrom(0, 1);
    if (hash === undefined) throw new Error("bug: no genesis block");
    return initialState(this.context.member, [...this.context.founders.keys()], { term: 0, height: 0, hash });
  }

  private async save(state: RaftState, version: number, loaded: RaftState, isDueByTime: boolean): Promise<boolean> {
    if (!isDueByTime && sameButForTicks(state, loaded)) {
      this.resting = { version, state };
      return true;
    }
    const saved = await this.saveOrReread(state, version);
    this.resting = saved ? { version: version + 1, state } : undefined;
    if (saved) this.lastStorageFault = undefined;
    return saved;
  }

  /** After an ambiguous write: read again, it may have been ours (design, section 6). */
  private async saveOrReread(state: RaftState, version: number): Promise<boolean> {
    try {
      return (await this.context.raftStore.save(state, version)) === "saved";
    } catch (cause) {
      const now = await this.context.raftStore.load();
      if (now.version === version + 1 && JSON.stringify(now.state) === JSON.stringify(state)) return true;
      throw cause;
    }
  }
}

/** The steps of one turn, added up. */
class Run {
  state: RaftState;
  readonly send: Outgoing[] = [];
  readonly evidence: Evidence[] = [];
  seal: Step["seal"] = null;
  asleep = false;

  constructor(state: RaftState) {
    this.state = state;
  }

  take(next: Step): void {
    this.state = next.state;
    this.send.push(...next.send);
    this.evidence.push(...next.evidence);
    this.seal = next.seal;
    this.asleep = next.asleep;
  }
}

function sameButForTicks(one: RaftState, other: RaftState): boolean {
  return one === other || JSON.stringify(withoutTicks(one)) === JSON.stringify(withoutTicks(other));
}

function withoutTicks(state: RaftState) {
  const peers = Object.fromEntries(Object.entries(state.peers).map(([member, peer]) => [member, { ...peer, silentTicks: 0 }]));
  return { ...state, elapsedTicks: 0, timeoutTicks: 0, waiting: 0, peers };
}
