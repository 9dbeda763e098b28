import type { CommitCertificate, MemberId, Position, RaftState } from "@vermilion/consensus";
import { type Block, blockAt, isGenuine, type Member, savedState, type Turn, type Wire } from "./model.ts";

/** A promise of consensus is broken. `rule` is the name of the promise. */
export class Violation extends Error {
  readonly rule: string;

  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
    this.rule = rule;
  }
}

/**
 * Looks at every signature, every save and every message of all members at once, and throws at the first broken promise. It knows
 * nothing of how `step` decides. The names are those of the Raft paper, figure 3.
 */
export class Checks {
  readonly #leaders = new Map<number, MemberId>();
  readonly #votes = new Map<string, MemberId>();
  readonly #signed = new Map<string, string>();
  readonly #logged = new Map<string, string>();
  /** Height → what is committed there, and the lowest term of a certificate that proves it. */
  readonly #committed = new Map<number, { bytes: string; hash: string; term: number }>();
  readonly #acknowledged = new Set<string>();
  /** As `Rules.checksCertificates`. */
  readonly #checkCertificates: boolean;

  constructor(options: { readonly certificates: boolean }) {
    this.#checkCertificates = options.certificates;
  }

  onSign(member: MemberId, position: Position): void {
    const place = `${member} ${position.term}/${position.height}`;
    const before = this.#signed.get(place);
    if (before !== undefined && before !== position.hash) throw new Violation("signed two things at one place", place);
    this.#signed.set(place, position.hash);
  }

  onSave(member: Member, turn: Turn): void {
    const { before, after } = turn;
    checkMonotone(before, after);
    this.#checkLog(member, after);
    this.#checkCommits(member, turn);
    if (after.role === "leader") {
      this.#checkElection(member, after);
      if (before.role !== "leader" || before.term !== after.term) this.#checkCompleteness(member, after);
      else checkAppendOnly(member, before, after);
    }
    for (const evidence of turn.evidence)
      throw new Violation("honest members give no evidence", `${member.id}: ${JSON.stringify(evidence)}`);
  }

  onSend(wire: Wire): void {
    const { message } = wire;
    if (message.kind !== "vote-answer" || !message.granted) return;
    const place = `${message.from} in term ${message.term}`;
    const before = this.#votes.get(place);
    if (before !== undefined && before !== message.to) throw new Violation("voted twice", `${place}: ${before}, ${message.to}`);
    this.#votes.set(place, message.to);
  }

  onAcknowledgedToClient(proposal: string): void {
    this.#acknowledged.add(proposal);
  }

  /** At the end, when all faults are healed: equal bytes everywhere, every proposal present exactly once. */
  atEnd(members: readonly Member[], proposals: readonly string[]): void {
    const amnesic = members.filter((member) => savedState(member).amnesic).map(({ id }) => id);
    if (amnesic.length > 0) throw new Violation("who has forgotten rejoins", amnesic.join(" "));
    const [first, ...rest] = members.map((member) => member.store.ledger.map((position) => JSON.stringify(blockAt(member, position))));
    for (const chain of rest) {
      if (JSON.stringify(chain) !== JSON.stringify(first))
        throw new Violation("all members converge", `${first?.length} and ${chain.length} blocks`);
    }
    const times = new Map<string, number>();
    for (const bytes of first ?? [])
      for (const proposal of (JSON.parse(bytes) as Block).proposals) times.set(proposal, (times.get(proposal) ?? 0) + 1);
    for (const [proposal, count] of times) if (count !== 1) throw new Violation("every proposal once", `${proposal} ${count} times`);
    for (const proposal of this.#acknowledged) if (!times.has(proposal)) throw new Violation("acknowledged proposals stay", proposal);
    for (const proposal of proposals) if (!times.has(proposal)) throw new Violation("liveness", `${proposal} was never committed`);
  }

  #checkElection(member: Member, after: RaftState): void {
    const leader = this.#leaders.get(after.term) ?? member.id;
    if (leader !== member.id) throw new Violation("election safety", `${leader} and ${member.id} both lead term ${after.term}`);
    this.#leaders.set(after.term, leader);
  }

  #checkCompleteness(member: Member, after: RaftState): void {
    for (const [height, committed] of this.#committed) {
      if (committed.term >= after.term) continue;
      const own = positionOf(member, after, height);
      if (own?.hash !== committed.hash)
        throw new Violation("leader completeness", `${member.id} leads term ${after.term} without block ${height}`);
    }
  }

  /** Equal (term, height) means equal hash in all logs there ever were; each block names the one below it. */
  #checkLog(member: Member, after: RaftState): void {
    let below = after.committed;
    for (const position of after.tail) {
      const place = `${position.term}/${position.height}`;
      const hash = this.#logged.get(place) ?? position.hash;
      if (hash !== position.hash) throw new Violation("log matching", `two blocks at ${place}`);
      this.#logged.set(place, hash);
      const linked = position.height === below.height + 1 && blockAt(member, position).previous === below.hash;
      if (!linked) throw new Violation("log matching", `${member.id}: ${place} does not continue ${below.term}/${below.height}`);
      below = position;
    }
  }

  #checkCommits(member: Member, turn: Turn): void {
    for (const certificate of turn.certificates) this.#checkCertificate(certificate, turn.after.members);
    const term = turn.after.committed.term;
    for (const position of turn.committed) {
      const bytes = JSON.stringify(blockAt(member, position));
      const known = this.#committed.get(position.height);
      if (known !== undefined && known.bytes !== bytes)
        throw new Violation("state machine safety", `two blocks committed at ${position.height}`);
      this.#committed.set(position.height, { bytes, hash: position.hash, term: Math.min(term, known?.term ?? term) });
    }
  }

  #checkCertificate(certificate: CommitCertificate, members: readonly MemberId[]): void {
    if (this.#checkCertificates && !isGenuine(certificate, members))
      throw new Violation("certificates are genuine", JSON.stringify(certificate));
  }
}

function checkMonotone(before: RaftState, after: RaftState): void {
  const place = `${after.self} in term ${after.term}`;
  if (after.term < before.term) throw new Violation("terms never fall", place);
  if (after.committed.height < before.committed.height) throw new Violation("commits are never undone", place);
  if (after.term === before.term && before.votedFor !== null && after.votedFor !== before.votedFor)
    throw new Violation("voted twice", place);
  if (before.amnesic && !after.amnesic && before.rejoinsBy === null) throw new Violation("amnesia is not cured by itself", place);
}

function checkAppendOnly(member: Member, before: RaftState, after: RaftState): void {
  for (const position of before.tail) {
    if (positionOf(member, after, position.height)?.hash === position.hash) continue;
    throw new Violation("leader append-only", `${after.self} changed block ${position.height} in term ${after.term}`);
  }
}

/** Called right after a save, so that the ledger is the one of `state`. */
function positionOf(member: Member, state: RaftState, height: number): Position | undefined {
  return member.store.ledger[height] ?? state.tail[height - state.committed.height - 1];
}
