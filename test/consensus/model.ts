import { createHash } from "node:crypto";
import {
  type CommitCertificate,
  type Evidence,
  fillAppend,
  type Input,
  initialState,
  type MemberId,
  type Message,
  type Outgoing,
  type Position,
  type RaftState,
  type Receive,
  type Step,
  step,
} from "@vermilion/consensus";

/**
 * A small member layer for tests: blocks are lists of proposal names, a signature is a string that names its signer and what it signs.
 * It keeps the contract of the real one: load, step, check and execute, reserve, sign, save by compare-and-set, only then send.
 */
export interface Block {
  readonly term: number;
  readonly height: number;
  readonly previous: string;
  readonly proposer: MemberId;
  readonly proposals: readonly string[];
  /** Stands for the state hash after execution. */
  readonly state: string;
}

/** What travels: the message of the core, the blocks of an append, the signed acknowledgement of an answer. */
export interface Wire {
  readonly message: Message;
  readonly blocks: readonly Block[];
  readonly proof: string | null;
}

/** All that a member has on disk. The Raft state is kept as JSON, so that whatever does not survive JSON is found out. */
export interface Store {
  version: number;
  saved: string;
  readonly blocks: Map<string, Block>;
  /** (term, height) → the only hash that may be signed there. */
  readonly reserved: Map<string, string>;
  /** Committed positions; the index is the height. */
  readonly ledger: Position[];
  readonly certificates: Map<number, CommitCertificate>;
  readonly waiting: Set<string>;
  readonly done: Set<string>;
}

export interface Member {
  readonly id: MemberId;
  store: Store;
  /** Its execution gives another state than everybody else's. */
  differs: boolean;
}

export interface Rules {
  readonly step: (state: RaftState, input: Input) => Step;
  /** Whether (term, height) is reserved before signing. Off only to show that the checks notice. */
  readonly reserves: boolean;
  /** Whether certificates are checked. Off to see that the deeper checks find what a forged one leads to. */
  readonly checksCertificates: boolean;
  readonly blocksMax: number;
  readonly onSign: (member: MemberId, position: Position) => void;
}

export const HONEST: Rules = { step, reserves: true, checksCertificates: true, blocksMax: 4, onSign: () => {} };

export interface Turn {
  readonly version: number;
  readonly before: RaftState;
  readonly after: RaftState;
  readonly asleep: boolean;
  readonly send: readonly Outgoing[];
  readonly proofs: ReadonlyMap<Outgoing, string>;
  readonly certificates: readonly CommitCertificate[];
  readonly committed: readonly Position[];
  readonly evidence: readonly Evidence[];
  /** Something else was signed before where this turn was to seal. The rest of the turn holds: it may have committed a block. */
  readonly conflict: { readonly term: number; readonly height: number } | null;
}

const genesisBlock: Block = { term: 0, height: 0, previous: "", proposer: "", proposals: [], state: "" };
const genesis: Position = { term: 0, height: 0, hash: hashOf(genesisBlock) };

export function newMember(id: MemberId, members: readonly MemberId[]): Member {
  const store: Store = {
    version: 0,
    saved: JSON.stringify(initialState(id, members, genesis)),
    blocks: new Map([[genesis.hash, genesisBlock]]),
    reserved: new Map(),
    ledger: [genesis],
    certificates: new Map(),
    waiting: new Set(),
    done: new Set(),
  };
  return { id, store, differs: false };
}

export function copyStore(store: Store): Store {
  return structuredClone(store);
}

function hashOf(block: Block): string {
  return createHash("sha256").update(JSON.stringify(block)).digest("hex").slice(0, 16);
}

export function savedState(member: Member): RaftState {
  return JSON.parse(member.store.saved) as RaftState;
}

export function blockAt(member: Member, position: Position): Block {
  const block = member.store.blocks.get(position.hash);
  if (block === undefined) throw new Error(`${member.id} has no body for ${position.term}/${position.height}`);
  return block;
}

/** Proposals that wait at this member and are neither committed nor in a block of its log. */
export function waitingProposals(member: Member, state: RaftState): string[] {
  const inLog = new Set(state.tail.flatMap((position) => blockAt(member, position).proposals));
  return [...member.store.waiting].filter((proposal) => !inLog.has(proposal) && !member.store.done.has(proposal));
}

function acknowledgement(member: MemberId, position: Position): string {
  return `${member} signs ${position.term}/${position.height}/${position.hash}`;
}

