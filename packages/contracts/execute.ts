import {
  applied,
  type Crypto,
  genesisChain,
  isJsonObject,
  isNatural,
  type Json,
  type Outcome,
  type ParsedEntry,
  refusedWith,
} from "@vermilion/ledger";
import { judgeKey } from "./operation/authors.ts";
import type { EntryContext, Operation } from "./operation/operation.ts";
import { type Refusal, type RefusalCode, refuse } from "./operation/refusals.ts";
import { findOperation, knownVersions } from "./registry.ts";
import type { QuotaRow } from "./state/entries.ts";
import { stateKeys } from "./state/keys.ts";
import type { StateView } from "./state/view.ts";

const HOUR_MS = 3_600_000;

export const limits = {
  /** Refused entries an author may have in an hour of block time; further entries of that hour are refused unread. */
  refusalsPerHourMax: 1000,
  /** How far an entry's time may lie ahead of its block's. */
  aheadMsMax: 10 * 60 * 1000,
} as const;

export interface Execution {
  readonly outcome: Outcome<RefusalCode>;
  /** Why refused, for a developer; not on the ledger. */
  readonly detail?: string;
  /** Index of the operation that was refused; absent where the entry as a whole was. Not on the ledger. */
  readonly operation?: number;
}

/** The rules in force are newer than this code: no outcome can be told. The member stops applying, goes on storing, and alarms "upgrade". */
export interface RulesUnknown {
  readonly rulesUnknown: true;
  readonly contract: string;
  readonly version: number;
}

export type ExecutionResult = Execution | RulesUnknown;

/**
 * Runs all operations of one entry, all or none; of a refused entry only its consumption stays. Pure: state, block and entry in, writes laid
 * in the view and outcome out. While `view.hasMisses`, the result is void and nothing was written: load what is missed and run again
 * (a whole block may be run first, to gather its misses). Signatures are not checked here but, against the keys of the state before the
 * block, by `checkEntry` of the ledger; the genesis alone brings its own keys and is checked in `consortium.found`.
 */
export function executeEntry(view: StateView, block: EntryContext, entry: ParsedEntry, crypto: Crypto): ExecutionResult {
  const quota = quotaOf(view, block, entry);
  view.checkpoint();
  const verdict = judgeEntry(view, block, entry, quota) ?? runOperations(view, block, entry, crypto);
  if (verdict === undefined && !view.hasMisses) {
    consume(view, block, entry);
    view.keep();
    return { outcome: applied };
  }
  view.rollback();
  if (verdict === undefined) return { outcome: applied };
  if ("rulesUnknown" in verdict) return verdict;
  if (!view.hasMisses && !leavesNoTrace.includes(verdict.refused)) {
    consume(view, block, entry);
    const refused = Math.min(quota.refused + 1, limits.refusalsPerHourMax);
    if (refused !== quota.refused) view.put(stateKeys.quota(authorOf(entry)), { hour: quota.hour, refused });
  }
  const { refused, detail, operation } = verdict;
  return {
    outcome: refusedWith(refused),
    ...(detail === undefined ? {} : { detail }),
    ...(operation === undefined ? {} : { operation }),
  };
}

/**
 * Keys that executing the entry will surely read, to be loaded ahead in one batch. What else is needed comes out as misses (a type's row is
 * known only from its certificate's).
 */
export function keysOf(entry: ParsedEntry): string[] {
  const { id, signers, operations: calls } = entry.payload;
  const author = authorOf(entry);
  const keys = new Set<string>([stateKeys.used(author, id), stateKeys.quota(author), stateKeys.epochs(), ...signers.map(stateKeys.key)]);
  for (const call of calls) {
    keys.add(stateKeys.rules(call.contract));
    const prepared = findOperation(call.contract, call.operation, Number.MAX_SAFE_INTEGER)?.prepare(call.arguments);
    if (prepared !== undefined && !("refused" in prepared)) for (const key of prepared.reads()) keys.add(key);
  }
  return [...keys];
}

/**
 * Refusals that consume nothing: the pair (author, id) is consumed already, or nobody has shown that the author signed this for this chain,
 * and then a stranger could use up his ids and his quota.
 */
const leavesNoTrace: readonly RefusalCode[] = ["duplicate-entry", "entry-of-another-chain", "unknown-key"];

