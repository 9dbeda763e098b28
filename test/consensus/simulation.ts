import type { Input, MemberId } from "@vermilion/consensus";
import { Checks, Violation } from "./checks.ts";
import {
  copyStore,
  HONEST,
  inputOf,
  type Member,
  newMember,
  prepareTurn,
  type Rules,
  type Store,
  savedState,
  saveTurn,
  type Turn,
  type Wire,
  waitingProposals,
  wiresOf,
} from "./model.ts";
import { Random } from "./random.ts";

export interface SimulationOptions {
  /** A variant of the member layer or the core, for showing that the checks notice. */
  readonly rules?: Partial<Omit<Rules, "onSign">>;
  /** Proposals submitted while faults happen. */
  readonly proposals?: number;
  readonly trace?: boolean;
}

export interface Report {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly trace: readonly string[];
  readonly members: number;
  readonly blocks: number;
  readonly terms: number;
  readonly events: number;
  /** How often each kind of fault happened, so that a test can see that none is missing. */
  readonly faults: Readonly<Record<string, number>>;
}

/** Simulated time; one unit is about a millisecond. */
const CHAOS_UNITS = 6_000;
const HEALED_UNITS = 60_000;
const TICK_UNITS = 20;
/** Even a healthy network loses a little, and says nothing. */
const LOSS_RATE_HEALED = 0.03;
const NAMES = ["platform", "inspection", "customs", "tax", "ports", "health", "maritime"];

/** Runs a consortium through one seeded life of faults, heals it, and reports the first broken promise, if any. */
export function simulate(seed: number, options: SimulationOptions = {}): Report {
  return new Simulation(seed, options).run();
}

/** For a test: throws with seed and trace (of a second, identical run) when the seed breaks a promise. */
export function simulateOrThrow(seed: number, options: SimulationOptions = {}): Report {
  const report = simulate(seed, options);
  if (report.violation === null) return report;
  const { trace } = simulate(seed, { ...options, trace: true });
  throw new Error(`seed ${seed}: ${report.violation.message}\n${trace.slice(-200).join("\n")}`, { cause: report.violation });
}

interface Node {
  readonly member: Member;
  up: boolean;
  /** Counts crashes: what a crashed process still had to do is not done. */
  life: number;
  ticking: boolean;
  lastForward: number;
  /** It will tell its core that it cannot seal. */
  givingUp: boolean;
  asleep: boolean;
}

class Simulation {
  readonly #seed: number;
  readonly #random: Random;
  readonly #rules: Rules;
  readonly #checks: Checks;
  readonly #trace: string[] | null;
  readonly #nodes: Node[];
  readonly #proposals: string[] = [];
  readonly #proposalCount: number;
  readonly #faults: Record<string, number> = {};
  readonly #lossRate: number;
  readonly #duplicateRate: number;
  readonly #slowRate: number;
  readonly #troubleRate: number;
  /** Leaders are cut off at the worst moments. */
  readonly #storm: boolean;
  readonly #cut = new Set<string>();
  #queue = new EventQueue();
  #now = 0;
  #events = 0;
  #healed = false;

