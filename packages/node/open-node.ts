import { answerPeer, type NodeCall } from "./answer-peer.ts";
import { publishUpToHead } from "./chain/commit.ts";
import type { Draft } from "./chain/sign-entry.ts";
import type { ChainFacts, NodeConfig, NodeContext, NodePlatform } from "./context.ts";
import { Driver } from "./driver/driver.ts";
import { createInvocations, type Invocations } from "./driver/invocations.ts";
import { probe } from "./driver/peer-input.ts";
import { KnownEntries } from "./entries/known-entries.ts";
import type { Refused, Submitted } from "./entries/submission.ts";
import { Fault } from "./fault.ts";
import type { Genesis } from "./founding/genesis.ts";
import { nodeHealth } from "./health.ts";
import { factsOf, genesisOf, type NodeReader } from "./open-reader.ts";
import type { Attachment } from "./ports/index.ts";
import { createProofs } from "./proofs.ts";
import { createReads } from "./read.ts";
import { Memberships } from "./state/memberships.ts";
import { submitEntry } from "./submit.ts";

/** A member's replica of one chain: what it does for the agency above it, and for its peers. */
export interface Node extends NodeReader {
  /**
   * Dry run, sign, make durable, hand to the leader, wait. A refusal of the dry run leaves nothing behind; a committed refusal is in
   * `outcome`. `id`: 128 bits, hex; who gives the same one again is answered with what became of the first, so a repeat cannot be applied
   * twice.
   */
  submit(draft: Draft, id: string, options: { readonly waitMs: number }): Promise<Submitted | Refused>;
  /** Keeps an attachment with an audience that this member is among. */
  keepSealed(attachment: Attachment): Promise<void>;
  /** Throws `Fault` `peer-refused` for what a member may not ask or has asked in the wrong form. */
  answerPeer(from: string, call: NodeCall, body: Uint8Array): Promise<Uint8Array>;
  /** Called after each turn that moved the head. */
  onCommit(listener: () => void): void;
  /** Runs work of the agency in the background of this node, which then does not count as settled. */
  runErrand(what: string, work: Promise<unknown>): void;

  /** Begins to take turns, for a process that runs all the time. */
  start(): void;
  /** The same for one that lives only while it is called. `duties`: what the agency owes is looked for. */
  invocations(duties: { look(): void }): Invocations;
  /** Ends every turn and wait; leaves no timer behind. */
  close(): Promise<void>;
}

/** Opens the replica, with height 0 in place. Throws `Fault` where storage fails, an Error with one sentence where the genesis does not hold. */
export async function openNode(platform: NodePlatform, config: NodeConfig): Promise<Node> {
  const genesis = genesisOf(platform, config);
  const context = contextOf(platform, config, genesis);
  await storeGenesis(context, genesis);
  return nodeOver(context);
}

/** What the parts of a node share, over a genesis that was checked. */
export function contextOf(platform: NodePlatform, config: NodeConfig, genesis: Genesis): NodeContext {
  const { crypto, ledger, rules } = platform;
  return {
    ...platform,
    ...factsOf(platform, config, genesis),
    memberships: new Memberships(ledger, rules, genesis.membership),
    entries: new KnownEntries(crypto),
  };
}

function nodeOver(context: NodeContext): Node {
  const driver = new Driver(context);
  const read = createReads(context, driver, {
    state: () => driver.turns.state(),
    committedHeightOf: async (member) => (await probe(context, member))?.committedHeight,
  });
  const submitting = { context, driver, read };
  return {
    facts: factsIn(context),
    ledger: context.ledger,
    read,
    proofs: createProofs(context),
    health: async () => nodeHealth(context, await driver.turns.state(), driver.condition),
    submit: (draft, id, options) => submitEntry(submitting, draft, id, options),
    keepSealed: (attachment) => context.ledger.saveSealed(attachment),
    answerPeer: (from, call, body) => answerPeer(context, driver, from, call, body),
    onCommit: (listener) => driver.onCommit(listener),
    runErrand: (what, work) => driver.background.runErrand(what, work),
    start: () => driver.start(),
    invocations: (duties) => createInvocations(context, driver, duties),
    close: () => driver.close(),
  };
}

function factsIn({ member, chain, consortium, origin, signThumbprint }: NodeContext): ChainFacts {
  return { member, chain, consortium, origin, signThumbprint };
}

/** Puts height 0 in place; on a store that already has it, makes sure that it is the same. */
async function storeGenesis(context: NodeContext, genesis: Genesis): Promise<void> {
  const { block } = genesis;
  const head = await context.ledger.head();
  if (head === undefined) {
    await context.ledger.saveBlock(block);
    await context.ledger.moveHead(null, [{ height: 0, hash: block.after.hash }]);
  }
  const [stored] = await context.ledger.hashesFrom(0, 1);
  if (stored !== block.after.hash) throw new Fault("storage-failed", "the ledger here is of another chain than this genesis");
  await publishUpToHead(context);
}
