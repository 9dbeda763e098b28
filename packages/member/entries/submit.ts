import {
  type AttachmentReference,
  type EntryPayload,
  encodeEntry,
  encodePayload,
  entryIdOf,
  entryLifetimeDefaultMs,
  entryTyp,
  lowS,
  type Operation,
  type ParsedEntry,
  signingInput,
  toHex,
  utf8,
} from "@vermilion/ledger";
import { unfitForBlock } from "../chain/attachments.ts";
import { baseOn, topOf } from "../chain/base.ts";
import { executeEntries } from "../chain/execution.ts";
import type { Context } from "../context.ts";
import { Fault } from "../fault.ts";
import type { Attachment, EntryPlace } from "../ports/index.ts";
import type { Caller, Refused, Submitted, WriteOptions } from "../services.ts";
import type { Driver } from "../turns/driver.ts";
import { freshly } from "../turns/fresh.ts";
import { waitUntil } from "../turns/wait.ts";
import { memberSecret } from "./member-secret.ts";
import { proposalOf } from "./proposal.ts";

export interface Draft {
  readonly operations: readonly Operation[];
  /** For all members, replicated in the block. */
  readonly attachments?: readonly (Attachment & { readonly name: string })[];
  /** For the audience alone; fetched by it after the commit. */
  readonly sealed?: readonly (Attachment & { readonly name: string; readonly audience: readonly string[] })[];
  /** Called with the signed entry when it could be applied, and before it can be anywhere else. A refusal ends here. */
  readonly beforeProposal?: (entry: ParsedEntry) => Promise<Refused | undefined>;
}

/** How an entry's id comes about: from the caller's Idempotency-Key, from what the entry is due for, or by chance. */
export type EntryIdSource = { readonly caller: Caller; readonly idempotencyKey: string } | { readonly duty: string } | "random";

/**
 * Dry run, sign, make durable, hand to the leader, wait. A refusal of the dry run leaves nothing behind; a committed refusal is in
 * `outcome`. The same id source gives the same entry id, so a repeated call cannot be applied twice.
 */
export async function submit(
  context: Context,
  driver: Driver,
  draft: Draft,
  source: EntryIdSource,
  options: Pick<WriteOptions, "waitMs">,
): Promise<Submitted | Refused> {
  const id = await entryId(context, source);
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

/** Deterministic ids come from an HMAC under a key that only this member has, so that no stranger can use them up first. */
async function entryId(context: Context, source: EntryIdSource): Promise<string> {
  if (source === "random") return toHex(context.random.bytes(16));
  const secret = await memberSecret(context, "entry-ids");
  const parts = "duty" in source ? ["duty", source.duty] : ["call", source.caller.app, source.idempotencyKey];
  return entryIdOf(secret, parts.map(utf8), context.crypto);
}

/** The transaction that has used this member's entry id, committed or waiting. */
async function earlierSubmission(context: Context, id: string): Promise<string | undefined> {
  const [used] = await context.ledger.stateRows([`used/${context.signThumbprint}/${id}`]);
  if (used !== undefined && used.value !== null) return (used.value as { transaction: string }).transaction;
  return context.raftStore.proposalById(context.signThumbprint, id);
}

/** An entry of this member, signed, of the newest time that the chain lets it have. */
export async function signEntry(context: Context, draft: Draft, id: string): Promise<ParsedEntry | Refused> {
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
async function dryRun(context: Context, entry: ParsedEntry): Promise<Refused | undefined> {
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
      const { outcomes, details, operations } = await executeEntries(context, base, block, [entry]);
      const [outcome = ""] = outcomes;
      if (outcome === "applied") return undefined;
      const [operation] = operations;
      const place = operation === undefined ? {} : { operation };
      return { refused: outcome.slice("refused:".length), detail: details[0] ?? "", ...place };
    } catch (cause) {
      if (!(cause instanceof Fault && cause.code === "stale-turn")) throw cause;
    }
  }
  return undefined;
}

/** Waits until the transaction stands in a published block, at most `waitMs`. */
export async function waitFor(context: Context, driver: Driver, transactionHash: string, waitMs: number): Promise<Submitted> {
  const place = await waitUntil(context, driver, waitMs, () => context.ledger.entryPlace(transactionHash));
  return place === undefined ? { status: "pending", transactionHash } : await committed(context, place);
}

export async function committed(context: Context, place: EntryPlace): Promise<Submitted> {
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
