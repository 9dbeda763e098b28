import type { Input, MemberId, Position, RaftState } from "@vermilion/consensus";
import { Checks } from "./checks.ts";
import {
  blockAt,
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

/**
 * Plays a scenario: a text of one line each. Messages stay on the wire until a line delivers or loses them, so every order of events can
 * be written down. `=>` begins a line that says what must be true. `#` begins a comment. All promises are checked on the way.
 *
 * | line | what happens |
 * |---|---|
 * | `members A B C` | A consortium with fresh stores. |
 * | `propose A p1` | A proposal is stored at A. |
 * | `forward A B` | A hands its waiting proposals to B, the leader it knows; if B is away or does not lead, A is told so. |
 * | `start A` | A comes up and says hello. |
 * | `tick A [n] [random]` | n ticks at A (1), each with this random number (0: the shortest patience, 10 ticks). |
 * | `deliver` | Delivers what is on the wire, and what it causes, until the wire is empty. |
 * | `deliver A B [kind]` | Delivers the oldest such message only. |
 * | `repeat A B [kind]` | The same, and leaves it on the wire. |
 * | `lose A B [kind]`, `lose all` | Takes it off the wire. |
 * | `cut A`, `join A` | What is delivered to or from A is lost, and its sender is told. |
 * | `split A B …`, `heal` | Those named hear only each other, the rest only the rest. |
 * | `one-block-a-message` | Appends carry one block at most (otherwise four). |
 * | `crash-before-sending A`, `restart A` | A's next turn saves, then A dies. |
 * | `pause A`, `resume A` | A's next turn sleeps before it saves; later it wakes. |
 * | `save-fails-but-happened A` | A's next save is reported as failed, so nothing is sent; it happened. |
 * | `backup A`, `restore A [silently]` | A's store is copied; A is set back to the copy, and its core is told, or not. |
 * | `lead A TERM` | A is made leader of a new term by its own ticks and the answers of the others (a shorthand). |
 * | `differs A` | A's execution gives other states than everybody else's. |
 * | `settle A` | A's head has its quorum of cosignatures and was handed round. |
 */
export class Scenario {
  readonly #members = new Map<MemberId, Member>();
  readonly #wire: Wire[] = [];
  readonly #cut = new Set<MemberId>();
  readonly #dyingAfterSave = new Set<MemberId>();
  readonly #pausing = new Set<MemberId>();
  readonly #paused = new Map<MemberId, Turn>();
  readonly #disowning = new Set<MemberId>();
  readonly #backups = new Map<MemberId, Store>();
  readonly #asleep = new Map<MemberId, boolean>();
  readonly #evidence = new Map<MemberId, string[]>();
  readonly #dropped = new Map<MemberId, boolean>();
  readonly #checks = new Checks({ certificates: true });
  #side: ReadonlySet<MemberId> = new Set();
  #rules: Rules = { ...HONEST, onSign: (member, position) => this.#checks.onSign(member, position) };

  /** @throws naming the line that does not hold or cannot be read. */
  play(text: string): void {
    for (const [index, line] of text.split("\n").entries()) {
      const words = line.replace(/#.*/, "").trim().split(/\s+/);
      try {
        if (words[0] === "=>") this.#expect(words.slice(1));
        else if (words[0] !== "") this.#command(words);
      } catch (error) {
        throw new Error(`line ${index + 1}: ${line.trim()}\n  ${(error as Error).message}\n${this.#picture()}`, { cause: error });
      }
    }
  }

  #command([verb = "", ...words]: string[]): void {
    const commands: Record<string, (...words: string[]) => void> = {
      members: (...ids) => {
        for (const id of ids) this.#members.set(id, newMember(id, ids));
      },
      propose: (id, proposal) => {
        this.#member(id).store.waiting.add(String(proposal));
        this.#turn(id, []);
      },
      forward: (id, leader) => this.#forward(id, leader),
      start: (id) => this.#turn(id, [{ kind: "started" }]),
      tick: (id, times = "1", random = "0") => {
        for (let time = 0; time < Number(times); time += 1) this.#turn(id, [{ kind: "tick", random: Number(random) }]);
      },
      deliver: (from, to, kind) => (from === undefined ? this.#deliverAll() : this.#deliver(this.#take(from, to, kind))),
      repeat: (from, to, kind) => this.#deliver(this.#find(from, to, kind)),
      lose: (from, to, kind) => (from === "all" ? this.#wire.splice(0) : this.#take(from, to, kind)),
      cut: (id) => this.#cut.add(this.#member(id).id),
      join: (id) => this.#cut.delete(this.#member(id).id),
      split: (...ids) => {
        this.#side = new Set(ids.map((id) => this.#member(id).id));
      },
      heal: () => {
        this.#side = new Set();
      },
      "one-block-a-message": () => {
        this.#rules = { ...this.#rules, blocksMax: 1 };
      },
      "crash-before-sending": (id) => this.#dyingAfterSave.add(this.#member(id).id),
      restart: (id) => this.#cut.delete(this.#member(id).id),
      pause: (id) => this.#pausing.add(this.#member(id).id),
      resume: (id) => this.#resume(this.#member(id)),
      "save-fails-but-happened": (id) => this.#disowning.add(this.#member(id).id),
      backup: (id) => this.#backups.set(this.#member(id).id, copyStore(this.#member(id).store)),
      restore: (id, silently) => this.#restore(this.#member(id), silently === "silently"),
      rejoin: (id, by = "") => {
        this.#member(id).store.waiting.add(by);
        this.#turn(id, [{ kind: "rejoining", by }]);
      },
      rejoined: (id, by = "") => this.#turn(id, [{ kind: "rejoined", by, size: this.#state(id).committed.height }]),
      lead: (id, term) => this.#lead(id, Number(term)),
      differs: (id) => {
        this.#member(id).differs = true;
      },
      settle: (id) => this.#turn(id, [{ kind: "settled", height: this.#state(id).committed.height }]),
    };
    const command = commands[verb];
    if (command === undefined) throw new Error(`no such command: ${verb}`);
    command(...words);
  }

  /** What `=>` lines can say; the first word is a member, `wire` or `all`. */
  #expect(words: string[]): void {
    const [subject = "", verb = "", ...rest] = words;
    if (subject === "wire") {
      const messages = this.#wire.map(({ message }) => `${message.from} ${message.to} ${message.kind}`);
      same(`wire ${messages.join(", ") || "empty"}`, words);
      return;
    }
    if (subject === "all") {
      this.#expectAll(verb, rest);
      return;
    }
    const state = this.#state(subject);
    const told: Record<string, () => string> = {
      leads: () => (state.role === "leader" ? `leads term ${state.term}` : `is ${state.role} in term ${state.term}`),
      follows: () => (state.role === "follower" ? `follows ${state.leader ?? "nobody"} in term ${state.term}` : `is ${state.role}`),
      is: () => (rest.includes("amnesic") ? (state.amnesic ? "is amnesic" : "is not amnesic") : `is ${state.role} in term ${state.term}`),
      log: () => `log ${this.#log(state)}`,
      has: () =>
        `has ${
          this.#member(subject)
            .store.ledger.flatMap((position) => blockAt(this.#member(subject), position).proposals)
            .join(" ") || "nothing"
        }`,
      sleeps: () => (this.#asleep.get(subject) === true ? "sleeps" : "is awake"),
      wakes: () => (this.#asleep.get(subject) === true ? "sleeps" : "wakes"),
      "was-dropped": () => (this.#dropped.get(subject) === true ? "was-dropped" : "was saved"),
      evidence: () => `evidence ${this.#evidence.get(subject)?.join(" ") ?? "none"}`,
    };
    const tell = told[verb];
    if (tell === undefined) throw new Error(`no such expectation: ${verb}`);
    same(`${subject} ${tell()}`, words);
  }

  #expectAll(verb: string, rest: string[]): void {
    if (verb === "sleep") {
      const awake = [...this.#members.keys()].filter((id) => this.#asleep.get(id) === false);
      if (awake.length > 0) throw new Error(`awake: ${awake.join(" ")}`);
    } else if (verb === "have") {
      for (const id of this.#members.keys()) this.#expect([id, "has", ...rest]);
    } else throw new Error(`no such expectation: all ${verb}`);
  }

  // ---- turns

  #turn(id: string | undefined, inputs: readonly Input[], wire: Wire | null = null): void {
    const member = this.#member(id);
    const turn = prepareTurn(member, inputs, wire, this.#rules);
    if (this.#pausing.delete(member.id)) this.#paused.set(member.id, turn);
    else this.#saveAndSend(member, turn);
    // The model's rule for a lost signature: the next turn gives the place up.
    if (turn.conflict !== null) this.#turn(id, [{ kind: "cannot-seal", ...turn.conflict }]);
  }

  #resume(member: Member): void {
    const turn = this.#paused.get(member.id);
    if (turn === undefined) throw new Error(`${member.id} is not in the middle of a turn`);
    this.#paused.delete(member.id);
    this.#saveAndSend(member, turn);
  }

  #saveAndSend(member: Member, turn: Turn): void {
    const saved = saveTurn(member, turn);
    this.#dropped.set(member.id, !saved);
    if (!saved) return;
    this.#evidence.set(member.id, [...(this.#evidence.get(member.id) ?? []), ...turn.evidence.map((one) => one.kind)]);
    this.#checks.onSave(member, { ...turn, evidence: [] });
    this.#asleep.set(member.id, turn.asleep);
    if (this.#disowning.delete(member.id)) return;
    if (this.#dyingAfterSave.delete(member.id)) {
      this.#cut.add(member.id);
      return;
    }
    for (const wire of wiresOf(member, turn, this.#rules)) {
      this.#checks.onSend(wire);
      this.#wire.push(JSON.parse(JSON.stringify(wire)) as Wire);
    }
  }

  #restore(member: Member, silently: boolean): void {
    const backup = this.#backups.get(member.id);
    if (backup === undefined) throw new Error(`${member.id} has no backup`);
    member.store = copyStore(backup);
    if (!silently) this.#turn(member.id, [{ kind: "restored" }]);
  }

  #forward(id: string | undefined, to: string | undefined): void {
    const [member, leader] = [this.#member(id), this.#member(to)];
    const arrives = this.#hears(member.id, leader.id) && this.#state(to).role === "leader";
    if (!arrives) {
      this.#turn(id, [{ kind: "leader-unreachable" }]);
      return;
    }
    for (const proposal of waitingProposals(member, this.#state(id))) leader.store.waiting.add(proposal);
    this.#turn(to, []);
  }

  /** Ticks until the member stands for election, then delivers only what the election needs. */
  #lead(id: string | undefined, term: number): void {
    const member = this.#member(id);
    for (let tick = 0; tick < 20 && this.#state(id).role === "follower"; tick += 1) this.#turn(id, [{ kind: "tick", random: 0 }]);
    for (const kind of ["pre-vote", "pre-vote-answer", "vote", "vote-answer"]) {
      for (const wire of this.#wire.filter(({ message }) => message.kind === kind && [message.from, message.to].includes(member.id))) {
        this.#wire.splice(this.#wire.indexOf(wire), 1);
        this.#deliver(wire);
      }
    }
    this.#expect([member.id, "leads", "term", String(term)]);
  }

  // ---- messages

  #deliverAll(): void {
    for (let count = 0; this.#wire.length > 0; count += 1) {
      if (count > 1_000) throw new Error("the members talk for ever");
      const wire = this.#wire.shift();
      if (wire !== undefined) this.#deliver(wire);
    }
  }

  #deliver(wire: Wire): void {
    const { message } = wire;
    if (!this.#hears(message.from, message.to)) {
      if (!this.#cut.has(message.from)) this.#turn(message.from, [{ kind: "unreachable", member: message.to }]);
      return;
    }
    const input = inputOf(this.#member(message.to), wire, this.#rules);
    this.#turn(message.to, [message.kind === "pre-vote" ? { ...input, leaderProbe: this.#probe(message.to) } : input], wire);
  }

  #probe(id: MemberId): "alive" | "failed" | "none" {
    const { leader, term } = this.#state(id);
    if (leader === null) return "none";
    const answer = this.#state(leader);
    return this.#hears(id, leader) && answer.role === "leader" && answer.term >= term ? "alive" : "failed";
  }

  #hears(one: MemberId, other: MemberId): boolean {
    return !this.#cut.has(one) && !this.#cut.has(other) && this.#side.has(one) === this.#side.has(other);
  }

  #find(from: string | undefined, to: string | undefined, kind: string | undefined): Wire {
    const fits = ({ message }: Wire): boolean =>
      message.from === from && message.to === to && (kind === undefined || message.kind === kind);
    const wire = this.#wire.find(fits);
    if (wire === undefined) throw new Error("no such message is on the wire");
    return wire;
  }

  #take(from: string | undefined, to: string | undefined, kind: string | undefined): Wire {
    const wire = this.#find(from, to, kind);
    this.#wire.splice(this.#wire.indexOf(wire), 1);
    return wire;
  }

  #member(id: string | undefined): Member {
    const member = this.#members.get(id ?? "");
    if (member === undefined) throw new Error(`nobody is called ${id}`);
    return member;
  }

  #state(id: string | undefined): RaftState {
    return savedState(this.#member(id));
  }

  /** `1@1 2@1 | 3@2`: block 3 of term 2 is not committed yet. */
  #log(state: RaftState): string {
    const name = (position: Position): string => `${position.height}@${position.term}`;
    const committed = this.#member(state.self).store.ledger.slice(1).map(name);
    return [...committed, "|", ...state.tail.map(name)].join(" ");
  }

  #picture(): string {
    const members = [...this.#members.values()].map((member) => {
      const state = savedState(member);
      return `  ${member.id}: ${state.role} in term ${state.term} of ${state.leader ?? "nobody"}, log ${this.#log(state)}`;
    });
    return [...members, ...this.#wire.map(({ message }) => `  on the wire: ${message.from} ${message.to} ${message.kind}`)].join("\n");
  }
}

function same(actual: string, words: readonly string[]): void {
  if (actual !== words.join(" ")) throw new Error(`but: ${actual}`);
}