function authorOf(entry: ParsedEntry): string {
  const [author] = entry.payload.signers;
  if (author === undefined) throw new Error("bug: a parsed entry has a signer");
  return author;
}

/** Refusals of the author in the hour of the block; those of an earlier hour are forgotten. */
function quotaOf(view: StateView, block: EntryContext, entry: ParsedEntry): QuotaRow {
  const hour = Math.floor(block.time / HOUR_MS);
  const row = view.get(stateKeys.quota(authorOf(entry)));
  return row?.hour === hour ? row : { hour, refused: 0 };
}

function consume(view: StateView, block: EntryContext, entry: ParsedEntry): void {
  view.put(stateKeys.used(authorOf(entry), entry.payload.id), { transaction: entry.transactionHash, height: block.height });
}

/** What is asked of every entry before its operations are looked at. */
function judgeEntry(view: StateView, block: EntryContext, entry: ParsedEntry, quota: QuotaRow): RefusalAt | undefined {
  const { chain, id, time, until, signers } = entry.payload;
  const genesis = block.height === 0;
  if (chain !== (genesis ? genesisChain : block.chain)) return refuse("entry-of-another-chain");
  if (view.get(stateKeys.used(authorOf(entry), id)) !== undefined) return refuse("duplicate-entry");
  if (until < block.time) return refuse("expired");
  if (time > block.time + limits.aheadMsMax) return refuse("entry-from-the-future");
  if (genesis) return undefined;
  for (const signer of signers) {
    const refusal = judgeKey(view, signer);
    if (refusal !== undefined) return refusal;
  }
  return quota.refused >= limits.refusalsPerHourMax ? refuse("too-many-refusals") : undefined;
}

/** A refusal, and of which operation. */
type RefusalAt = Refusal & { readonly operation?: number };

function runOperations(view: StateView, block: EntryContext, entry: ParsedEntry, crypto: Crypto): RefusalAt | RulesUnknown | undefined {
  const rows = rowsInForce(view, block, entry);
  if (!Array.isArray(rows)) return rows;
  for (const [at, call] of entry.payload.operations.entries()) {
    const row = rows[at];
    if (row === undefined) return { ...refuse("unknown-operation", `operation ${at}`), operation: at };
    const prepared = row.prepare(call.arguments);
    const refusal = "refused" in prepared ? prepared : prepared.apply({ view, block, entry, operation: at, crypto });
    if (refusal !== undefined)
      return { ...refuse(refusal.refused, `operation ${at}${refusal.detail === undefined ? "" : `: ${refusal.detail}`}`), operation: at };
  }
  return undefined;
}

const ownVersions = knownVersions();

/**
 * The row of each operation under the rules in force, looked up for all before any runs: a member that does not know one of them must not
 * answer with a refusal of another. Before the genesis no rules are in force but the one that founds, in the version that the founders name.
 */
function rowsInForce(view: StateView, block: EntryContext, entry: ParsedEntry): (Operation | undefined)[] | Refusal | RulesUnknown {
  const calls = entry.payload.operations;
  if (block.height === 0) {
    const founding = calls.every(({ contract, operation }) => contract === "consortium" && operation === "found");
    if (!founding) return refuse("not-founded");
    const version = Math.max(...calls.map(({ arguments: given }) => foundingVersion(given["contracts"])));
    if (version > (ownVersions.get("consortium") ?? 0)) return { rulesUnknown: true, contract: "consortium", version };
    return calls.map(({ contract, operation }) => findOperation(contract, operation, version));
  }
  const rows: (Operation | undefined)[] = [];
  for (const { contract, operation } of calls) {
    const version = view.get(stateKeys.rules(contract))?.findLast((rule) => rule.height <= block.height)?.version;
    if (version !== undefined && version > (ownVersions.get(contract) ?? 0)) return { rulesUnknown: true, contract, version };
    rows.push(version === undefined ? undefined : findOperation(contract, operation, version));
  }
  return rows;
}

/** What the founders say before anybody has checked it; without a number the first version refuses them. */
function foundingVersion(contracts: Json | undefined): number {
  const version = contracts !== undefined && isJsonObject(contracts) ? contracts["consortium"] : undefined;
  return isNatural(version) && version > 0 ? version : 1;
}