/** Load, decide, check, sign: everything of a turn that comes before the save. */
export function prepareTurn(member: Member, inputs: readonly Input[], wire: Wire | null, rules: Rules): Turn {
  const { store } = member;
  const before = savedState(member);
  const { version } = store;
  const steps: Step[] = [];
  let state = before;
  const feed = (input: Input): Step => {
    const result = rules.step(state, input);
    steps.push(result);
    state = result.state;
    return result;
  };

  // What this very turn has committed is not in the ledger before the save, and no longer in the tail.
  const waiting = (): string[] => {
    const justCommitted = new Set(steps.flatMap((one) => one.committed).flatMap((position) => blockAt(member, position).proposals));
    return waitingProposals(member, state).filter((proposal) => !justCommitted.has(proposal));
  };

  let latest = feed({ kind: "wanted", waiting: waiting().length });
  for (const input of inputs) {
    const previous = state;
    latest = feed(input);
    if (accepts(member, latest.appended, wire)) continue;
    steps.pop();
    state = previous;
    latest = feed({ ...(input as Receive), refused: "state-mismatch" });
  }
  let conflict: Turn["conflict"] = null;
  // Blocks that were dropped give their proposals back.
  latest = feed({ kind: "wanted", waiting: waiting().length });
  while (latest.seal !== null) {
    const { seal } = latest;
    const proposals = seal.empty ? [] : waiting();
    // A block differs at every attempt, as its time would.
    const content = { term: seal.term, height: seal.height, previous: seal.previous.hash, proposer: member.id, proposals };
    const block: Block = { ...content, state: `${executed(member, { ...content, state: "" })}/${store.blocks.size}` };
    const position = { term: seal.term, height: seal.height, hash: hashOf(block) };
    if (!sign(member, position, rules)) {
      conflict = { term: seal.term, height: seal.height };
      break;
    }
    store.blocks.set(position.hash, block);
    latest = feed({ kind: "sealed", position, proof: acknowledgement(member.id, position) });
    latest = feed({ kind: "wanted", waiting: waiting().length });
  }

  const send = steps.flatMap((one) => one.send);
  const proofs = new Map<Outgoing, string>();
  for (const outgoing of send) {
    if (outgoing.kind !== "append-answer" || !outgoing.ok || outgoing.acknowledges === null) continue;
    const { acknowledges } = outgoing;
    if (sign(member, acknowledges, rules)) proofs.set(outgoing, acknowledgement(member.id, acknowledges));
  }
  return {
    version,
    before,
    after: state,
    asleep: latest.asleep,
    send,
    proofs,
    certificates: steps.flatMap((one) => one.commit ?? []),
    committed: steps.flatMap((one) => one.committed),
    evidence: steps.flatMap((one) => one.evidence),
    conflict,
  };
}

/** Compare-and-set: the state, the head and what was committed are written together or not at all. */
export function saveTurn(member: Member, turn: Turn): boolean {
  const { store } = member;
  if (store.version !== turn.version) return false;
  store.version += 1;
  store.saved = JSON.stringify(turn.after);
  for (const position of turn.committed) {
    store.ledger[position.height] = position;
    for (const proposal of blockAt(member, position).proposals) {
      store.done.add(proposal);
      store.waiting.delete(proposal);
    }
  }
  for (const certificate of turn.certificates) store.certificates.set(certificate.position.height, certificate);
  return true;
}

/** What leaves the member, made from what was saved. */
export function wiresOf(member: Member, turn: Turn, rules: Rules): Wire[] {
  const ledger = {
    positionAt: (height: number) => member.store.ledger[height],
    certificateAt: (height: number) => member.store.certificates.get(height),
  };
  return turn.send.flatMap((outgoing): Wire[] => {
    if (outgoing.kind !== "append-intent") return [{ message: outgoing, blocks: [], proof: turn.proofs.get(outgoing) ?? null }];
    const message = fillAppend(turn.after, outgoing, ledger, rules.blocksMax);
    return message === null ? [] : [{ message, blocks: message.positions.map((position) => blockAt(member, position)), proof: null }];
  });
}

/** What the wall does with a message that came in: check what is signed, and feed only what was checked. */
export function inputOf(member: Member, wire: Wire, rules: Rules): Receive {
  const { message } = wire;
  const { members } = savedState(member);
  const input: Receive = { kind: "receive", message };
  if (message.kind === "append" && message.certificate !== null) {
    if (rules.checksCertificates && !isGenuine(message.certificate, members)) return input;
    return { ...input, certificate: message.certificate };
  }
  if (message.kind === "append-answer" && message.ok && message.acknowledges !== null) {
    if (wire.proof === acknowledgement(message.from, message.acknowledges)) return { ...input, proof: wire.proof };
  }
  return input;
}

export function isGenuine(certificate: CommitCertificate, members: readonly MemberId[]): boolean {
  const { position, acknowledgements } = certificate;
  const genuine = members.filter((member) => acknowledgements[member] === acknowledgement(member, position));
  return genuine.length > members.length / 2 && genuine.length === Object.keys(acknowledgements).length;
}

function accepts(member: Member, appended: readonly Position[], wire: Wire | null): boolean {
  if (wire?.message.kind !== "append") return true;
  const { previous, positions } = wire.message;
  for (const position of appended) {
    const block = wire.blocks.find((one) => one.height === position.height);
    if (block === undefined || hashOf(block) !== position.hash || block.term !== position.term) return false;
    if (block.previous !== (positions.find((one) => one.height === block.height - 1) ?? previous).hash) return false;
    if (block.state.split("/")[0] !== executed(member, block)) return false;
    member.store.blocks.set(position.hash, block);
  }
  return true;
}

function executed(member: Member, block: Block): string {
  return `${member.differs ? "odd" : "even"} ${block.proposals.join(" ")}`;
}

function sign(member: Member, position: Position, rules: Rules): boolean {
  const place = `${position.term}/${position.height}`;
  const reserved = member.store.reserved.get(place);
  if (rules.reserves && reserved !== undefined && reserved !== position.hash) return false;
  member.store.reserved.set(place, position.hash);
  rules.onSign(member.id, position);
  return true;
}
