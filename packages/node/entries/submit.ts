import {
  type AttachmentReference,
  type EntryPayload,
  encodeEntry,
  encodePayload,
  entryLifetimeDefaultMs,
  entryTyp,
  lowS,
  type Operation,
  type ParsedEntry,
  signingInput,
} from "@vermilion/ledger";
import { unfitForBlock } from "../chain/attachments.ts";
import { baseOn, topOf } from "../chain/base.ts";
import { executeEntries } from "../chain/execution.ts";
import { LoadedState } from "../chain/state.ts";
import type { NodeContext } from "../context.ts";
import { Fault } from "../fault.ts";
import type { Attachment, EntryPlace } from "../ports/index.ts";
import type { Driver } from "../turns/driver.ts";
import { freshly } from "../turns/fresh.ts";
import { waitUntil } from "../turns/wait.ts";
import { proposalOf } from "./proposal.ts";
import type { Refused, Submitted } from "./submission.ts";

export interface Draft {
  readonly operations: readonly Operation[];
  /** For all members, replicated in the block. */
  readonly attachments?: readonly (Attachment & { readonly name: string })[];
  /** For the audience alone; fetched by it after the commit. */
  readonly sealed?: readonly (Attachment & { readonly name: string; readonly audience: readonly string[] })[];
  /** Called with the signed entry when it could be applied, and before it can be anywhere else. A refusal ends here. */
  readonly beforeProposal?: (entry: ParsedEntry) => Promise<Refused | undefined>;
}

/**
 * Dry run, sign, make durable, hand to the leader, wait. A refusal of the dry run leaves nothing behind; a committed refusal is in
 * `outcome`. `id`: 128 bits, hex; who gives the same one again is answered with what became of the first, so a repeat cannot be applied twice.
 */
export async function submitEntry(
  context: NodeContext,
  driver: Driver,
  draft: Draft,
  id: string,
  options: { readonly waitMs: number },
): Promise<Submitted | Refused> {
  const earlier = await earlierSubmission(context, id);
  if (earlier !== undefined) {
    // Who took it first may have ended on the way: this call takes it up again.
    if (await context.raftStore.hasProposal(earlier)) await driver.wake([earlier]);
    return waitFor(context, driver, earlier, options.waitMs);
  }
  const entry = await signEntry(context, draft, id);
  if ("refused" in entry) return entry;
  if (unfitForBlock(entry, draft.attachments ?? []) !== undefined)
    return { refused: "too-large", detail: "the entry with its attachments does not fit a block" };
  const refused = await freshly(context, driver, () => dryRun(context, entry));
  if (refused !== undefined) return refused;
  const held = await draft.beforeProposal?.(entry);
  if (held !== undefined) return held;
  for (const attachment of draft.sealed ?? []) await context.ledger.saveSealed(attachment);
  const attachments = (draft.attachments ?? []).map(({ sha256, bytes }) => ({ sha256, bytes }));
  await context.raftStore.addProposal(proposalOf(entry, attachments));
  context.entries.remember(entry);
  await driver.wake([entry.transactionHash]);
  return waitFor(context, driver, entry.transactionHash, options.waitMs);
}

/** The transaction that has used this member's entry id, committed or waiting. */
async function earlierSubmission(context: NodeContext, id: string): Promise<string | undefined> {
  const { ledger, rules, raftStore, signThumbprint } = context;
  const used = await LoadedState.published(ledger).ask((state) => rules.usedEntryId(state, signThumbprint, id));
  return used ?? raftStore.proposalById(signThumbprint, id);
}

/** An entry of this member, signed, of the newest time that the chain lets it have. */
export async function signEntry(context: NodeContext, draft: Draft, id: string): Promise<ParsedEntry | Refused> {
  const now = context.clock.now();
  const published = await context.ledger.published();
  // An entry is never older than the chain's own time, or a clock that lags would see it expire at once.
  const time = Math.max(now, published?.time ?? 0);
  const payload: EntryPayload = {
    attachments: [...(draft.attachments ?? []), ...(draft.sealed ?? [])].map(referenceOf),
    chain: context.chain,
    id,
    operations: draft.operations,
    signers: [context.signThumbprint],
    time,
    until: time + entryLifetimeDefaultMs,
  };
  const payloadBytes = encodePayload(payload);
  const jwk = context.keys.public.sign;
  const signature = lowS(await context.keys.sign(signingInput(entryTyp, payloadBytes, jwk, context.signThumbprint)));
  // Refused in practice only where the entry is too large.
  return context.entries.parse(encodeEntry(payloadBytes, [{ jwk, kid: context.signThumbprint, signature }]));
}

function referenceOf(attachment: Attachment & { readonly name: string; readonly audience?: readonly string[] }): AttachmentReference {
  const { name, sha256, bytes, audience } = attachment;
  return { name, sha256, size: bytes.length, ...(audience === undefined ? {} : { audience }) };
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
export async function waitFor(context: NodeContext, driver: Driver, transactionHash: string, waitMs: number): Promise<Submitted> {
  const place = await waitUntil(context, driver, waitMs, () => context.ledger.entryPlace(transactionHash));
  return place === undefined ? { status: "pending", transactionHash } : await committed(context, place);
}

export async function committed(context: NodeContext, place: EntryPlace): Promise<Submitted> {
  const [hash = ""] = await context.ledger.hashesFrom(place.height, 1);
  const block = await context.ledger.readBlock(hash);
  return {
    status: "committed",
    transactionHash: place.transactionHash,
    outcome: place.outcome,
    blockNumber: place.height,
    leafIndex: place.index,
    ...(block === undefined ? {} : { time: block.after.time }),
  };
}