  constructor(seed: number, options: SimulationOptions) {
    this.#seed = seed;
    this.#random = new Random(seed * 2_654_435_761);
    this.#rules = { ...HONEST, ...options.rules, onSign: (member, position) => this.#checks.onSign(member, position) };
    this.#checks = new Checks({ certificates: this.#rules.checksCertificates });
    this.#trace = options.trace === true ? [] : null;
    this.#proposalCount = options.proposals ?? 40;
    const names = NAMES.slice(0, this.#random.pick([3, 3, 3, 4, 5, 5, 6, 7]));
    this.#nodes = names.map((id) => ({
      member: newMember(id, names),
      up: true,
      life: 0,
      ticking: false,
      lastForward: -1_000,
      givingUp: false,
      asleep: true,
    }));
    this.#lossRate = this.#random.pick([0, 0.02, 0.1, 0.25]);
    this.#duplicateRate = this.#random.pick([0, 0.05, 0.2]);
    this.#slowRate = this.#random.pick([0, 0.05, 0.2]);
    this.#storm = this.#random.chance(0.5);
    this.#troubleRate = this.#random.pick([0.05, 0.2, 0.5]);
  }

  run(): Report {
    let violation: Violation | null = null;
    try {
      this.#planChaos();
      this.#runUntil(CHAOS_UNITS);
      this.#heal();
      this.#runUntil(CHAOS_UNITS + HEALED_UNITS);
      if (!this.#queue.isEmpty()) throw new Violation("everybody falls asleep", this.#awake());
      this.#checks.atEnd(this.#members(), this.#proposals);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violation = error;
    }
    const states = this.#members().map(savedState);
    return {
      seed: this.#seed,
      violation,
      trace: this.#trace ?? [],
      members: states.length,
      blocks: Math.max(...states.map((state) => state.committed.height)),
      terms: Math.max(...states.map((state) => state.term)),
      events: this.#events,
      faults: this.#faults,
    };
  }

  // ---- what happens to the consortium

  #planChaos(): void {
    for (let number = 1; number <= this.#proposalCount; number += 1) {
      this.#at(this.#random.between(0, CHAOS_UNITS), () => this.#submit(this.#random.pick(this.#nodes), `p${number}`));
    }
    for (let at = 200; at < CHAOS_UNITS; at += 200) this.#at(at, () => this.#maybeTrouble());
    if (this.#storm) this.#planStorm();
    if (this.#nodes.length >= 4 && this.#random.chance(0.4)) this.#planForgetting(this.#random.pick(this.#nodes));
  }

  /** Leader after leader is cut off, alone or with one companion, while both sides are given work: this makes logs that differ. */
  #planStorm(): void {
    const every = this.#random.between(250, 600);
    for (let at = 300; at < CHAOS_UNITS; at += every) {
      this.#at(at, () => {
        const leader = this.#leader();
        const companions = this.#random.chance(0.5) ? [this.#random.pick(this.#nodes)] : [];
        this.#submit(leader, `storm${at}a`);
        this.#at(this.#now + this.#random.between(0, 40), () => this.#partition([leader, ...companions], 2 * every));
        this.#at(this.#now + 50, () => this.#submit(this.#random.pick(this.#nodes), `storm${at}b`));
      });
    }
  }

  /** Whoever leads the highest term. */
  #leader(): Node {
    const leaders = this.#nodes.filter((node) => savedState(node.member).role === "leader");
    leaders.sort((one, other) => savedState(other.member).term - savedState(one.member).term);
    return leaders[0] ?? this.#random.pick(this.#nodes);
  }

  #maybeTrouble(): void {
    if (!this.#random.chance(this.#troubleRate)) return;
    const node = this.#random.pick(this.#nodes);
    const leader = this.#leader();
    const troubles = [
      () => this.#crash(node, 1_500),
      () => this.#crash(leader, 1_500),
      () => this.#crash(leader, 30),
      () =>
        this.#partition(
          this.#nodes.filter(() => this.#random.chance(0.5)),
          1_200,
        ),
      () => this.#partition([leader], 1_200),
      () => this.#cutOneWay(node, this.#random.pick(this.#nodes)),
      () => {
        for (const one of this.#nodes) this.#crash(one, 200);
      },
    ];
    this.#random.pick(troubles)();
  }

  #crash(node: Node, downAtMost: number): void {
    if (!node.up) return;
    this.#note("crash", node.member.id);
    node.up = false;
    node.life += 1;
    node.ticking = false;
    this.#at(this.#now + this.#random.between(1, downAtMost), () => this.#restart(node));
  }

  #restart(node: Node): void {
    if (node.up) return;
    this.#log(`${node.member.id} restarts`);
    node.up = true;
    this.#turn(node, [{ kind: "started" }], null);
  }

  #partition(side: readonly Node[], unitsAtMost: number): void {
    this.#note("partition", side.map((node) => node.member.id).join(" "));
    const names = new Set(side.map((node) => node.member.id));
    const pairs: string[] = [];
    for (const one of this.#nodes) {
      for (const other of this.#nodes)
        if (names.has(one.member.id) !== names.has(other.member.id)) pairs.push(pair(one.member.id, other.member.id));
    }
    this.#cutFor(pairs, this.#random.between(50, unitsAtMost));
  }

  #cutOneWay(one: Node, other: Node): void {
    this.#note("one-way cut", pair(one.member.id, other.member.id));
    this.#cutFor([pair(one.member.id, other.member.id)], this.#random.between(100, 1_000));
  }

  #cutFor(pairs: readonly string[], units: number): void {
    if (this.#healed) return;
    for (const one of pairs) this.#cut.add(one);
    this.#at(this.#now + units, () => {
      for (const one of pairs) this.#cut.delete(one);
    });
  }

  /** At most one member forgets, and only where the others are enough to go on. The core is told, as the design demands. */
  #planForgetting(node: Node): void {
    let backup: Store | null = null;
    this.#at(this.#random.between(0, CHAOS_UNITS / 2), () => {
      backup = copyStore(node.member.store);
    });
    this.#at(this.#random.between(CHAOS_UNITS / 2, CHAOS_UNITS - 1), () => {
      if (backup !== null) this.#restore(node, backup);
    });
  }

  #restore(node: Node, backup: Store): void {
    this.#note("restore from backup", node.member.id);
    const { store: lost } = node.member;
    node.member.store = { ...backup, version: lost.version + 1_000 };
    // What waited here would be lost with the store; its clients submit it again.
    for (const proposal of [...lost.waiting, ...lost.done]) if (!backup.done.has(proposal)) backup.waiting.add(proposal);
    node.life += 1;
    node.ticking = false;
    this.#saveNow(node, [{ kind: "restored" }]);
    if (node.up) this.#turn(node, [{ kind: "started" }], null);
  }

  #heal(): void {
    this.#log("---- all faults are healed");
    this.#healed = true;
    this.#cut.clear();
    for (const node of this.#nodes) {
      this.#restart(node);
      this.#turn(node, [{ kind: "started" }], null);
    }
    this.#submit(this.#random.pick(this.#nodes), "last");
  }

  #submit(node: Node, proposal: string): void {
    if (!node.up) {
      this.#submit(this.#nodes.find((one) => one.up) ?? revived(node), proposal);
      return;
    }
    this.#log(`${node.member.id} is given ${proposal}`);
    node.member.store.waiting.add(proposal);
    this.#proposals.push(proposal);
    this.#turn(node, [], null);
  }

  // ---- turns

  /** Load, decide and sign now; save a little later; send later still. Other turns of the same member may run in between. */
  #turn(node: Node, inputs: readonly Input[], wire: Wire | null, tries = 3): void {
    const turn = prepareTurn(node.member, inputs, wire, this.#rules);
    if (turn.conflict !== null) this.#onConflict(node, turn.conflict);
    const { life } = node;
    // A function that sleeps and wakes late does not even notice that its host crashed in between.
    const late = this.#chaos(0.02);
    if (late) this.#note("late turn", node.member.id);
    const store = node.member.store;
    this.#at(this.#now + (late ? this.#random.between(100, 1_500) : this.#random.between(0, 2)), () => {
      if (!late && (node.life !== life || !node.up)) return;
      if (node.member.store !== store) return;
      const saved = saveTurn(node.member, turn);
      if (saved) this.#afterSave(node, turn);
      // The store did it and says it did not: the turn is dropped, the state is there.
      const disowned = saved && this.#chaos(0.02);
      if (disowned) this.#note("failed but written", node.member.id);
      if (disowned || (saved && this.#chaos(0.02))) this.#note("saved but not sent", node.member.id);
      else if (saved) this.#at(this.#now + this.#random.between(0, 2), () => this.#sendAll(node, turn, late ? node.life : life));
      else if (tries > 0 && (inputs.length === 0 || inputs[0]?.kind !== "tick")) this.#retry(node, inputs, wire, tries);
    });
  }

  #retry(node: Node, inputs: readonly Input[], wire: Wire | null, tries: number): void {
    this.#note("save lost the race", node.member.id);
    if (this.#chaos(0.1) || !node.up) return;
    this.#turn(node, inputs, wire, this.#healed ? tries : tries - 1);
  }

  #saveNow(node: Node, inputs: readonly Input[]): void {
    const turn = prepareTurn(node.member, inputs, null, this.#rules);
    if (!saveTurn(node.member, turn)) throw new Error("a turn without rivals cannot fail");
    this.#afterSave(node, turn);
  }

  /** Another turn signed first. If that one never comes through, this term can seal nothing here any more. */
  #onConflict(node: Node, place: { readonly term: number; readonly height: number }): void {
    this.#note("signing conflict", `${node.member.id} ${place.term}/${place.height}`);
    if (node.givingUp) return;
    node.givingUp = true;
    this.#at(this.#now + 60, () => {
      node.givingUp = false;
      if (node.up) this.#turn(node, [{ kind: "cannot-seal", ...place }], null);
    });
  }

  #afterSave(node: Node, turn: Turn): void {
    this.#checks.onSave(node.member, turn);
    if (turn.before !== turn.after) this.#logState(node, turn);
    if (this.#storm && turn.after.role === "leader" && hasMoved(turn) && this.#chaos(0.4)) this.#partition([node], 1_000);
    for (const position of turn.committed) this.#onCommitted(node, position.height);
    node.asleep = turn.asleep;
    if (!turn.asleep) this.#wake(node);
    this.#forward(node);
  }

  #onCommitted(node: Node, height: number): void {
    const block = node.member.store.blocks.get(node.member.store.ledger[height]?.hash ?? "");
    for (const proposal of block?.proposals ?? []) this.#checks.onAcknowledgedToClient(proposal);
    this.#at(
      this.#now + 1,
      () => node.up && !savedState(node.member).amnesic && this.#turn(node, [{ kind: "cosigned", size: height }], null),
    );
  }

  #wake(node: Node): void {
    if (node.ticking || !node.up) return;
    node.ticking = true;
    const { life } = node;
    this.#at(this.#now + TICK_UNITS, () => {
      if (node.life !== life) return;
      node.ticking = false;
      const state = savedState(node.member);
      if (node.asleep) return;
      const inputs: Input[] = [{ kind: "tick", random: this.#random.integer() }];
      if (state.role === "leader" && state.settled < state.committed.height && this.#isSettled(state.committed.height)) {
        inputs.push({ kind: "settled", height: state.committed.height });
      }
      this.#turn(node, inputs, null);
      this.#wake(node);
    });
  }

  /** Cosignatures of a quorum that tolerates a third, as the policy has it. */
  #isSettled(height: number): boolean {
    const holders = this.#nodes.filter((node) => node.up && node.member.store.ledger.length > height);
    return holders.length >= this.#nodes.length - Math.floor((this.#nodes.length - 1) / 3);
  }

  // ---- messages

  #sendAll(node: Node, turn: Turn, life: number): void {
    if (node.life !== life || !node.up) {
      this.#note("crash between save and send", node.member.id);
      return;
    }
    for (const wire of wiresOf(node.member, turn, this.#rules)) {
      this.#checks.onSend(wire);
      this.#transmit(node, wire);
      if (this.#chaos(this.#duplicateRate)) {
        this.#note("duplicate", wire.message.kind);
        this.#transmit(node, wire);
      }
    }
  }

  #transmit(from: Node, wire: Wire): void {
    const json = JSON.stringify(wire);
    const slow = this.#chaos(this.#slowRate);
    if (slow) this.#note("slow message", wire.message.kind);
    this.#at(this.#now + (slow ? this.#random.between(20, 800) : this.#random.between(1, 15)), () => {
      const to = this.#node(wire.message.to);
      if (this.#isCut(from, to) || this.#random.chance(this.#healed ? LOSS_RATE_HEALED : this.#lossRate)) {
        this.#note("lost message", `${wire.message.kind} ${pair(from.member.id, wire.message.to)}`);
        if (this.#chaos(0.7)) this.#at(this.#now + 30, () => this.#unreachable(from, wire.message.to));
        return;
      }
      this.#deliver(to, JSON.parse(json) as Wire);
    });
  }

  #deliver(to: Node, wire: Wire): void {
    this.#log(`${pair(wire.message.from, wire.message.to)} ${describe(wire)}`);
    const input = inputOf(to.member, wire, this.#rules);
    this.#turn(to, [wire.message.kind === "pre-vote" ? { ...input, leaderProbe: this.#probe(to) } : input], wire);
  }

  #probe(node: Node): "alive" | "failed" | "none" {
    const { leader, term } = savedState(node.member);
    if (leader === null) return "none";
    const asked = this.#node(leader);
    if (this.#isCut(node, asked) || this.#isCut(asked, node) || this.#chaos(this.#lossRate)) return "failed";
    const state = savedState(asked.member);
    return state.role === "leader" && state.term >= term ? "alive" : "failed";
  }

  #unreachable(from: Node, member: MemberId): void {
    if (from.up) this.#turn(from, [{ kind: "unreachable", member }], null);
  }

  /** Hands waiting proposals to the leader, and again after a while: the leader may have lost them with its block. */
  #forward(node: Node): void {
    const state = savedState(node.member);
    if (state.leader === null || state.role === "leader" || this.#now - node.lastForward < 60) return;
    const proposals = waitingProposals(node.member, state);
    if (proposals.length === 0) return;
    node.lastForward = this.#now;
    const leader = this.#node(state.leader);
    this.#at(this.#now + this.#random.between(1, 15), () => {
      const arrives = !this.#isCut(node, leader) && !this.#chaos(this.#lossRate);
      if (arrives && savedState(leader.member).role === "leader") {
        for (const proposal of proposals) if (!leader.member.store.done.has(proposal)) leader.member.store.waiting.add(proposal);
        this.#turn(leader, [], null);
      } else if (node.up) {
        this.#turn(node, [{ kind: "leader-unreachable" }], null);
      }
    });
  }

  #isCut(from: Node, to: Node): boolean {
    return !to.up || this.#cut.has(pair(from.member.id, to.member.id));
  }

  // ---- the machine

  #runUntil(end: number): void {
    while (true) {
      const event = this.#queue.takeBefore(end);
      if (event === null) break;
      this.#now = event.at;
      this.#events += 1;
      event.run();
    }
    this.#now = end;
  }

  #at(at: number, run: () => void): void {
    this.#queue.add(at, run);
  }

  #chaos(probability: number): boolean {
    return !this.#healed && this.#random.chance(probability);
  }

  #node(id: MemberId): Node {
    const node = this.#nodes.find((one) => one.member.id === id);
    if (node === undefined) throw new Error(`nobody is called ${id}`);
    return node;
  }

  #members(): Member[] {
    return this.#nodes.map((node) => node.member);
  }

  #awake(): string {
    return this.#nodes.map((node) => `${node.member.id}: ${node.member.store.saved}`).join("\n");
  }

  #note(fault: string, detail: string): void {
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
    this.#log(`** ${fault}: ${detail}`);
  }

  #log(line: string): void {
    this.#trace?.push(`${this.#now} ${line}`);
  }

  #logState(node: Node, { after }: Turn): void {
    if (this.#trace === null) return;
    const tail = after.tail.map((position) => `${position.term}/${position.height}/${position.hash.slice(0, 4)}`).join(" ");
    this.#log(
      `  ${node.member.id}: ${after.role} term ${after.term} of ${after.leader} committed ${after.committed.height} tail [${tail}]`,
    );
  }
}

