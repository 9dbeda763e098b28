import {
  type EntryRefusal,
  encodeHeader,
  encodeHeaderPayload,
  type HeaderPayload,
  headerTyp,
  lowS,
  type ParsedEntry,
  signingInput,
  toHex,
} from "@vermilion/ledger";
import type { NodeContext } from "../context.ts";
import type { ExecutedBlock, Proposal } from "../ports/index.ts";
import type { Base } from "../state/loaded-state.ts";
import { checkAttachments, unfitForBlock } from "./attachments.ts";
import { baseOn, topOf } from "./base.ts";
import { blockBytesMax, chainTransactions, committedAmong, treeAfter } from "./block.ts";
import { executeEntries, registeredKeys } from "./execution.ts";

export interface SealOrder {
  readonly term: number;
  readonly height: number;
  /** Header hash of the predecessor, hex. */
  readonly previous: string;
  /** A new leader's empty block: nothing is taken from the waiting proposals. */
  readonly empty: boolean;
}

/** More would keep followers busy for longer than a leader may be silent. */
const entriesPerSealMax = 1_000;

/**
 * The leader's turn takes all that wait, executes, reserves (term, height), signs the header and saves the block. Answers `nothing` where
 * nothing was left to seal, `taken` where another turn has reserved the place for another block.
 */
export async function sealBlock(context: NodeContext, order: SealOrder): Promise<ExecutedBlock | "nothing" | "taken"> {
  // Looked up before anything is read and executed: of many turns that find work at one time, all but the first would do it in vain.
  const place = headerPlace(order);
  if ((await context.raftStore.highestReserved(place))?.place === place) return "taken";
  const base = await baseOn(context, order.previous);
  if (base === undefined) throw new Error("bug: the leader seals on a block that it does not hold");
  const before = topOf(base);
  const time = Math.max(context.clock.now(), before.time + 1);
  const chosen = order.empty ? [] : await chooseProposals(context, base, time);
  if (chosen.length === 0 && !order.empty) return "nothing";

  const entries = chosen.map(({ entry }) => entry);
  const executed = await executeEntries(
    context,
    base,
    { chain: context.chain, height: order.height, time, proposer: context.member },
    entries,
  );
  const outcomes = executed.results.map(({ outcome }) => outcome);
  const tree = treeAfter(before, entries, outcomes, context.crypto);
  const payload: HeaderPayload = {
    chain: context.chain,
    height: order.height,
    previous: order.previous,
    first: before.size,
    count: entries.length,
    root: toHex(tree.root),
    state: tree.stateAfter(before.state, executed.writes),
    time,
    term: order.term,
    proposer: context.member,
    pins: [],
  };
  const header = await signHeader(context, payload);
  if (header === undefined) return "taken";
  const attachments = new Map(chosen.flatMap(({ proposal }) => proposal.attachments).map((attachment) => [attachment.sha256, attachment]));
  const block: ExecutedBlock = {
    term: order.term,
    previous: order.previous,
    header,
    entries: entries.map((entry) => entry.bytes),
    outcomes,
    attachments: [...attachments.values()],
    writes: executed.writes,
    after: tree.standing(header, payload),
  };
  await context.ledger.saveBlock(block);
  return block;
}

/** Nobody signs two headers at one (term, height): the place is reserved first. */
async function signHeader(context: NodeContext, payload: HeaderPayload): Promise<Uint8Array | undefined> {
  const payloadBytes = encodeHeaderPayload(payload);
  // With a token of this turn: ES256 is randomised, so two turns that sign one payload would still make two headers.
  const reserved = `${toHex(context.crypto.sha256(payloadBytes))} ${toHex(context.random.bytes(16))}`;
  if ((await context.raftStore.reserve(headerPlace(payload), reserved)) !== reserved) return undefined;
  const jwk = context.keys.public.sign;
  const signature = lowS(await context.keys.sign(signingInput(headerTyp, payloadBytes, jwk, context.signThumbprint)));
  return encodeHeader(payloadBytes, { jwk, kid: context.signThumbprint, signature });
}

function headerPlace({ term, height }: Pick<SealOrder, "term" | "height">): string {
  return `header/${String(term).padStart(12, "0")}/${String(height).padStart(12, "0")}`;
}

interface Chosen {
  readonly proposal: Proposal;
  readonly entry: ParsedEntry;
}

/** Proposals that may stand in the next block; those that never can are dropped from the store, with a line in the log. */
async function chooseProposals(context: NodeContext, base: Base, time: number): Promise<readonly Chosen[]> {
  const inAbove = chainTransactions(base, context.entries);
  const waiting = await context.raftStore.proposals(entriesPerSealMax + inAbove.size, blockBytesMax);
  const candidates: Candidate[] = [];
  for (const proposal of waiting) {
    // An entry of a block that is not committed yet waits on: that block may still be replaced by a new leader's.
    if (inAbove.has(proposal.transactionHash)) continue;
    const entry = context.entries.parseProposal(proposal);
    // Written under a clock that is ahead of this one's: in time it is an entry like others, now it would be refused on the chain.
    if (!("refused" in entry) && entry.payload.time > time + context.rules.entryAheadMsMax) continue;
    candidates.push({ proposal, entry });
  }
  const refusals = await signatureRefusals(context, base, candidates);
  const committed = await committedAmong(
    context.ledger,
    candidates.map(({ proposal }) => proposal),
  );
  const chosen: Chosen[] = [];
  const dropped: string[] = [];
  for (const { proposal, entry } of candidates) {
    const isCommitted = committed.has(proposal.transactionHash);
    const why = whyNever(context, { proposal, entry, after: topOf(base).time, isCommitted, refusal: refusals.get(entry) });
    if (why === undefined && !("refused" in entry)) chosen.push({ proposal, entry });
    else {
      dropped.push(proposal.transactionHash);
      context.log.info("proposal-dropped", { transactionHash: proposal.transactionHash, why });
    }
  }
  if (dropped.length > 0) await context.raftStore.dropProposals(dropped);
  return chosen;
}

interface Candidate {
  readonly proposal: Proposal;
  readonly entry: ParsedEntry | EntryRefusal;
}

/** Those whose signatures do not hold under the keys registered before the block, and why. */
async function signatureRefusals(context: NodeContext, base: Base, candidates: readonly Candidate[]) {
  const entries = candidates.flatMap(({ entry }) => ("refused" in entry ? [] : [entry]));
  const keys = await registeredKeys(
    context,
    base,
    entries.flatMap((entry) => entry.payload.signers),
  );
  const refusals = await context.entries.check(entries, { chain: context.chain, keyOf: (thumbprint) => keys.get(thumbprint) });
  return new Map<Candidate["entry"], EntryRefusal | undefined>(entries.map((entry, place) => [entry, refusals[place]]));
}

interface Judged extends Candidate {
  /** Time of the block before, ms. Held against that and not against this member's clock: one that is ahead would drop what is not expired. */
  readonly after: number;
  readonly isCommitted: boolean;
  readonly refusal: EntryRefusal | undefined;
}

function whyNever(context: NodeContext, { entry, proposal, after, isCommitted, refusal }: Judged): string | undefined {
  if ("refused" in entry) return entry.refused;
  if (entry.transactionHash !== proposal.transactionHash) return "wrong-name";
  if (entry.payload.until < after) return "expired";
  if (isCommitted) return "committed";
  if (refusal !== undefined) return refusal.refused;
  return unfitForBlock(entry, proposal.attachments) ?? checkAttachments(context, entry, proposal.attachments);
}
