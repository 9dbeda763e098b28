import type { ParsedEntry } from "@vermilion/ledger";
import { unfitForBlock } from "./chain/attachments.ts";
import { baseOn, topOf } from "./chain/base.ts";
import { executeEntries } from "./chain/execution.ts";
import { type Draft, signEntry } from "./chain/sign-entry.ts";
import type { NodeContext } from "./context.ts";
import type { Driver } from "./driver/driver.ts";
import { proposalOf } from "./entries/proposal.ts";
import type { Refused, Submitted } from "./entries/submission.ts";
import { Fault } from "./fault.ts";
import type { Reads } from "./read.ts";
import { LoadedState } from "./state/loaded-state.ts";

interface Submitting {
  readonly context: NodeContext;
  readonly driver: Driver;
  readonly read: Reads;
}

/**
 * Dry run, sign, make durable, hand to the leader, wait. A refusal of the dry run leaves nothing behind; a committed refusal is in
 * `outcome`. `id`: 128 bits, hex; who gives the same one again is answered with what became of the first, so a repeat cannot be applied twice.
 */
export async function submitEntry(
  submitting: Submitting,
  draft: Draft,
  id: string,
  options: { readonly waitMs: number },
): Promise<Submitted | Refused> {
  const { context, driver, read } = submitting;
  const earlier = await earlierSubmission(context, id);
  if (earlier !== undefined) {
    // Who took it first may have ended on the way: this call takes it up again.
    if (await context.raftStore.hasProposal(earlier)) await driver.wake([earlier]);
    return waitFor(submitting, earlier, options.waitMs);
  }
  const entry = await signEntry(context, draft, id);
  if ("refused" in entry) return entry;
  if (unfitForBlock(entry, draft.attachments ?? []) !== undefined)
    return { refused: "too-large", detail: "the entry with its attachments does not fit a block" };
  const refused = await read.freshly(() => dryRun(context, entry));
  if (refused !== undefined) return refused;
  const held = await draft.beforeProposal?.(entry);
  if (held !== undefined) return held;
  for (const attachment of draft.sealed ?? []) await context.ledger.saveSealed(attachment);
  const attachments = (draft.attachments ?? []).map(({ sha256, bytes }) => ({ sha256, bytes }));
  await context.raftStore.addProposal(proposalOf(entry, attachments));
  context.entries.remember(entry);
  await driver.wake([entry.transactionHash]);
  return waitFor(submitting, entry.transactionHash, options.waitMs);
}

/** The transaction that has used this member's entry id, committed or waiting. */
async function earlierSubmission(context: NodeContext, id: string): Promise<string | undefined> {
  const { ledger, rules, raftStore, signThumbprint } = context;
  const used = await LoadedState.published(ledger).ask((state) => rules.usedEntryId(state, signThumbprint, id));
  return used ?? raftStore.proposalById(signThumbprint, id);
}

/** What the contract would say now, on the newest state held here: an early answer that costs no block. */
async function dryRun(context: NodeContext, entry: ParsedEntry): Promise<Refused | undefined> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      const published = await context.ledger.published();
      const base = published === undefined ? undefined : await baseOn(context, published.hash);
      if (base === undefined) throw new Fault("stale-turn", "genesis is not published yet");
      const before = topOf(base);
      const block = {
        chain: context.chain,
        height: before.height + 1,
        time: Math.max(context.clock.now(), before.time + 1),
        proposer: context.member,
      };
      const { results } = await executeEntries(context, base, block, [entry]);
      const [result] = results;
      if (result === undefined || result.outcome.kind === "applied") return undefined;
      const { outcome, detail = "", operation } = result;
      return { refused: outcome.code, detail, ...(operation === undefined ? {} : { operation }) };
    } catch (cause) {
      if (!(cause instanceof Fault && cause.code === "stale-turn")) throw cause;
    }
  }
  return undefined;
}

/** Waits until the transaction stands in a published block, at most `waitMs`. */
async function waitFor({ context, read }: Submitting, transactionHash: string, waitMs: number): Promise<Submitted> {
  const location = await read.until(waitMs, () => context.ledger.entryPlace(transactionHash));
  return location === undefined ? { status: "pending", transactionHash } : read.submitted(location);
}