/** Events in order of time; equal times in the order of planning. */
class EventQueue {
  readonly #heap: { at: number; order: number; run: () => void }[] = [];
  #planned = 0;

  isEmpty(): boolean {
    return this.#heap.length === 0;
  }

  add(at: number, run: () => void): void {
    this.#planned += 1;
    const heap = this.#heap;
    let index = heap.push({ at, order: this.#planned, run }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) break;
      index = parent;
    }
  }

  takeBefore(end: number): { at: number; run: () => void } | null {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.at > end) return null;
    const last = heap.pop();
    if (heap.length > 0 && last !== undefined) {
      heap[0] = last;
      let index = 0;
      while (true) {
        const left = 2 * index + 1;
        const child = left + 1 < heap.length && this.#isEarlier(left + 1, left) ? left + 1 : left;
        if (child >= heap.length || !this.#swapIfEarlier(child, index)) break;
        index = child;
      }
    }
    return first;
  }

  #isEarlier(one: number, other: number): boolean {
    const a = this.#heap[one]!;
    const b = this.#heap[other]!;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #swapIfEarlier(one: number, other: number): boolean {
    if (!this.#isEarlier(one, other)) return false;
    const kept = this.#heap[one]!;
    this.#heap[one] = this.#heap[other]!;
    this.#heap[other] = kept;
    return true;
  }
}

/** A block was sealed or committed: what the others do not know yet. */
function hasMoved({ before, after }: Turn): boolean {
  return after.committed.height > before.committed.height || after.tail.length > before.tail.length;
}

function pair(from: MemberId, to: MemberId): string {
  return `${from}→${to}`;
}

function revived(node: Node): Node {
  node.up = true;
  return node;
}

function describe({ message }: Wire): string {
  const { from: _from, to: _to, signed: _signed, seen: _seen, ...body } = message;
  return JSON.stringify(body, (key, value: unknown) => (key === "acknowledgements" ? Object.keys(value as object) : value));
}
