import type { Input, MemberId } from "@vermilion/consensus";
import { Checks, Violation } from "./checks.ts";
import {
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
import type { Random } from "./random.ts";
import { pair, SimulatedNetwork, type Weather } from "./simulated-network.ts";
import { Timeline } from "./timeline.ts";

const TICK_UNITS = 20;

export interface Node {
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

/**
 * Members on simulated stores and a simulated network, in simulated time (one unit is about a millisecond), and the faults that can
 * befall them. What happens when is planned by the simulation.
 */
export class SimulatedConsortium {
  readonly nodes: readonly Node[];
  readonly proposals: string[] = [];
  readonly trace: string[] | null;
  /** How often each kind of fault happened. */
  readonly faults: Record<string, number> = {};
  readonly timeline = new Timeline();
  readonly #random: Random;
  readonly #rules: Rules;
  readonly #checks: Checks;
  readonly #network: SimulatedNetwork;
  #healed = false;
  #rejoins = 0;

  constructor(names: readonly MemberId[], random: Random, weather: Weather, rules: Partial<Rules>, trace: boolean) {
    this.#random = random;
    this.#network = new SimulatedNetwork(names, weather, random, this.timeline);
    this.#rules = { ...HONEST, ...rules, onSign: (member, position) => this.#checks.onSign(member, position) };
    this.#checks = new Checks({ certificates: this.#rules.checksCertificates });
    this.trace = trace ? [] : null;
    this.nodes = names.map((id) => ({
      member: newMember(id, names),
      up: true,
      life: 0,
      ticking: false,
      lastForward: -1_000,
      givingUp: false,
      asleep: true,
    }));
  }

  /** All faults end. Every member says hello, and one more proposal is made. */
  heal(): void {
    this.#log("---- all faults are healed");
    this.#healed = true;
    this.#network.heal();
    for (const node of this.nodes) {
      this.restart(node);
      this.#turn(node, [{ kind: "started" }], null);
    }
    this.submit(this.#random.pick(this.nodes), "last");
  }

  /** Called when no more events were due: whether all is quiet, and all promises are kept. */
  checkEnd(): void {
    if (!this.timeline.isEmpty()) throw new Violation("everybody falls asleep", this.#awake());
    this.#checks.atEnd(this.#members(), this.proposals);
  }

  submit(node: Node, proposal: string): void {
    if (!node.up) {
      const other = this.nodes.find((one) => one.up);
      if (other === undefined) this.timeline.in(50, () => this.submit(node, proposal));
      else this.submit(other, proposal);
      return;
    }
    this.#log(`${node.member.id} is given ${proposal}`);
    node.member.store.waiting.add(proposal);
    this.proposals.push(proposal);
    this.#turn(node, [], null);
  }

  /** Whoever leads the highest term. */
  leader(): Node {
    const leaders = this.nodes.filter((node) => savedState(node.member).role === "leader");
    leaders.sort((one, other) => savedState(other.member).term - savedState(one.member).term);
    return leaders[0] ?? this.#random.pick(this.nodes);
  }

  // ---- faults

  crash(node: Node, downAtMost: number): void {
    if (!node.up) return;
    this.#note("crash", node.member.id);
    node.up = false;
    node.life += 1;
    node.ticking = false;
    this.timeline.in(this.#random.between(1, downAtMost), () => this.restart(node));
  }

  restart(node: Node): void {
    if (node.up) return;
    this.#log(`${node.member.id} restarts`);
    node.up = true;
    this.#turn(node, [{ kind: "started" }], null);
  }

  partition(side: readonly Node[], unitsAtMost: number): void {
    const names = side.map((node) => node.member.id);
    this.#note("partition", names.join(" "));
    this.#network.partition(new Set(names), this.#random.between(50, unitsAtMost));
  }

  cutOneWay(from: Node, to: Node): void {
    this.#note("one-way cut", pair(from.member.id, to.member.id));
    this.#network.cutOneWay(from.member.id, to.member.id, this.#random.between(100, 1_000));
  }

  restore(node: Node, backup: Store): void {
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
    this.timeline.in(late ? this.#random.between(100, 1_500) : this.#random.between(0, 2), () => {
      if (!late && (node.life !== life || !node.up)) return;
      if (node.member.store !== store) return;
      const saved = saveTurn(node.member, turn);
      if (saved) this.#afterSave(node, turn);
      // The store did it and says it did not: the turn is dropped, the state is there.
      const disowned = saved && this.#chaos(0.02);
      if (disowned) this.#note("failed but written", node.member.id);
      if (disowned || (saved && this.#chaos(0.02))) this.#note("saved but not sent", node.member.id);
      else if (saved) this.timeline.in(this.#random.between(0, 2), () => this.#sendAll(node, turn, late ? node.life : life));
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
    this.timeline.in(60, () => {
      node.givingUp = false;
      if (node.up) this.#turn(node, [{ kind: "cannot-seal", ...place }], null);
    });
  }

  #afterSave(node: Node, turn: Turn): void {
    this.#checks.onSave(node.member, turn);
    if (turn.before !== turn.after) this.#logState(node, turn);
    if (turn.after.role === "leader" && hasMoved(turn) && this.#network.strikesLeader()) this.partition([node], 1_000);
    for (const position of turn.committed) this.#onCommitted(node, position.height);
    node.asleep = turn.asleep;
    if (!turn.asleep) this.#wake(node);
    if (turn.after.amnesic) this.timeline.in(1, () => node.up && this.#rejoin(node));
    this.#forward(node);
  }

  /** What a member does that has forgotten: it makes a proposal of a new name, and waits until that is committed. */
  #rejoin(node: Node): void {
    const { amnesic, rejoinsBy, committed } = savedState(node.member);
    const { store } = node.member;
    if (!amnesic) return;
    if (rejoinsBy === null) {
      this.#rejoins += 1;
      const by = `rejoin${this.#rejoins}`;
      this.#note("rejoin", node.member.id);
      store.waiting.add(by);
      this.#turn(node, [{ kind: "rejoining", by }], null);
    } else if (store.done.has(rejoinsBy)) {
      this.#turn(node, [{ kind: "rejoined", by: rejoinsBy, size: committed.height }], null);
    } else if (!store.waiting.has(rejoinsBy)) {
      throw new Error("a proposal is lost");
    }
  }

  #onCommitted(node: Node, height: number): void {
    const block = node.member.store.blocks.get(node.member.store.ledger[height]?.hash ?? "");
    for (const proposal of block?.proposals ?? []) this.#checks.onAcknowledgedToClient(proposal);
    this.timeline.in(1, () => node.up && !savedState(node.member).amnesic && this.#turn(node, [{ kind: "cosigned", size: height }], null));
  }

  #wake(node: Node): void {
    if (node.ticking || !node.up) return;
    node.ticking = true;
    const { life } = node;
    this.timeline.in(TICK_UNITS, () => {
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
    const holders = this.nodes.filter((node) => node.up && node.member.store.ledger.length > height);
    return holders.length >= this.nodes.length - Math.floor((this.nodes.length - 1) / 3);
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
      if (this.#network.duplicates()) {
        this.#note("duplicate", wire.message.kind);
        this.#transmit(node, wire);
      }
    }
  }

  #transmit(from: Node, wire: Wire): void {
    const json = JSON.stringify(wire);
    const slow = this.#network.isSlow();
    if (slow) this.#note("slow message", wire.message.kind);
    this.timeline.in(slow ? this.#random.between(20, 800) : this.#random.between(1, 15), () => {
      const to = this.#node(wire.message.to);
      if (!to.up || this.#network.loses(from.member.id, to.member.id)) {
        this.#note("lost message", `${wire.message.kind} ${pair(from.member.id, wire.message.to)}`);
        if (this.#chaos(0.7)) this.timeline.in(30, () => this.#unreachable(from, wire.message.to));
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
    const [from, to] = [node.member.id, asked.member.id];
    if (!asked.up || this.#network.isCut(to, from) || this.#network.loses(from, to)) return "failed";
    const state = savedState(asked.member);
    return state.role === "leader" && state.term >= term ? "alive" : "failed";
  }

  #unreachable(from: Node, member: MemberId): void {
    if (from.up) this.#turn(from, [{ kind: "unreachable", member }], null);
  }

  /** Hands waiting proposals to the leader, and again after a while: the leader may have lost them with its block. */
  #forward(node: Node): void {
    const state = savedState(node.member);
    if (state.leader === null || state.role === "leader" || this.timeline.now - node.lastForward < 60) return;
    const proposals = waitingProposals(node.member, state);
    if (proposals.length === 0) return;
    node.lastForward = this.timeline.now;
    const leader = this.#node(state.leader);
    this.timeline.in(this.#random.between(1, 15), () => {
      const arrives = leader.up && !this.#network.loses(node.member.id, leader.member.id);
      if (arrives && savedState(leader.member).role === "leader") {
        for (const proposal of proposals) if (!leader.member.store.done.has(proposal)) leader.member.store.waiting.add(proposal);
        this.#turn(leader, [], null);
      } else if (node.up) {
        this.#turn(node, [{ kind: "leader-unreachable" }], null);
      }
    });
  }

  #chaos(probability: number): boolean {
    return !this.#healed && this.#random.chance(probability);
  }

  #node(id: MemberId): Node {
    const node = this.nodes.find((one) => one.member.id === id);
    if (node === undefined) throw new Error(`nobody is called ${id}`);
    return node;
  }

  #members(): Member[] {
    return this.nodes.map((node) => node.member);
  }

  #awake(): string {
    return this.nodes.map((node) => `${node.member.id}: ${node.member.store.saved}`).join("\n");
  }

  #note(fault: string, detail: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
    this.#log(`** ${fault}: ${detail}`);
  }

  #log(line: string): void {
    this.trace?.push(`${this.timeline.now} ${line}`);
  }

  #logState(node: Node, { after }: Turn): void {
    if (this.trace === null) return;
    const tail = after.tail.map((position) => `${position.term}/${position.height}/${position.hash.slice(0, 4)}`).join(" ");
    this.#log(
      `  ${node.member.id}: ${after.role} term ${after.term} of ${after.leader} committed ${after.committed.height} tail [${tail}]`,
    );
  }
}

/** A block was sealed or committed: what the others do not know yet. */
function hasMoved({ before, after }: Turn): boolean {
  return after.committed.height > before.committed.height || after.tail.length > before.tail.length;
}

function describe({ message }: Wire): string {
  const { from: _from, to: _to, signed: _signed, seen: _seen, ...body } = message;
  return JSON.stringify(body, (key, value: unknown) => (key === "acknowledgements" ? Object.keys(value as object) : value));
}
