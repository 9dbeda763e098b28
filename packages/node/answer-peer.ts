import { entryLifetimeMaxMs, type ParsedEntry } from "@vermilion/ledger";
import { checkAttachments, unfitForBlock } from "./chain/attachments.ts";
import { baseOn } from "./chain/base.ts";
import { committedAmong } from "./chain/block.ts";
import { registeredKeys } from "./chain/execution.ts";
import type { NodeContext } from "./context.ts";
import type { Driver } from "./driver/driver.ts";
import { proposalOf } from "./entries/proposal.ts";
import { Fault } from "./fault.ts";
import { encodeProbeAnswer, encodeProposalAnswer, encodeRaftCall, parseProposalCall, parseRaftCall } from "./peers/wire.ts";
import type { Attachment, PeerCall, Proposal } from "./ports/index.ts";

/** The calls that a node answers; what members ask each other beside the chain is answered above it. */
export type NodeCall = Extract<PeerCall, "raft" | "proposals" | "probe">;

/** Proposals that may wait here at one time; more are refused, so that no peer can fill the store. */
const waitingMax = 20_000;

/**
 * Answers a signed call of another node; who signed it has been checked. Throws `Fault` `peer-refused` for what a member may not ask or has
 * asked in the wrong form.
 */
export async function answerPeer(
  context: NodeContext,
  driver: Driver,
  from: string,
  call: NodeCall,
  body: Uint8Array,
): Promise<Uint8Array> {
  if (!(await context.memberships.now()).members.has(from)) throw new Fault("peer-refused", "not a member of this chain");
  switch (call) {
    case "raft":
      return encodeRaftCall(await driver.answer(from, parseRaftCall(body)));
    case "proposals":
      return encodeProposalAnswer(await takeProposals(context, driver, body));
    case "probe": {
      const { role, term, committed } = await driver.turns.state();
      const leading = role === "leader" && driver.mayLead;
      return encodeProbeAnswer({ member: context.member, term, leading, committedHeight: committed.height });
    }
  }
}

/** Stores those that are whole and signed by registered keys, and seals. Answers whether this member leads. */
async function takeProposals(context: NodeContext, driver: Driver, body: Uint8Array): Promise<boolean> {
  if ((await driver.turns.state()).role !== "leader") return false;
  const given = parseProposalCall(body);
  if ((await context.raftStore.proposalCount()) + given.length > waitingMax) throw new Fault("peer-refused", "too many proposals wait");
  // All at once, so that the store can make them durable together.
  await Promise.all((await wholeProposals(context, given)).map((proposal) => addProposal(context, driver, proposal)));
  await driver.wake();
  return (await driver.turns.state()).role === "leader";
}

async function addProposal(context: NodeContext, driver: Driver, proposal: Proposal): Promise<void> {
  try {
    await context.raftStore.addProposal(proposal);
  } catch (cause) {
    driver.noteFault(cause);
    throw cause;
  }
}

/** Those that are entries, not on the chain yet, signed by registered keys, with the attachments that they name. */
async function wholeProposals(context: NodeContext, given: ReturnType<typeof parseProposalCall>): Promise<readonly Proposal[]> {
  const published = await context.ledger.published();
  const base = published === undefined ? undefined : await baseOn(context, published.hash);
  if (base === undefined) throw new Fault("stale-turn", "genesis is not published yet");
  // Who names a time so far ahead would have it wait here for ever. The chain's own time may be ahead of the clock: entries follow it.
  const timeMax = Math.max(context.clock.now(), base.published.time) + entryLifetimeMaxMs;
  const fit: { readonly entry: ParsedEntry; readonly attachments: readonly Attachment[] }[] = [];
  for (const { entry: bytes, attachments } of given) {
    const entry = context.entries.parse(bytes);
    if ("refused" in entry || entry.payload.time > timeMax) continue;
    if ((unfitForBlock(entry, attachments) ?? checkAttachments(context, entry, attachments)) !== undefined) continue;
    fit.push({ entry, attachments });
  }
  const committed = await committedAmong(
    context.ledger,
    fit.map(({ entry }) => entry),
  );
  const fresh = fit.filter(({ entry }) => !committed.has(entry.transactionHash));
  const entries = fresh.map(({ entry }) => entry);
  const keys = await registeredKeys(
    context,
    base,
    entries.flatMap((entry) => entry.payload.signers),
  );
  const refusals = await context.entries.check(entries, { chain: context.chain, keyOf: (thumbprint) => keys.get(thumbprint) });
  const whole = fresh.filter((_, place) => refusals[place] === undefined);
  for (const { entry } of whole) context.entries.remember(entry);
  return whole.map(({ entry, attachments }) => proposalOf(entry, attachments));
}
